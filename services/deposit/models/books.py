"""Tables of the books. Ledger, journal and statement only grow: the database refuses UPDATE and DELETE on them.

Amounts are BIGINT fen, months are integers YYYYMM, days are dates in China.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.deposit.models.base import metadata
from services.kit.rights import only_grows

serial_sequence = Sequence("serial_sequence", metadata=metadata)

#: The employer's money: what the bank reported and nobody was credited with yet, and the sum of its people.
employer_fund = Table(
    "employer_fund",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("branch_name", Text, nullable=False),
    Column("agent_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("suspense_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("balance_fen", BigInteger, nullable=False, server_default=text("0")),
    # The business that is being posted; nothing else may start meanwhile.
    Column("pending_registration_no", Text),
    # Of collection's event that name, branch, agent and status are from: an older one never brings the old ones back.
    Column("facts_version", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("employer_no"),
    CheckConstraint("suspense_fen >= 0", name="suspense_not_negative"),
    CheckConstraint("balance_fen >= 0", name="balance_not_negative"),
)

#: One person's account. `product_yuan_days` is the sum of whole-yuan end-of-day balances from `product_from` on, for
#: the days before `product_through`, so that interest need not read the ledger.
account_fund = Table(
    "account_fund",
    metadata,
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("balance_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("paid_through_month", Integer, nullable=False, server_default=text("0")),
    Column("base_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("product_yuan_days", BigInteger, nullable=False, server_default=text("0")),
    Column("product_from", Date, nullable=False),
    Column("product_through", Date, nullable=False),
    PrimaryKeyConstraint("account_no"),
    CheckConstraint("balance_fen >= 0", name="balance_not_negative"),
    CheckConstraint("product_from <= product_through", name="product_in_order"),
    Index("ix_account_fund_employer_no", "employer_no", "account_no"),
    # Every business updates these rows and touches no index of theirs: room on the page keeps that cheap.
    postgresql_with={"fillfactor": 70},
)

#: Who the account is of, as collection says; apart from the money, which changes far more often.
account_holder = Table(
    "account_holder",
    metadata,
    Column("account_no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("id_type", Text, nullable=False),
    Column("id_number_sealed", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    # Of collection's state that this row is from: an older one never replaces it.
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_no"),
)

#: 个人明细账: one line a month and person; a correction is a new line that names the old one.
ledger_line = Table(
    "ledger_line",
    metadata,
    Column("serial_no", BigInteger, nullable=False, server_default=serial_sequence.next_value()),
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("business_kind", Text, nullable=False),
    Column("transaction_type", Text, nullable=False, server_default=text("'0'")),
    Column("summary", Text, nullable=False),
    Column("debit_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("credit_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("balance_after_fen", BigInteger, nullable=False),
    Column("base_fen", BigInteger, nullable=False),
    Column("from_month", Integer, nullable=False, server_default=text("0")),
    Column("to_month", Integer, nullable=False, server_default=text("0")),
    Column("corrects_serial_no", BigInteger),
    # The fund year of a line of annual interest: the second lock against paying a year twice.
    Column("interest_year", Integer),
    PrimaryKeyConstraint("serial_no"),
    Index(
        "uq_ledger_line_corrects",
        "corrects_serial_no",
        unique=True,
        postgresql_where=text("corrects_serial_no IS NOT NULL"),
    ),
    Index(
        "uq_ledger_line_interest",
        "account_no",
        "interest_year",
        unique=True,
        postgresql_where=text("interest_year IS NOT NULL"),
    ),
    CheckConstraint("debit_fen >= 0 AND credit_fen >= 0", name="sides_not_negative"),
    Index("ix_ledger_line_account", "account_no", "serial_no"),
    Index("ix_ledger_line_registration", "registration_no"),
    info=only_grows(),
)

#: The double-entry journal: an entry's legs sum to zero (positive debit, negative credit).
journal_entry = Table(
    "journal_entry",
    metadata,
    Column("entry_no", BigInteger, Identity(always=True), nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("memo", Text, nullable=False),
    Column("transaction_type", Text, nullable=False, server_default=text("'0'")),
    Column("corrects_entry_no", BigInteger),
    # The payment of the bank that the entry is about, empty for none.
    Column("bank_reference", Text, nullable=False, server_default=text("''")),
    PrimaryKeyConstraint("entry_no"),
    UniqueConstraint("corrects_entry_no"),
    Index("ix_journal_entry_registration", "registration_no"),
    Index(
        "ix_journal_entry_bank_reference",
        "bank_reference",
        postgresql_where=text("bank_reference <> ''"),
    ),
    info=only_grows(),
)

journal_leg = Table(
    "journal_leg",
    metadata,
    Column("entry_no", BigInteger, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("account_code", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    PrimaryKeyConstraint("entry_no", "leg"),
    CheckConstraint("amount_fen <> 0", name="amount_not_zero"),
    Index("ix_journal_leg_account", "account_code", "employer_no"),
    info=only_grows(),
)

#: 单位缴存明细: one line for every business that moves an employer's money.
statement_line = Table(
    "statement_line",
    metadata,
    Column("statement_no", BigInteger, Identity(always=True), nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("from_month", Integer, nullable=False, server_default=text("0")),
    Column("to_month", Integer, nullable=False, server_default=text("0")),
    Column("suspense_out_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("suspense_in_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("suspense_after_fen", BigInteger, nullable=False),
    Column("balance_after_fen", BigInteger, nullable=False),
    Column("transaction_type", Text, nullable=False, server_default=text("'0'")),
    PrimaryKeyConstraint("statement_no"),
    Index("ix_statement_line_employer", "employer_no", "statement_no"),
    info=only_grows(),
)

#: Months an employer has remitted, as they stand now: the second lock against paying a month twice.
remitted_month = Table(
    "remitted_month",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("month", Integer, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    PrimaryKeyConstraint("employer_no", "month"),
)
