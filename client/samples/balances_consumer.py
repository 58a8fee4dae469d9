"""Keeps a copy of every person's balance from the hall's events alone, as a system downstream would:
`python -m client.samples.balances_consumer balances.sqlite`

It may be started at any time: its queue is bound first, then deposit's log is read from the beginning, then the queue
is followed. Killed and started again, it goes on where it was. The contract is docs/events.md; the broker user
`downstream` may do all of this and nothing else.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hpf.common.v1.event_log_pb2 import LogCursor, ReadEventsRequest, ReadEventsResponse
from hpf.deposit.v1.deposit_events_pb2 import LedgerLinesPosted
from kombu import Exchange, Queue

from services.kit.app import Principal
from services.kit.broker import broker_connection
from services.kit.bus import body_of
from services.kit.rpc_client import BusClient
from services.kit.senders import ONE_EACH

OWNER = "deposit"
LINES = "hpf.deposit.v1.LedgerLinesPosted"
#: Every event of the owner, of types to come too: each one counts a version.
ROUTING_KEY = f"{OWNER}.*"
_READ_EVENTS = 500
_PAUSE_S = 1.0

_TABLES = """
    CREATE TABLE IF NOT EXISTS balance (
        account_no TEXT PRIMARY KEY, employer_no TEXT NOT NULL,
        balance_fen INTEGER NOT NULL, serial_no INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS applied (employer_no TEXT PRIMARY KEY, version INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS log (one INTEGER PRIMARY KEY, xid INTEGER, position INTEGER);
"""

#: Reads a page of the owner's log.
ReadLog = Callable[[ReadEventsRequest], ReadEventsResponse]


class Gap(Exception):
    """An event came whose predecessor has not; the log has it."""


class Balances:
    """The copy: one SQLite file, one transaction an event or page of the log."""

    def __init__(self, file: Path | str) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.executescript(_TABLES)

    def of_everybody(self) -> dict[str, int]:
        """Account number → balance in fen."""
        return dict(self._db.execute("SELECT account_no, balance_fen FROM balance"))

    def take(self, type_name: str, subject: str, *, version: int, body: bytes) -> None:
        """Apply one event, once. Raises Gap when an earlier one is missing."""
        with self._transaction():
            self._apply(type_name, subject, version, body)

    def catch_up(self, read: ReadLog) -> None:
        """Apply what the log has and this copy has not."""
        # Of two transactions that ran side by side the later version may be read first.
        held: dict[tuple[str, int], tuple[str, bytes]] = {}
        cursor = self._cursor()
        while True:
            page = read(ReadEventsRequest(after=cursor, limit=_READ_EVENTS))
            cursor = page.next
            with self._transaction():
                for event in page.events:
                    self._apply_or_hold(held, event)
                if not held:
                    self._db.execute(
                        "INSERT OR REPLACE INTO log VALUES (1, ?, ?)", (cursor.xid, cursor.position)
                    )
            if page.at_end:
                return

    def close(self) -> None:
        self._db.close()

    def _apply_or_hold(self, held: dict[tuple[str, int], tuple[str, bytes]], event: Any) -> None:
        held[event.subject, event.version] = (event.type, event.body)
        version = self._version(event.subject)
        if event.version <= version:
            del held[event.subject, event.version]
        while (event.subject, version + 1) in held:
            version += 1
            type_name, body = held.pop((event.subject, version))
            self._apply(type_name, event.subject, version, body)

    def _apply(self, type_name: str, subject: str, version: int, body: bytes) -> None:
        applied = self._version(subject)
        if version <= applied:
            return
        if version > applied + 1:
            raise Gap
        if type_name == LINES:
            for line in LedgerLinesPosted.FromString(body).lines:
                # A person's lines may come through two employers; the highest serial number is the newest.
                self._db.execute(
                    "INSERT INTO balance VALUES (?, ?, ?, ?) ON CONFLICT (account_no) DO UPDATE SET"
                    " employer_no = excluded.employer_no, balance_fen = excluded.balance_fen,"
                    " serial_no = excluded.serial_no WHERE serial_no < excluded.serial_no",
                    (line.account_no, line.employer_no, line.balance_after_fen, line.serial_no),
                )
        self._db.execute("INSERT OR REPLACE INTO applied VALUES (?, ?)", (subject, version))

    def _version(self, subject: str) -> int:
        row = self._db.execute(
            "SELECT version FROM applied WHERE employer_no = ?", (subject,)
        ).fetchone()
        return int(row[0]) if row else 0

    def _cursor(self) -> LogCursor:
        row = self._db.execute("SELECT xid, position FROM log").fetchone()
        return LogCursor(xid=row[0], position=row[1]) if row else LogCursor()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """All of the block or nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> Self:
        self._db.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.execute("ROLLBACK" if error else "COMMIT")


def follow(balances: Balances, *, amqp_uri: str, namespace: str, queue_name: str) -> None:
    """Catch up, then follow the queue for ever."""
    system = Principal(kind="system", name=getpass.getuser())
    exchange = Exchange(f"{namespace}.events", type="topic", passive=True)
    arguments = {"x-queue-type": "quorum"}
    queue = Queue(queue_name, exchange, routing_key=ROUTING_KEY, queue_arguments=arguments)
    users = os.environ.get("HPF_BUS_USERS", ONE_EACH)
    with BusClient(amqp_uri, namespace, users=users) as bus, broker_connection(amqp_uri) as broker:

        def read(request: ReadEventsRequest) -> ReadEventsResponse:
            return bus.call(OWNER, "ReadEvents", request, ReadEventsResponse, principal=system)

        def on_message(message: Any) -> None:
            attributes = message.headers
            event = {
                "type_name": attributes["cloudEvents_type"],
                "subject": attributes["cloudEvents_subject"],
                "version": int(attributes["cloudEvents_subjectversion"]),
                "body": body_of(message.body),
            }
            try:
                _take_or_catch_up(balances, event, read)
            except Gap:
                # Not readable yet: a transaction that began before it is still running.
                time.sleep(_PAUSE_S)
                message.requeue()
            else:
                message.ack()

        with broker.Consumer(queue, on_message=on_message, prefetch_count=1):
            # The queue is there and fills while the log is read: nothing can fall between the two.
            balances.catch_up(read)
            print(f"已追上：{len(balances.of_everybody())} 个账户", flush=True)
            while True:
                broker.drain_events()


def _take_or_catch_up(balances: Balances, event: dict[str, Any], read: ReadLog) -> None:
    """Apply an event; what is missing before it was told before it, so the log has both."""
    try:
        balances.take(**event)
    except Gap:
        balances.catch_up(read)
        balances.take(**event)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="balances_consumer", description=__doc__)
    parser.add_argument("file", type=Path, help="the SQLite file of the copy")
    parser.add_argument("--amqp-uri", default=os.environ.get("AMQP_URI"))
    parser.add_argument("--namespace", default=os.environ.get("HPF_NAMESPACE", "hpf"))
    parser.add_argument("--queue", default="downstream.balances", help="this consumer's own queue")
    arguments = parser.parse_args(argv)
    if not arguments.amqp_uri:
        parser.error("set AMQP_URI or give --amqp-uri")
    follow(
        Balances(arguments.file),
        amqp_uri=arguments.amqp_uri,
        namespace=arguments.namespace,
        queue_name=arguments.queue,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
