"""Receipts with their prints, the job table of rendering, and the tables of replays."""

from alembic import op

from services.kit.jobs import create_job_table
from services.kit.replays.tables import create_replay_tables
from services.kit.tables import create_kit_tables
from services.receipt.models import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables(op.get_bind())
    create_job_table(op.get_bind())
    create_replay_tables(op.get_bind())
    metadata.create_all(op.get_bind())
