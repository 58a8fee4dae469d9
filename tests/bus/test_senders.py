"""Who is believed, where each part has a broker user of its own with the rights of an installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kombu import Connection

from deploy.local import bus_users, infra
from services.kit import bus
from services.kit.app import App, Runtime, subscribe
from services.kit.dead_letters import DeadLetters
from services.kit.events import Event
from services.kit.ids import new_id
from services.kit.publisher import ConfirmedPublisher, outgoing
from services.kit.senders import ORIGIN, Senders
from tests.bus import toy_app
from tests.bus import toy_protos as toy
from tests.bus.toy_hall import ToyHall, consuming, wait_until

QUEUE = "query.deposit.main"
HEARS = App(
    name="query",
    settings=toy_app.ToySettings,
    methods={},
    subscriptions=(subscribe("deposit", {toy.Noted: toy_app.on_noted}),),
)
#: Bound for the same events, and able to handle none of them.
DEAF = replace(HEARS, subscriptions=(subscribe("deposit", {toy.Started: toy_app.on_noted}),))


class PeopledHall:
    """A toy hall with a user for each part."""

    def __init__(self, hall: ToyHall) -> None:
        self.hall = hall
        self._uri = infra.ensure_private_rabbitmq()
        self._file: Path = hall.folder / "bus-users.json"
        hall.users = bus_users.template_of(hall.namespace)
        infra.ensure_bus_users(hall.namespace, file=self._file)

    def uri(self, part: str) -> str:
        return bus_users.uri_of(self._uri, self.hall.namespace, part=part, file=self._file)

    def runtime(self, app: App) -> Runtime:
        return self.hall.runtime(app)

    def tell(self, event: Event, *, part: str, straight: bool = False) -> None:
        """Publish as this part, through the exchange or straight into the queue."""
        message = outgoing(self.hall.namespace, event)
        if straight:
            name = f"{self.hall.namespace}.events.{QUEUE}"
            message = replace(message, exchange="", routing_key=name)
        with Connection(self.uri(part)) as connection:
            publisher = ConfirmedPublisher(connection)
            if not straight:
                bus.declare_events(publisher.channel, self.hall.namespace)
            publisher.publish([message])

    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.uri("operator"), self.hall.namespace, queues=[QUEUE])


@pytest.fixture
def peopled(new_hall: Callable[..., ToyHall]) -> PeopledHall:
    return PeopledHall(new_hall(infra.ensure_private_rabbitmq()))


def noted(text: str) -> Event:
    return Event(
        event_id=new_id(),
        type="hpf.toy.v1.Noted",
        source="deposit",
        subject="1000000000017",
        version=1,
        occurred_at=datetime.now(UTC),
        correlation_id="",
        causation_id="",
        traceparent="",
        body=toy.Noted(text=text).SerializeToString(),
    )


def test_what_an_operator_sends_again_is_its_first_senders(peopled: PeopledHall) -> None:
    letters = peopled.dead_letters()
    with consuming(peopled.runtime(DEAF), peopled.uri("query")):
        peopled.tell(noted("deposit's own"), part="deposit", straight=True)
        peopled.tell(noted("receipt's"), part="receipt", straight=True)
        wait_until(lambda: len(letters.list()) == 2)
    with consuming(peopled.runtime(HEARS), peopled.uri("query")):
        assert letters.replay(QUEUE) == 2
        wait_until(lambda: peopled.hall.notes("heard") == ["deposit's own"])
        wait_until(lambda: len(letters.list()) == 1)
        assert letters.replay(QUEUE) == 1
        wait_until(lambda: len(letters.list()) == 1)
    assert peopled.hall.notes("heard") == ["deposit's own"]


SENDERS = Senders("hall-{part}")


@pytest.mark.parametrize(
    ("user_id", "headers", "believed"),
    [
        ("hall-bank", {}, True),
        ("hall-deposit", {}, False),
        ("bank", {}, False),
        ("", {}, False),
        ("hall-operator", {}, False),
        ("hall-operator", {ORIGIN: "hall-bank"}, True),
        ("hall-operator", {ORIGIN: "hall-query"}, False),
        ("hall-operator", {ORIGIN: ""}, False),
        ("hall-query", {ORIGIN: "hall-bank"}, False),
        # Its own word about itself adds nothing and takes nothing away.
        ("hall-bank", {ORIGIN: "hall-query"}, True),
    ],
)
def test_the_bank_is_believed_by_its_user(
    user_id: str, headers: dict[str, str], believed: bool
) -> None:
    assert SENDERS.is_from("bank", user_id=user_id, headers=headers) is believed
