"""What becomes of an event: handled once, tried again, or kept as a dead letter; never lost."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from kombu import Connection, Producer

from services.kit import bus
from services.kit.dead_letters import NOBODY_BOUND, UNROUTED, DeadLetters
from services.kit.events import Event
from services.kit.ids import new_id
from services.kit.publisher import ConfirmedPublisher, Outgoing, outgoing
from tests.bus import toy_protos as toy
from tests.bus.tcp_proxy import Cable
from tests.bus.toy_hall import ToyHall, consuming, wait_until

QUEUE = "toy.toy.main"


def noted(text: str, version: int = 1) -> Event:
    return Event(
        event_id=new_id(),
        type="hpf.toy.v1.Noted",
        source="toy",
        subject="1000000000017",
        version=version,
        occurred_at=datetime.now(UTC),
        correlation_id="ref",
        causation_id="",
        traceparent="",
        body=toy.Noted(text=text).SerializeToString(),
    )


def publish(hall: ToyHall, *events: Event | Outgoing) -> None:
    with Connection(hall.amqp_uri) as connection:
        publisher = ConfirmedPublisher(connection)
        bus.declare_events(publisher.channel, hall.namespace)
        publisher.publish(
            each if isinstance(each, Outgoing) else outgoing(hall.namespace, each)
            for each in events
        )


@pytest.fixture
def dead_letters(hall: ToyHall) -> DeadLetters:
    return DeadLetters(hall.amqp_uri, hall.namespace, queues=[QUEUE, UNROUTED])


def test_event_delivered_twice_is_handled_once(hall: ToyHall) -> None:
    event = noted("once")
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, event, event, noted("after"))
        wait_until(lambda: hall.notes("heard") == ["once", "after"])
    assert hall.notes("tried") == ["once", "after"]


def test_undecodable_message_becomes_a_dead_letter_and_the_next_is_handled(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    garbage = replace(outgoing(hall.namespace, noted("")), headers={}, body=b"\xff\xff")
    broken = replace(noted(""), body=b"\x0a\xff", subject="1000000000025")
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, garbage, broken, noted("good"))
        wait_until(lambda: hall.notes("heard") == ["good"])
    first, second = dead_letters.list()
    assert (first.type, first.reason, first.event_id) == ("", "rejected", garbage.message_id)
    assert (second.type, second.subject) == ("hpf.toy.v1.Noted", "1000000000025")


def test_event_of_an_unknown_type_becomes_a_dead_letter(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    unknown = replace(
        outgoing(hall.namespace, noted("")),
        headers=replace(noted(""), type="hpf.toy.v9.Unheard").headers(),
    )
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, unknown)
        wait_until(lambda: len(dead_letters.list()) == 1)
    assert dead_letters.list()[0].type == "hpf.toy.v9.Unheard"


def test_always_failing_handler_is_tried_five_times_then_the_event_is_kept(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    event = noted("always fails")
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, event, noted("next"))
        wait_until(lambda: hall.notes("heard") == ["next"])
    assert hall.notes("tried") == ["always fails"] * 5 + ["next"]
    (letter,) = dead_letters.list()
    assert (letter.queue, letter.event_id, letter.subject) == (
        QUEUE,
        event.event_id,
        "1000000000017",
    )
    age_s = letter.age_s(datetime.now(UTC))
    assert age_s is not None
    assert 0 <= age_s < 60


def test_poison_is_tried_once(hall: ToyHall, dead_letters: DeadLetters) -> None:
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, noted("poison"))
        wait_until(lambda: len(dead_letters.list()) == 1)
    assert hall.notes("tried") == ["poison"]


def test_replay_sends_one_dead_letter_to_its_consumer_again(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    first, second = noted("poison"), noted("poison")
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, first, second)
        wait_until(lambda: len(dead_letters.list()) == 2)
    assert dead_letters.replay(QUEUE, event_id=second.event_id) == 1
    assert [letter.event_id for letter in dead_letters.list()] == [first.event_id]
    with consuming(hall.runtime(), hall.amqp_uri):
        wait_until(lambda: len(dead_letters.list()) == 2)
    assert hall.notes("tried") == ["poison"] * 3


def test_looking_at_dead_letters_uses_none_of_them_up(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    with consuming(hall.runtime(), hall.amqp_uri):
        publish(hall, noted("poison"))
        wait_until(lambda: len(dead_letters.list()) == 1)
    for _ in range(25):
        assert len(dead_letters.list()) == 1


def test_event_that_nobody_is_bound_for_waits_and_can_be_replayed(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    publish(hall, noted("early"))
    (letter,) = dead_letters.list()
    assert (letter.queue, letter.reason) == (UNROUTED, NOBODY_BOUND)
    with consuming(hall.runtime(), hall.amqp_uri):
        assert dead_letters.replay(UNROUTED) == 1
        wait_until(lambda: hall.notes("heard") == ["early"])
    assert dead_letters.list() == []


def test_consumer_that_dies_in_the_middle_gets_the_event_again(hall: ToyHall) -> None:
    runtime = hall.runtime()
    name = bus.subscription_queue_name(hall.namespace, "toy", runtime.app.subscriptions[0])
    with consuming(runtime, hall.amqp_uri):
        pass  # only so that the queue is there
    publish(hall, noted("taken"))
    with Connection(hall.amqp_uri) as dying:
        taken: list[object] = []
        channel = dying.channel()
        channel.basic_qos(0, 1, False)
        channel.basic_consume(name, callback=taken.append)
        while not taken:
            dying.drain_events(timeout=10)
        dying.collect()
    with consuming(hall.runtime(), hall.amqp_uri):
        wait_until(lambda: hall.notes("heard") == ["taken"])


def test_outage_of_the_store_uses_no_event_up(hall: ToyHall, dead_letters: DeadLetters) -> None:
    with Cable(hall.toy_url) as cable:
        with consuming(hall.runtime(url=cable.uri), hall.amqp_uri):
            publish(hall, noted("before"))
            wait_until(lambda: hall.notes("heard") == ["before"])
            cable.cut()
            publish(hall, noted("during 1"), noted("during 2"))
            time.sleep(1.5)
            assert hall.notes("heard") == ["before"]
            cable.mend()
            wait_until(lambda: hall.notes("heard") == ["before", "during 1", "during 2"])
    assert dead_letters.list() == []


def test_outage_of_the_broker_loses_no_event_and_no_order(
    hall: ToyHall,
) -> None:
    with Cable(hall.amqp_uri) as cable:
        with consuming(hall.runtime(), cable.uri):
            publish(hall, noted("1"))
            wait_until(lambda: hall.notes("heard") == ["1"])
            cable.cut()
            publish(hall, *[noted(str(number)) for number in range(2, 30)])
            time.sleep(1)
            cable.mend()
            expected = [str(number) for number in range(1, 30)]
            wait_until(lambda: hall.notes("heard") == expected)


def test_message_of_a_stranger_without_attributes_is_kept(
    hall: ToyHall, dead_letters: DeadLetters
) -> None:
    with consuming(hall.runtime(), hall.amqp_uri), Connection(hall.amqp_uri) as connection:
        Producer(connection.channel()).publish(
            {"json": True},
            exchange=bus.events_exchange(hall.namespace).name,
            routing_key="toy.noted",
            serializer="json",
            user_id=connection.userid,
        )
        wait_until(lambda: len(dead_letters.list()) == 1)
