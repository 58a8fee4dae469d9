"""A test's way to do what no running service may: as the owner of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from deploy.local.databases import as_owner


@contextmanager
def owning(url: str) -> Iterator[Connection]:
    """A transaction in the database at `url`, which is a service's, as the owner of its tables."""
    engine = create_engine(as_owner(url), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
