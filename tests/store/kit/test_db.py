"""Connections: one statement as its own snapshot, and stores that went away between two calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf.message import Message
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from services.kit import db
from services.kit.app import Call
from services.kit.db import Database, TwoStatements
from services.kit.ids import new_id
from tests.store.kit.conftest import Toy, pay, reason

_APPLICATION = "test connections"


@pytest.fixture
def database(kit_url: str) -> Iterator[Database]:
    made = Database(kit_url, pool_size=2, application=_APPLICATION)
    yield made
    made.close()


def end_connections(url: str, application: str) -> None:
    """What a restart of the store does to those who are connected."""
    other = Database(url, pool_size=1)
    with other.transaction() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = :application"
            ),
            {"application": application},
        )
    other.close()


def one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


def test_what_is_one_statement_may_not_send_two(database: Database) -> None:
    with database.statement() as connection:
        assert one(connection) == 1
        with pytest.raises(TwoStatements):
            one(connection)
    with database.statement() as connection:
        assert one(connection) == 1


def test_what_is_one_statement_may_not_write(database: Database) -> None:
    with (
        pytest.raises(DBAPIError, match="read-only"),
        database.statement() as connection,
    ):
        connection.execute(text("INSERT INTO paid VALUES ('nobody', 1)"))


def test_what_is_one_statement_leaves_no_transaction_open(database: Database, kit_url: str) -> None:
    watcher = Database(kit_url, pool_size=1)
    with database.statement() as connection, watcher.statement() as other:
        one(connection)
        state = other.execute(
            text("SELECT state FROM pg_stat_activity WHERE application_name = :application"),
            {"application": _APPLICATION},
        ).scalar_one()
    watcher.close()
    assert state == "idle"


@pytest.mark.parametrize("way", ["statement", "reading", "transaction"])
def test_connection_that_lay_unused_is_made_anew_when_the_store_was_restarted(
    database: Database, kit_url: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = getattr(database, way)
    with connect() as connection:
        one(connection)
    end_connections(kit_url, _APPLICATION)
    monkeypatch.setattr(db, "PING_AFTER_S", 0.0)
    with connect() as connection:
        assert one(connection) == 1


def test_call_that_meets_a_connection_just_lost_is_answered_all_the_same(
    toy: Toy, kit_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "PING_AFTER_S", 60.0)
    employer_no = toy.new_employer()
    assert toy.ask(employer_no, request_id=new_id()).code == 0
    end_connections(kit_url, "test kit")
    assert toy.ask(employer_no, fen=200, request_id=new_id()).code == 0
    assert toy.paid(employer_no) == [100, 200]


def test_change_that_loses_its_connection_each_time_ends_as_unavailable(
    toy: Toy, kit_url: str
) -> None:
    def lose(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        end_connections(kit_url, "test kit")
        return pay(call, request)

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = lose
    assert reason(toy.ask(employer_no, request_id=request_id)) == "SERVICE_UNAVAILABLE"
    assert toy.calls == [100, 100]
    toy.pays = pay
    assert toy.ask(employer_no, request_id=request_id).code == 0
    assert toy.paid(employer_no) == [100]
