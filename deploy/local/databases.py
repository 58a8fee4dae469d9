"""Databases and roles of one instance: one of each per service, closed to every other role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, cursor, make_dsn, parse_dsn

DROPS_AT_ONCE = 8


def create(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make a role and a database of its own for each name; existing ones are kept."""
    with _superuser(superuser_url) as run:
        for name, password in passwords.items():
            role = sql.Identifier(name)
            secret = sql.Literal(password)
            run.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            change = "ALTER ROLE {} PASSWORD {}" if run.fetchone() else _NEW_ROLE
            run.execute(sql.SQL(change).format(role, secret))
            run.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if run.fetchone() is None:
                # A role that is not a superuser may only hand a database to a role it is in.
                run.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
                run.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
                run.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))


def copy(superuser_url: str, url: str, name: str) -> None:
    """Make a database `name` with the owner and everything of the one at `url`, to which nobody may be connected."""
    source = parse_dsn(url.replace("+psycopg2", ""))
    owner = sql.Identifier(source["user"])
    with _superuser(superuser_url) as run:
        target, template = sql.Identifier(name), sql.Identifier(source["dbname"])
        run.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(target, template, owner)
        )
        run.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(target))


def checkpoint(superuser_url: str) -> None:
    """Write everything that is still in memory to disk."""
    with _superuser(superuser_url) as run:
        run.execute("CHECKPOINT")


def drop(superuser_url: str, names: list[str]) -> None:
    """Drop databases and roles, ending the sessions in them."""
    # Each waits for a checkpoint of its own; side by side they share them.
    with ThreadPoolExecutor(max_workers=DROPS_AT_ONCE) as together:
        for dropped in [together.submit(_drop_one, superuser_url, name) for name in names]:
            dropped.result()


def url_of(superuser_url: str, *, name: str, password: str, role: str | None = None) -> str:
    """The SQLAlchemy URL of one service's database; its role has the same name unless another is given."""
    server = parse_dsn(superuser_url)
    place = f"{server.get('host', '127.0.0.1')}:{server.get('port', '5432')}"
    return f"postgresql+psycopg2://{role or name}:{password}@{place}/{name}"


def _drop_one(superuser_url: str, name: str) -> None:
    with _superuser(superuser_url) as run:
        target = sql.Identifier(name)
        run.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
        run.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(target))


_NEW_ROLE = "CREATE ROLE {} LOGIN PASSWORD {}"


@contextmanager
def _superuser(url: str) -> Iterator[cursor]:
    connection = psycopg2.connect(make_dsn(url))
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    try:
        with connection.cursor() as run:
            yield run
    finally:
        connection.close()
