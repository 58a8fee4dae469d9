"""Tables of employers, accounts and their dated terms. Amounts are BIGINT fen, months integers YYYYMM."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit import tables
from services.kit.grants import Store
from services.kit.submissions import models as submissions
from services.kit.tables import NAMING
from services.kit.worksheet import models as worksheets

metadata = MetaData(naming_convention=NAMING)

registration_sequence = Sequence("registration_sequence", metadata=metadata)
employer_sequence = Sequence("employer_sequence", metadata=metadata)
account_sequence = Sequence("account_sequence", metadata=metadata)

#: What the centre has decided, from a day on; the newest row that has begun counts.
policy = Table(
    "policy",
    metadata,
    Column("valid_from", Date, nullable=False),
    Column("base_floor_fen", BigInteger, nullable=False),
    Column("base_ceiling_fen", BigInteger, nullable=False),
    Column("rate_floor", Integer, nullable=False),
    Column("rate_ceiling", Integer, nullable=False),
    Column("monthly_floor_fen", BigInteger, nullable=False),
    Column("monthly_ceiling_fen", BigInteger, nullable=False),
    Column("rounding_fen", Integer, nullable=False, server_default=text("1")),
    Column("future_months_allowed", Boolean, nullable=False, server_default=text("false")),
    Column("row_limit", Integer, nullable=False, server_default=text("2000")),
    PrimaryKeyConstraint("valid_from"),
    CheckConstraint("rounding_fen IN (1, 10, 100)", name="rounding_known"),
)

#: Tables of codes that differ by city (单位性质, 封存原因, …), and the branches of the centre.
code = Table(
    "code",
    metadata,
    Column("list", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("retired", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("list", "code"),
)

employer = Table(
    "employer",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("uscc", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("founded_on", Text, nullable=False),
    Column("supervising_department", Text, nullable=False),
    Column("unit_kind", Text, nullable=False),
    Column("ownership", Text, nullable=False),
    Column("affiliation", Text, nullable=False),
    Column("economic_type", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("legal_representative", Text, nullable=False),
    Column("legal_representative_id_type", Text, nullable=False),
    Column("legal_representative_id_number_sealed", LargeBinary, nullable=False),
    Column("pay_day", Integer, nullable=False),
    Column("agent_name", Text, nullable=False),
    Column("agent_mobile_sealed", LargeBinary, nullable=False),
    Column("branch_code", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("first_month", Integer, nullable=False),
    Column("paid_through_month", Integer, nullable=False, server_default=text("0")),
    # The business that holds the roster; meanwhile nothing else may change it.
    Column("held_by", Text),
    PrimaryKeyConstraint("employer_no"),
    Index("uq_employer_open_uscc", "uscc", unique=True, postgresql_where=text("status <> '04'")),
)

#: A person's account. At most one open account in the city, held by the unique index.
account = Table(
    "account",
    metadata,
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("id_type", Text, nullable=False),
    Column("id_number_sealed", LargeBinary, nullable=False),
    Column("id_number_index", LargeBinary, nullable=False),
    Column("mobile_sealed", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    # A copy of deposit's, for people to see; never a ground for a decision.
    Column("balance_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("balance_serial_no", BigInteger, nullable=False, server_default=text("0")),
    # Counts what events tell of the account, over all its employers; orders what arrives out of order.
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("account_no"),
    ForeignKeyConstraint(["employer_no"], ["employer.employer_no"]),
    Index("ix_account_employer_no", "employer_no", "account_no"),
    Index(
        "uq_account_open_person",
        "id_type",
        "id_number_index",
        unique=True,
        postgresql_where=text("status IN ('01', '02', '06')"),
    ),
    # Every remittance updates the copied balance of everybody, which no index has: room on the page keeps that cheap.
    postgresql_with={"fillfactor": 70},
)

#: What counts for an account in an employer from a month on: the newest term that has begun counts, and nothing is
#: due while it is not active. Future months are rows like any other.
account_term = Table(
    "account_term",
    metadata,
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("from_month", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("base_fen", BigInteger, nullable=False),
    Column("employer_rate", Integer, nullable=False),
    Column("employee_rate", Integer, nullable=False),
    Column("employer_share_fen", BigInteger, nullable=False),
    Column("employee_share_fen", BigInteger, nullable=False),
    Column("registration_no", Text, nullable=False),
    # Whether the account's status and the read models speak of it yet; false while its month lies ahead.
    Column("shown", Boolean, nullable=False),
    PrimaryKeyConstraint("account_no", "employer_no", "from_month"),
    ForeignKeyConstraint(["account_no"], ["account.account_no"]),
    Index("ix_account_term_employer", "employer_no", "account_no", "from_month"),
    Index("ix_account_term_ahead", "from_month", postgresql_where=text("NOT shown")),
)

#: Accepted businesses: who submitted what, when, with which certificate; submitted rows are kept by the worksheet.
business = Table(
    "business",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("state", Integer, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("headcount", Integer, nullable=False, server_default=text("0")),
    Column("amount_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("rejection", LargeBinary),
    Column("consistency", LargeBinary),
    Column("submitted_by", Text, nullable=False),
    Column("certificate", Text, nullable=False, server_default=text("''")),
    Column("approved_certificate", Text, nullable=False, server_default=text("''")),
    Column("request_ref", Text, nullable=False, server_default=text("''")),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    # What it changed, before and after, as a sealed GetOperationResponse.
    Column("changes_sealed", LargeBinary),
    PrimaryKeyConstraint("registration_no"),
    Index("ix_business_employer", "employer_no", "registration_no"),
)

#: An employer's rate limits from a month on (manual §5.6); the newest that has begun counts.
employer_rates = Table(
    "employer_rates",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("from_month", Integer, nullable=False),
    Column("employer_rate_min", Integer, nullable=False),
    Column("employer_rate_max", Integer, nullable=False),
    Column("employee_rate_min", Integer, nullable=False),
    Column("employee_rate_max", Integer, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("shown", Boolean, nullable=False),
    PrimaryKeyConstraint("employer_no", "from_month"),
)

#: People of a transfer on their way, and the closing of an employer: what the last step needs of the first.
pending_saga = Table(
    "pending_saga",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("target_employer_no", Text, nullable=False, server_default=text("''")),
    Column("account_nos", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("close_reason", Text, nullable=False, server_default=text("''")),
    Column("business_date", Date, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("registration_no"),
    Index("ix_pending_saga_asked_at", "asked_at"),
)

#: A new mobile of an employer's agent that waits for the code sent to the old one.
mobile_change = Table(
    "mobile_change",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("change_no", Text, nullable=False),
    Column("mobile_sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("employer_no"),
)

#: What collection has answered to a remittance, so that a question asked twice gets one answer.
roster_hold = Table(
    "roster_hold",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("to_month", Integer, nullable=False),
    Column("state", Text, nullable=False),  # held, refused, posted, rejected
    Column("refusal", LargeBinary),
    PrimaryKeyConstraint("registration_no"),
    CheckConstraint("state IN ('held', 'refused', 'posted', 'rejected')", name="state_known"),
)

STORE = Store(metadata=(tables.metadata, worksheets.metadata, submissions.metadata, metadata))
