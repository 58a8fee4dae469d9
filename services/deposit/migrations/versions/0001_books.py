"""The books: funds, ledger, journal, statement, businesses; what only grows is guarded by the database."""

from datetime import date

from alembic import op

from services.deposit.models import APPEND_ONLY, interest_rate, metadata
from services.kit.submissions.models import create_submission_tables
from services.kit.tables import create_kit_tables
from services.kit.worksheet.models import create_worksheet_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables(op.get_bind())
    create_worksheet_tables(op.get_bind())
    create_submission_tables(op.get_bind())
    metadata.create_all(op.get_bind())
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME;
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        """
        CREATE FUNCTION entry_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM journal_leg WHERE entry_no = NEW.entry_no
                GROUP BY entry_no HAVING sum(amount_fen) <> 0
            ) THEN
                RAISE EXCEPTION 'journal entry % does not sum to zero', NEW.entry_no;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON journal_leg"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_sums_to_zero()"
    )
    # 1.50 % since the People's Bank's notice of February 2016; staff add what comes after.
    op.bulk_insert(
        interest_rate,
        [{"valid_from": date(2016, 2, 21), "rate_bp": 150, "set_by": "migration"}],
    )
