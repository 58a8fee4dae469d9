"""Read tables of employers, people, ledger and statement; the job table of exports; what codes mean."""

from alembic import op

from services.kit.jobs import create_job_table
from services.kit.replays.tables import create_replay_tables
from services.kit.tables import create_kit_tables
from services.query.code_tables import seeded_titles
from services.query.models import code_title, metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables(op.get_bind())
    create_job_table(op.get_bind())
    create_replay_tables(op.get_bind())
    metadata.create_all(op.get_bind())
    op.bulk_insert(code_title, seeded_titles())
