"""Brings a service's store to its newest shape: `python -m services.kit.migrate SERVICE…`

Alembic under an advisory lock, each migration in a transaction of its own, with limits on statements and lock waits
so that a migration gives up instead of stopping the hall. Running it again changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import resources

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from services.kit.lines import checked_store
from services.kit.registry import SERVICES, app_of

LOCK_TIMEOUT_MS = 4_000
STATEMENT_TIMEOUT_MS = 300_000
_LOCK = 7_216_002


def migrate(service: str, url: str) -> str:
    """Upgrade the store of `service` at `url`; returns the revision it is at now."""
    script = ScriptDirectory.from_config(_config(service))
    engine = create_engine(url, poolclass=NullPool)
    head = script.get_current_head() or ""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        connection.execute(text(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}"))
        connection.commit()
        with EnvironmentContext(
            _config(service), script, fn=lambda rev, _: script._upgrade_revs("head", rev)
        ) as environment:
            environment.configure(connection=connection, transaction_per_migration=True)
            environment.run_migrations()
        connection.commit()
    engine.dispose()
    return head


def _config(service: str) -> Config:
    config = Config()
    location = resources.files(f"services.{service}") / "migrations"
    config.set_main_option("script_location", str(location))
    return config


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.kit.migrate", description=__doc__)
    parser.add_argument("service", nargs="*", choices=[*SERVICES, []], help="default: all")
    arguments = parser.parse_args(argv)
    for service in arguments.service or SERVICES:
        # Only the store's address: whoever migrates needs no other secret of the service.
        url = checked_store(app_of(service).settings.read_one("database_url"))
        print(f"{service} {migrate(service, url)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
