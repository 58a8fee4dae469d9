"""Reads the bank's daily file of either form into entries about payments (docs/bank.md).

Nothing of a file is trusted: it is bounded in size, entries and money, and whatever could be read in two ways is refused
rather than guessed, for a comparison that agrees ends the search.
"""

from services.deposit.bank_files.camt_053 import read_camt_053
from services.deposit.bank_files.csv_lines import read_csv

__all__ = ["read_camt_053", "read_csv"]
