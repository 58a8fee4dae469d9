"""Employers, certificate bindings, logins, SMS orders, sessions and the audit trail."""

from alembic import op

from services.auth.models import metadata
from services.kit.tables import create_kit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables(op.get_bind())
    metadata.create_all(op.get_bind())
