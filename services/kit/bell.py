"""A bell that the store rings (LISTEN/NOTIFY), for plain processes that wait for work.

A notification can be lost with its connection, so nobody waits without also looking from time to time.
"""

from __future__ import annotations

import logging
import select
import time
from types import TracebackType
from typing import Any, Self

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy import make_url

log = logging.getLogger(__name__)


class Bell:
    """Listens on one channel; comes back by itself after the store was away."""

    def __init__(self, url: str, channel: str) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._channel = channel
        self._connection: Any = None

    def wait(self, at_most_s: float) -> None:
        """Return when the bell rings, or after `at_most_s` seconds."""
        try:
            if self._connection is None:
                # What was rung before we listened is found by looking again at once.
                self._listen()
                return
            connection = self._connection
            if select.select([connection], [], [], at_most_s)[0]:
                connection.poll()
                connection.notifies.clear()
        except (psycopg2.Error, OSError) as error:
            log.warning("no bell from the store: %s", type(error).__name__)
            self.close()
            time.sleep(at_most_s)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listen(self) -> None:
        connection = psycopg2.connect(self._dsn)
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cursor:
            cursor.execute(f'LISTEN "{self._channel}"')
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
