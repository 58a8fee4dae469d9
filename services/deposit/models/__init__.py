"""Tables of deposit: the books, the businesses, the bank's side, the interest.

Amounts are BIGINT fen, months are integers YYYYMM, days are dates in China.
"""

from services.deposit.models.bank import (
    allocation,
    bank_payment,
    bank_recall,
    unallocated_payment,
)
from services.deposit.models.base import metadata, registration_sequence
from services.deposit.models.books import (
    account_fund,
    account_holder,
    employer_fund,
    journal_entry,
    journal_leg,
    ledger_line,
    remitted_month,
    serial_sequence,
    statement_line,
)
from services.deposit.models.businesses import (
    back_payment,
    back_payment_row,
    business,
    given_answer,
)
from services.deposit.models.interest import interest_rate, interest_run, interest_share
from services.kit import tables
from services.kit.grants import Store
from services.kit.rights import does_only_grow
from services.kit.submissions import models as submissions
from services.kit.worksheet import models as worksheets

STORE = Store(metadata=(tables.metadata, worksheets.metadata, submissions.metadata, metadata))

#: Tables that the database itself keeps from being changed, whoever asks: by a trigger, which their owner could remove.
APPEND_ONLY = tuple(table for table in metadata.sorted_tables if does_only_grow(table))

__all__ = [
    "APPEND_ONLY",
    "STORE",
    "account_fund",
    "account_holder",
    "allocation",
    "back_payment",
    "back_payment_row",
    "bank_payment",
    "bank_recall",
    "business",
    "employer_fund",
    "given_answer",
    "interest_rate",
    "interest_run",
    "interest_share",
    "journal_entry",
    "journal_leg",
    "ledger_line",
    "metadata",
    "registration_sequence",
    "remitted_month",
    "serial_sequence",
    "statement_line",
    "unallocated_payment",
]
