"""Databases and roles of one instance: a database per service, closed to every other role.

Each has two roles: its owner, who migrates, and the one of its own name, which the service runs as and which owns
nothing (docs/adr/0024).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, cursor, make_dsn, parse_dsn
from sqlalchemy import make_url

DROPS_AT_ONCE = 8


def create(superuser_url: str, names: Iterable[str], *, password: str, owner_password: str) -> None:
    """Make a database and its two roles for each name; existing ones are kept, and handed to their owner."""
    for name in names:
        with _superuser(superuser_url) as run:
            _put_role(run, name, password)
            _put_role(run, owner_of(name), owner_password)
            owned = _owner_in(run, name)
            if not owned:
                _create_one(run, name)
        if owned == name:
            _hand_over(superuser_url, name)


def copy(superuser_url: str, url: str, name: str) -> None:
    """Make a database `name` with the owner and everything of the one at `url`, to which nobody may be connected."""
    source = parse_dsn(url.replace("+psycopg2", ""))
    target = sql.Identifier(name)
    with _superuser(superuser_url) as run:
        owner = _owner_in(run, source["dbname"])
        run.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                target, sql.Identifier(source["dbname"]), sql.Identifier(owner)
            )
        )
        _open_to(run, name, source["user"])


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


def owner_of(name: str) -> str:
    """The role that owns the database `name` and what is in it."""
    return f"{name}_owner"


def url_of(superuser_url: str, *, name: str, password: str, role: str | None = None) -> str:
    """The SQLAlchemy URL of one service's database, as the role that it runs as unless another is given."""
    server = parse_dsn(superuser_url)
    place = f"{server.get('host', '127.0.0.1')}:{server.get('port', '5432')}"
    return f"postgresql+psycopg2://{role or name}:{password}@{place}/{name}"


def as_owner(url: str) -> str:
    """The same database as its owner, where both roles were made with one password: for tests and benches, which write
    what no service may."""
    given = make_url(url)
    owner = given.set(username=owner_of(str(given.username)))
    return owner.render_as_string(hide_password=False)


def _drop_one(superuser_url: str, name: str) -> None:
    with _superuser(superuser_url) as run:
        target = sql.Identifier(name)
        run.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
        for role in (name, owner_of(name)):
            run.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _put_role(run: cursor, role: str, password: str) -> None:
    run.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,))
    change = "ALTER ROLE {} PASSWORD {}" if run.rowcount else "CREATE ROLE {} LOGIN PASSWORD {}"
    run.execute(sql.SQL(change).format(sql.Identifier(role), sql.Literal(password)))


def _owner_in(run: cursor, database: str) -> str:
    """Who owns a database; empty when there is none of that name."""
    run.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (database,))
    row = run.fetchone()
    return str(row[0]) if row else ""


def _create_one(run: cursor, name: str) -> None:
    owner = sql.Identifier(owner_of(name))
    # A role that is not a superuser may only hand a database to a role it is in.
    run.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    run.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), owner))
    _open_to(run, name, name)


def _open_to(run: cursor, name: str, role: str) -> None:
    """Let nobody but its owner and `role` into the database."""
    database = sql.Identifier(name)
    run.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    run.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role))
    )


def _hand_over(superuser_url: str, name: str) -> None:
    """Give what the running role owned, from before there were two, to the owner."""
    with _superuser(make_dsn(superuser_url, dbname=name)) as run:
        role, owner = sql.Identifier(name), sql.Identifier(owner_of(name))
        run.execute(sql.SQL("GRANT {}, {} TO CURRENT_USER").format(role, owner))
        run.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(role, owner))
        _open_to(run, name, name)


@contextmanager
def _superuser(url: str) -> Iterator[cursor]:
    connection = psycopg2.connect(make_dsn(url))
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    try:
        with connection.cursor() as run:
            yield run
    finally:
        connection.close()
