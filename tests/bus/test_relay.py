"""The relay publishes what is committed, in order, at least once, whatever goes away in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import func, select, update

from deploy.local import rabbitmq
from services.kit import outbox
from services.kit.app import Principal, Runtime
from services.kit.publisher import ConfirmedPublisher, Outgoing, Unconfirmed
from services.kit.rpc_client import BusClient, RpcError
from services.kit.tables import outbox as outbox_table
from tests.bus import toy_protos as toy
from tests.bus.tcp_proxy import Cable
from tests.bus.toy_hall import (
    ToyHall,
    ToyProcess,
    client_of,
    consuming,
    relaying,
    wait_until,
)

AGENT = Principal(kind="employer", employer_no="1000000000017", session_id="s")


def write(runtime: Runtime, *texts: str, subject: str = "1000000000017") -> None:
    """Commit one event a text."""
    with runtime.database.transaction() as connection:
        for text in texts:
            outbox.append(connection, toy.Noted(text=text), subject=subject, now=datetime.now(UTC))


def unpublished(runtime: Runtime) -> int:
    statement = select(func.count()).where(outbox_table.c.published_at.is_(None))
    with runtime.database.reading() as connection:
        return int(connection.execute(statement).scalar_one())


def test_events_arrive_in_the_order_they_were_written(hall: ToyHall) -> None:
    runtime = hall.runtime()
    texts = [str(number) for number in range(500)]  # more than two batches
    with consuming(hall.runtime(), hall.amqp_uri), relaying(runtime, hall.amqp_uri):
        write(runtime, *texts)
        wait_until(lambda: hall.notes("heard") == texts)
        wait_until(lambda: unpublished(runtime) == 0)


def test_committed_event_is_published_without_waiting_for_the_poll(hall: ToyHall) -> None:
    runtime = hall.runtime()
    with consuming(hall.runtime(), hall.amqp_uri), relaying(runtime, hall.amqp_uri):
        write(runtime, "warm up")
        wait_until(lambda: hall.notes("heard") == ["warm up"])
        waits = []
        for number in range(5):
            started = time.monotonic()
            write(runtime, str(number))
            wait_until(lambda number=number: str(number) in hall.notes("heard"))
            waits.append(time.monotonic() - started)
    assert sorted(waits)[2] < 0.4  # the poll alone would take 0.5 s in the middle


def test_event_published_but_not_marked_is_published_again_and_handled_once(hall: ToyHall) -> None:
    runtime = hall.runtime()
    with consuming(hall.runtime(), hall.amqp_uri):
        with relaying(runtime, hall.amqp_uri):
            write(runtime, "once")
            wait_until(lambda: hall.notes("heard") == ["once"])
            wait_until(lambda: unpublished(runtime) == 0)
        with runtime.database.transaction() as connection:  # as if it had died before marking
            connection.execute(update(outbox_table).values(published_at=None))
        with relaying(runtime, hall.amqp_uri):
            wait_until(lambda: unpublished(runtime) == 0)
            write(runtime, "after")
            wait_until(lambda: hall.notes("heard") == ["once", "after"])


def test_second_relay_waits_and_takes_over(hall: ToyHall) -> None:
    first, second = hall.runtime(), hall.runtime()
    with relaying(second, hall.amqp_uri):
        with relaying(first, hall.amqp_uri), consuming(hall.runtime(), hall.amqp_uri):
            write(first, *[str(number) for number in range(50)])
            wait_until(lambda: len(hall.notes("tried")) == 50)
        write(first, "later")
        wait_until(lambda: unpublished(first) == 0)
    assert len(hall.notes("tried")) == 50  # nothing was published by both


def test_outage_of_the_broker_delays_events_and_loses_none(hall: ToyHall) -> None:
    runtime = hall.runtime()
    with Cable(hall.amqp_uri) as cable:
        with consuming(hall.runtime(), hall.amqp_uri), relaying(runtime, cable.uri):
            write(runtime, "before")
            wait_until(lambda: hall.notes("heard") == ["before"])
            cable.cut()
            write(runtime, "during 1", "during 2")
            time.sleep(0.5)
            assert unpublished(runtime) == 2
            cable.mend()
            wait_until(lambda: hall.notes("heard") == ["before", "during 1", "during 2"])


def test_message_that_a_full_queue_refuses_is_not_called_published(hall: ToyHall) -> None:
    name = f"{hall.namespace}.full"
    with Connection(hall.amqp_uri) as connection:
        publisher = ConfirmedPublisher(connection)
        arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
        publisher.channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
        message = Outgoing("", name, b"", {}, "1")
        publisher.publish([message])
        with pytest.raises(Unconfirmed, match="refused"):
            publisher.publish([message, message])


def test_message_that_nobody_takes_is_not_called_published(hall: ToyHall) -> None:
    with Connection(hall.amqp_uri) as connection:
        publisher = ConfirmedPublisher(connection)
        with pytest.raises(Unconfirmed, match="nobody"):
            publisher.publish([Outgoing("", f"{hall.namespace}.nothing", b"", {}, "1")])


def test_killed_service_ends_with_its_event_handled_once(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    with client_of(hall) as client:
        for number in range(3):
            process = start(hall, "toy")
            note = toy.Note(request_id=f"request-{number}", text=str(number))
            client.call("toy", "Keep", note, toy.Noted, principal=AGENT)
            process.kill()
    start(hall, "toy")
    wait_until(lambda: hall.notes("heard") == ["0", "1", "2"])
    assert hall.notes("kept") == ["0", "1", "2"]


def test_restarted_broker_keeps_events_and_the_service_finds_it_again(
    new_hall: Callable[..., ToyHall], start: Callable[..., ToyProcess], tmp_path: Path
) -> None:
    home = tmp_path / "rabbitmq"
    try:
        hall = new_hall(rabbitmq.ensure(home))
        process = start(hall, "toy")
        with client_of(hall) as client:
            _keep(client, "before")
            rabbitmq.control(home, "stop_app")
            with pytest.raises(RpcError):
                _keep(client, "refused")
            rabbitmq.control(home, "start_app")
            wait_until(lambda: _keep(client, "after"))
            wait_until(lambda: hall.notes("heard") == ["before", "after"])
        assert process.runs
    finally:
        rabbitmq.stop(home)


def _keep(client: BusClient, text: str) -> bool:
    note = toy.Note(request_id=f"request-{text}", text=text)
    try:
        client.call("toy", "Keep", note, toy.Noted, principal=AGENT, timeout_s=5)
    except RpcError:
        if text == "refused":
            raise
        return False
    return True
