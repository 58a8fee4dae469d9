"""An event handled once stays handled; a handler that fails leaves no trace; what can never be handled is poison."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from hpf.deposit.v1 import deposit_events_pb2 as events
from sqlalchemy import text

from services.kit.app import Call, Runtime, Subscription, subscribe
from services.kit.calls import handle_event
from services.kit.consume import TRIES_MAX, TRIES_OF_PARKED, Outcome, Parked, process
from services.kit.events import Event, Poison, TooEarly, event_type
from services.kit.ids import new_id
from tests.store.kit.conftest import NOW, toy_runtime

Heard = Callable[[Call, Message], None]


def note(call: Call, message: Message) -> None:
    """Count the event at its employer."""
    call.connection.execute(
        text("INSERT INTO paid (employer_no, amount_fen) VALUES (:no, 1)"),
        {"no": call.event.subject},
    )


class Ear:
    """A toy that hears bank payments; `does` is what it does with them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.does: Heard = note
        self.tries = 0
        self.subscription = subscribe("deposit", {events.BankPaymentReported: self._hear})
        self.runtime: Runtime = toy_runtime(url, folder, {}, (self.subscription,))

    def _hear(self, call: Call, message: Message) -> None:
        self.tries += 1
        self.does(call, message)

    def heard(self, event: Event) -> int:
        """How often the store says the event's employer was counted."""
        with self.runtime.database.reading() as connection:
            found = connection.execute(
                text("SELECT count(*) FROM paid WHERE employer_no = :no"), {"no": event.subject}
            )
            return int(found.scalar_one())

    def deliver(self, event: Event, subscription: Subscription | None = None) -> bool:
        return handle_event(self.runtime, subscription or self.subscription, event)


@pytest.fixture
def ear(kit_url: str, tmp_path: Path) -> Iterator[Ear]:
    made = Ear(kit_url, tmp_path)
    yield made
    made.runtime.database.close()


def new_event() -> Event:
    message = events.BankPaymentReported(bank_reference=new_id())
    return Event(
        event_id=new_id(),
        type=event_type(message),
        source="deposit",
        subject=str(uuid4().int),
        version=1,
        occurred_at=NOW,
        correlation_id="",
        causation_id="",
        traceparent="",
        body=message.SerializeToString(),
    )


def test_an_event_delivered_twice_is_handled_once(ear: Ear) -> None:
    event = new_event()
    assert ear.deliver(event) is True
    assert ear.deliver(event) is False
    assert ear.heard(event) == 1


def test_an_event_delivered_twice_at_once_is_handled_once(ear: Ear) -> None:
    def slowly(call: Call, message: Message) -> None:
        note(call, message)
        call.connection.execute(text("SELECT pg_sleep(0.2)"))

    event, together = new_event(), threading.Barrier(2)

    def deliver() -> bool:
        together.wait()
        return ear.deliver(event)

    ear.does = slowly
    with ThreadPoolExecutor(2) as threads:
        done = [each.result() for each in [threads.submit(deliver), threads.submit(deliver)]]
    assert sorted(done) == [False, True]
    assert ear.heard(event) == 1


def test_a_failed_handler_leaves_no_trace_and_the_event_can_come_again(ear: Ear) -> None:
    def write_and_fail(call: Call, message: Message) -> None:
        note(call, message)
        raise RuntimeError

    event = new_event()
    ear.does = write_and_fail
    with pytest.raises(RuntimeError):
        ear.deliver(event)
    assert ear.heard(event) == 0
    ear.does = note
    assert ear.deliver(event) is True
    assert ear.heard(event) == 1


def test_each_subscription_handles_the_event_for_itself(ear: Ear) -> None:
    event = new_event()
    other = subscribe("deposit", {events.BankPaymentReported: note}, queue="other")
    assert ear.deliver(event) is True
    assert ear.deliver(event, other) is True
    assert ear.heard(event) == 2


def test_a_type_without_a_handler_is_poison(ear: Ear) -> None:
    with pytest.raises(Poison):
        ear.deliver(replace(new_event(), type="hpf.deposit.v1.RemittancePosted"))


def test_an_event_that_names_another_source_than_its_queue_is_poison(ear: Ear) -> None:
    event = replace(new_event(), source="bank")
    with pytest.raises(Poison):
        ear.deliver(event)
    assert ear.heard(event) == 0


def test_a_zero_character_in_an_event_is_poison(ear: Ear) -> None:
    body = events.BankPaymentReported(payer_name="甲\0乙").SerializeToString()
    event = replace(new_event(), body=body)
    assert (
        process(ear.runtime, ear.subscription, event.headers(), body, user_id="deposit")
        is Outcome.DEAD
    )
    assert ear.tries == 0


@pytest.mark.parametrize(
    ("attribute", "hostile"),
    [
        ("id", "a\0b"),
        ("id", "x" * 501),
        ("id", "\ud800"),
        ("type", "hpf.deposit.v1.BankPaymentReported\nERROR all is lost"),
        ("correlationid", "\0"),
        ("subjectversion", "-1"),
        ("subjectversion", str(2**63)),
        ("subjectversion", "9" * 5000),
        ("time", "yesterday"),
    ],
)
def test_an_attribute_that_no_store_keeps_is_dead_at_once(
    ear: Ear, attribute: str, hostile: str
) -> None:
    event = new_event()
    headers = event.headers() | {f"cloudEvents_{attribute}": hostile}
    assert (
        process(ear.runtime, ear.subscription, headers, event.body, user_id="deposit")
        is Outcome.DEAD
    )
    assert ear.tries == 0


