"""Tables for reading. Amounts are BIGINT fen, months integers YYYYMM, days dates in China.

A row may be known from one owner before the other has told of it: `registered` says that collection has. Id numbers
and mobiles are sealed; the keyed index finds an id number again.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from services.kit import jobs, tables
from services.kit.grants import Store
from services.kit.replays import tables as replays
from services.kit.tables import NAMING

metadata = MetaData(naming_convention=NAMING)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _fen(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _sealed(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False, server_default=text("''::bytea"))


def _registered() -> Column[bool]:
    return Column("registered", Boolean, nullable=False, server_default=text("false"))


#: The last event of each owner's stream about an employer that is in these tables.
applied_version = Table(
    "applied_version",
    metadata,
    Column("owner", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("owner", "employer_no"),
)

#: 单位基本信息 (manual §4.2), and the employer's money.
employer = Table(
    "employer",
    metadata,
    Column("employer_no", Text, nullable=False),
    _registered(),
    _text("name"),
    _text("uscc"),
    _text("address"),
    _text("postcode"),
    Column("founded_on", Date),
    _text("supervising_department"),
    _text("unit_kind"),
    _text("ownership"),
    _text("affiliation"),
    _text("economic_type"),
    _text("industry"),
    _text("legal_representative"),
    _text("legal_representative_id_type"),
    _sealed("legal_representative_id_number_sealed"),
    _number("pay_day"),
    _text("agent_name"),
    _sealed("agent_mobile_sealed"),
    _text("branch_code"),
    _text("branch_name"),
    _text("status"),
    Column("opened_on", Date),
    _number("first_month"),
    _number("paid_through_month"),
    _number("employer_rate_min"),
    _number("employer_rate_max"),
    _number("employee_rate_min"),
    _number("employee_rate_max"),
    Column("closed_on", Date),
    _fen("suspense_fen"),
    _fen("balance_fen"),
    PrimaryKeyConstraint("employer_no"),
)

#: 个人基本信息 (manual §4.3). `revision` is that of the state the account's columns are from, `last_serial_no` the ledger
#: line that the money columns are from. Who has left one employer and has not joined the next yet is in none ('').
person = Table(
    "person",
    metadata,
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    _registered(),
    _text("name"),
    _text("id_type"),
    _sealed("id_number_sealed"),
    _sealed("id_number_index"),
    _sealed("mobile_sealed"),
    _text("status"),
    _fen("base_fen"),
    _number("employer_rate"),
    _number("employee_rate"),
    _fen("employer_share_fen"),
    _fen("employee_share_fen"),
    Column("opened_on", Date),
    _number("effective_month"),
    _fen("balance_fen"),
    _number("paid_through_month"),
    Column("last_serial_no", BigInteger, nullable=False, server_default=text("0")),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("account_no"),
    # The order of the list, so that a page is read without sorting an employer of 10,000 people.
    Index("ix_person_list", "employer_no", "opened_on", "account_no"),
    Index("ix_person_id_number", "id_number_index"),
)

#: 个人明细账 (manual §4.4).
ledger_line = Table(
    "ledger_line",
    metadata,
    Column("serial_no", BigInteger, nullable=False),
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("business_kind", Text, nullable=False),
    Column("transaction_type", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("debit_fen", BigInteger, nullable=False),
    Column("credit_fen", BigInteger, nullable=False),
    Column("balance_after_fen", BigInteger, nullable=False),
    Column("base_fen", BigInteger, nullable=False),
    Column("from_month", Integer, nullable=False),
    Column("to_month", Integer, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("corrects_serial_no", BigInteger, nullable=False),
    PrimaryKeyConstraint("serial_no"),
    Index("ix_ledger_line_list", "account_no", "posted_on", "serial_no"),
)

#: 单位缴存明细 (manual §4.1).
statement_line = Table(
    "statement_line",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("statement_no", BigInteger, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("from_month", Integer, nullable=False),
    Column("to_month", Integer, nullable=False),
    Column("suspense_out_fen", BigInteger, nullable=False),
    Column("suspense_in_fen", BigInteger, nullable=False),
    Column("suspense_after_fen", BigInteger, nullable=False),
    Column("balance_after_fen", BigInteger, nullable=False),
    Column("transaction_type", Text, nullable=False),
    PrimaryKeyConstraint("employer_no", "statement_no"),
    Index("ix_statement_line_list", "employer_no", "posted_on", "statement_no"),
)

#: What codes mean to people, where it differs by city (摘要).
code_title = Table(
    "code_title",
    metadata,
    Column("list", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    PrimaryKeyConstraint("list", "code"),
)

#: Papers that receipt has set, or given up (打印).
made_print = Table(
    "made_print",
    metadata,
    Column("print_key", Text, nullable=False),
    _text("failure"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("print_key"),
)

#: The tables that events fill and a replay fills anew.
READ_TABLES = (applied_version, employer, person, ledger_line, statement_line)

STORE = Store(
    metadata=(tables.metadata, jobs.metadata, replays.metadata, metadata),
    switched=(*READ_TABLES, code_title),
)
