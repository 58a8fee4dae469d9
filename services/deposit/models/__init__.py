"""Tables of deposit: the books, the businesses, the bank's side, the interest.

Amounts are BIGINT fen, months are integers YYYYMM, days are dates in China.
"""

from services.deposit.models.bank import allocation, bank_payment, unallocated_payment
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

#: Tables that the database itself keeps from being changed.
APPEND_ONLY = (
    ledger_line,
    journal_entry,
    journal_leg,
    statement_line,
    bank_payment,
    allocation,
    back_payment,
    back_payment_row,
)

__all__ = [
    "APPEND_ONLY",
    "account_fund",
    "account_holder",
    "allocation",
    "back_payment",
    "back_payment_row",
    "bank_payment",
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