def test_what_a_handler_emits_is_lost_with_its_failure(ear: Ear) -> None:
    def emit_and_fail(call: Call, message: Message) -> None:
        call.emit(message, subject=call.event.subject)
        raise RuntimeError

    event = new_event()
    ear.does = emit_and_fail
    with pytest.raises(RuntimeError):
        ear.deliver(event)
    with ear.runtime.database.reading() as connection:
        found = connection.execute(
            text("SELECT count(*) FROM outbox WHERE subject = :no"), {"no": event.subject}
        )
        assert found.scalar_one() == 0


def test_what_follows_from_an_event_names_it_as_its_cause(ear: Ear) -> None:
    event = replace(new_event(), correlation_id="request-1")
    ear.does = lambda call, message: call.emit(message, subject=call.event.subject)
    ear.deliver(event)
    with ear.runtime.database.reading() as connection:
        found = connection.execute(
            text("SELECT causation_id, correlation_id FROM outbox WHERE subject = :no"),
            {"no": event.subject},
        ).one()
    assert tuple(found) == (event.event_id, "request-1")


def test_a_passing_failure_is_tried_again(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_twice(call: Call, message: Message) -> None:
        if ear.tries < 3:
            raise RuntimeError
        note(call, message)

    monkeypatch.setattr("services.kit.consume.PAUSE_FIRST_S", 0.001)
    event = new_event()
    ear.does = fail_twice
    assert (
        process(ear.runtime, ear.subscription, event.headers(), event.body, user_id="deposit")
        is Outcome.HANDLED
    )
    assert ear.tries == 3
    assert ear.heard(event) == 1


def test_a_lasting_failure_is_dead_after_five_tries(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(call: Call, message: Message) -> None:
        raise RuntimeError

    monkeypatch.setattr("services.kit.consume.PAUSE_FIRST_S", 0.001)
    event = new_event()
    ear.does = fail
    assert (
        process(ear.runtime, ear.subscription, event.headers(), event.body, user_id="deposit")
        is Outcome.DEAD
    )
    assert ear.tries == TRIES_MAX == 5


@pytest.mark.parametrize(
    "statement",
    ["SELECT CAST('昨天' AS date)", "SELECT CAST(9223372036854775808 AS bigint)"],
)
def test_a_value_that_the_store_cannot_take_is_dead_at_once(ear: Ear, statement: str) -> None:
    def take(call: Call, message: Message) -> None:
        call.connection.execute(text(statement))

    event = new_event()
    ear.does = take
    assert (
        process(ear.runtime, ear.subscription, event.headers(), event.body, user_id="deposit")
        is Outcome.DEAD
    )
    assert ear.tries == 1


def test_a_value_that_cannot_be_read_is_dead_at_once(ear: Ear) -> None:
    def read(call: Call, message: Message) -> None:
        date.fromisoformat("昨天")

    event = new_event()
    ear.does = read
    assert (
        process(ear.runtime, ear.subscription, event.headers(), event.body, user_id="deposit")
        is Outcome.DEAD
    )
    assert ear.tries == 1


class Line:
    """A queue whose consumer applies versions in order, without the store."""

    def __init__(self, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.kit.consume.PAUSE_FIRST_S", 0.001)
        self.ear, self.parked = ear, Parked()
        self.applied: dict[str, int] = {}
        self.bad: set[tuple[str, int]] = set()
        ear.does = self._apply

    def _apply(self, call: Call, message: Message) -> None:
        subject, version = call.event.subject, call.event.version
        if (subject, version) in self.bad:
            raise ValueError
        if version != self.applied.get(subject, 0) + 1:
            raise TooEarly
        self.applied[subject] = version

    def tell(self, event: Event) -> tuple[Outcome, int]:
        """What became of the event, and after how many tries."""
        self.ear.tries = 0
        outcome = process(
            self.ear.runtime,
            self.ear.subscription,
            event.headers(),
            event.body,
            user_id="deposit",
            parked=self.parked,
        )
        return outcome, self.ear.tries


def test_a_dead_letter_parks_its_subject_and_nobody_else(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(ear, monkeypatch)
    first, other = new_event(), new_event()
    second, third = (replace(first, event_id=new_id(), version=each) for each in (2, 3))
    line.bad.add((first.subject, 1))

    assert line.tell(first) == (Outcome.DEAD, 1)
    assert line.tell(second) == (Outcome.DEAD, TRIES_OF_PARKED)
    assert line.tell(third) == (Outcome.DEAD, TRIES_OF_PARKED)
    assert line.tell(other) == (Outcome.HANDLED, 1)


def test_a_subject_is_waited_for_again_once_its_dead_letter_was_handled(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(ear, monkeypatch)
    first = new_event()
    third = replace(first, event_id=new_id(), version=3)
    line.bad.add((first.subject, 1))
    line.tell(first)
    line.bad.clear()

    assert line.tell(first) == (Outcome.HANDLED, 1)
    assert line.tell(third) == (Outcome.DEAD, TRIES_MAX)


def test_a_message_without_attributes_is_dead_at_once(ear: Ear) -> None:
    assert (
        process(ear.runtime, ear.subscription, {}, b"whatever", user_id="deposit") is Outcome.DEAD
    )
    assert ear.tries == 0


def test_a_store_that_is_away_uses_no_event_up(ear: Ear, tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"
    runtime = toy_runtime(nowhere, tmp_path, {}, (ear.subscription,))
    event = new_event()
    assert (
        process(runtime, ear.subscription, event.headers(), event.body, user_id="deposit")
        is Outcome.RETURNED
    )
    assert ear.tries == 0
