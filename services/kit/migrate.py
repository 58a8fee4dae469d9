"""Brings a service's store to its newest shape: `python -m services.kit.migrate SERVICE…`

Alembic under an advisory lock, each migration in a transaction of its own, with limits on statements and lock waits
so that a migration gives up instead of stopping the hall. Running it again changes nothing.

It comes as the owner of the tables, at `<SERVICE>_MIGRATE_DATABASE_URL`, and grants the role that
`<SERVICE>_DATABASE_URL` names what the running service needs; no password of that role is asked for. Without an
owner's address the service runs as the owner, as in a small installation.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import resources

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from services.kit.grants import MayTooMuch, grant, refuse_owner
from services.kit.lines import checked_store
from services.kit.registry import SERVICES, app_of, store_of
from services.kit.replays.tables import make_beside
from services.kit.settings import MissingSetting, ServiceSettings

LOCK_TIMEOUT_MS = 4_000
STATEMENT_TIMEOUT_MS = 300_000
_LOCK = 7_216_002


def migrate(service: str, url: str, *, role: str | None = None) -> str:
    """Upgrade the store of `service` at `url`; returns the revision it is at now.

    `role` is what the service runs as when it does not own the tables. Raises MayTooMuch when that role does, or may
    act for who does.
    """
    script = ScriptDirectory.from_config(_config(service))
    engine = create_engine(url, poolclass=NullPool)
    head = script.get_current_head() or ""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        connection.execute(text(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}"))
        if role:
            refuse_owner(connection, role)
        before = MigrationContext.configure(connection).get_current_revision()
        connection.commit()
        with EnvironmentContext(
            _config(service), script, fn=lambda rev, _: script._upgrade_revs("head", rev)
        ) as environment:
            environment.configure(connection=connection, transaction_per_migration=True)
            environment.run_migrations()
        connection.commit()
        with connection.begin():
            _finish(connection, service, role=role, is_changed=before != head)
    engine.dispose()
    return head


def _finish(connection: Connection, service: str, *, role: str | None, is_changed: bool) -> None:
    """What follows from the tables as they are now."""
    store = store_of(service)
    if store.beside:
        make_beside(connection, store.switched, store.beside_only, anew=is_changed)
    if role:
        grant(connection, store, role)


def _config(service: str) -> Config:
    config = Config()
    location = resources.files(f"services.{service}") / "migrations"
    config.set_main_option("script_location", str(location))
    return config


def running_role(settings: type[ServiceSettings], owner_url: str) -> str | None:
    """The role that the service runs as; None when it is the one that migrates. Raises MissingSetting."""
    url = make_url(settings.read_one("database_url"))
    if url.username == make_url(owner_url).username:
        return None
    if url.username is None:
        raise MissingSetting("the database_url must name the role that the service runs as")
    return url.username


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.kit.migrate", description=__doc__)
    parser.add_argument("service", nargs="*", choices=[*SERVICES, []], help="default: all")
    arguments = parser.parse_args(argv)
    for service in arguments.service or SERVICES:
        # Only the store's addresses: whoever migrates needs no other secret of the service.
        settings = app_of(service).settings
        url = checked_store(settings.read_one("migrate_database_url", "database_url"))
        role = running_role(settings, url)
        try:
            revision = migrate(service, url, role=role)
        except MayTooMuch as error:
            print(f"{service}: {error}", file=sys.stderr)
            return 1
        print(f"{service} {revision} {_whose(role)}")
    return 0


def _whose(role: str | None) -> str:
    if role is None:
        return "(one role owns and runs it: what only grows is kept by triggers alone)"
    return f"(run as {role}, which owns nothing)"


if __name__ == "__main__":
    sys.exit(main())
