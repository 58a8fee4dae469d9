"""A running hall believes no message but its sender's, and no message stops it: each part has a broker user of its own.

The rights are those of an installation; what they leave open, a service's way into any queue by its name, is what these
tests use.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from amqp.exceptions import PreconditionFailed
from google.protobuf.message import Message
from google.rpc import status_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from kombu import Connection, Consumer, Producer, Queue
from sqlalchemy import create_engine, delete

from services.kit import bus
from services.kit.app import CallContext, Principal
from services.kit.clock import business_date
from services.kit.dead_letters import UNROUTED, DeadLetters
from services.kit.errors import reason_of
from services.kit.events import CONTENT_TYPE, Event, event_type, routing_key
from services.kit.ids import new_id
from services.kit.registry import SERVICES, app_of
from services.kit.senders import ORIGIN
from services.query.models import applied_version as query_versions
from services.receipt.models import heard_version as receipt_versions
from tests.e2e.town import Employer, Town, wait_until

#: Whose password is in wrong hands.
THIEF = "query"
BANK_QUEUE = "deposit.bank.main"
#: Has no employer: what is hostile may hold up its own subject.
NOBODY = "9999999999999"
HUGE_BYTES = 4_000_000


@dataclass(frozen=True)
class Sender:
    """Publishes as one user of the broker."""

    town: Town
    part: str

    def send(
        self,
        body: bytes,
        headers: dict[str, Any],
        *,
        key: str,
        exchange: str = "",
        user_id: str | None = None,
        **properties: Any,
    ) -> None:
        """Return when the broker has it; a user that is not ours is what the broker refuses."""
        options = {"confirm_publish": True}
        with Connection(
            self.town.instance.bus_uri(self.part), transport_options=options
        ) as connection:
            Producer(connection.channel(), auto_declare=False).publish(
                body,
                exchange=exchange,
                routing_key=key,
                headers=headers,
                content_type=CONTENT_TYPE,
                content_encoding="binary",
                serializer=None,
                user_id=connection.userid if user_id is None else user_id,
                mandatory=True,
                **properties,
            )


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    return town.settle(headcount=1, paid_fen=100_000)


@pytest.fixture
def dead_letters(town: Town) -> Iterator[DeadLetters]:
    """The hall's, taken away after the test: what is hostile stays dead."""
    instance = town.instance
    yield DeadLetters(instance.bus_uri("operator"), instance.namespace)
    with Connection(instance.bus_uri("operator")) as connection:
        channel: Any = connection.channel()
        for service in SERVICES:
            for each in app_of(service).subscriptions:
                name = bus.subscription_queue_name(instance.namespace, service, each)
                while (found := channel.basic_get(f"{name}.dead")) is not None:
                    channel.basic_ack(found.delivery_tag)


@pytest.fixture
def nobody_is_forgotten(town: Town) -> Iterator[None]:
    """What an owner's own user told and its log lacks would end every rebuild that is to come."""
    yield
    for service, versions in (("query", query_versions), ("receipt", receipt_versions)):
        store = create_engine(town.instance.database_url(service))
        with store.begin() as connection:
            connection.execute(delete(versions).where(versions.c.employer_no == NOBODY))
        store.dispose()


def payment(employer: Employer) -> Event:
    """100.00 yuan as the bank reports it."""
    reported = events.BankPaymentReported(
        employer_no=employer.employer_no,
        bank_reference=new_id(),
        amount_fen=10_000,
        value_date=business_date(datetime.now(UTC)).isoformat(),
        payer_name=employer.name,
    )
    return event_of(reported, source="bank", subject=employer.employer_no)


def event_of(message: Message, *, source: str, subject: str, version: int = 0) -> Event:
    return Event(
        event_id=new_id(),
        type=event_type(message),
        source=source,
        subject=subject,
        version=version,
        occurred_at=datetime.now(UTC),
        correlation_id="",
        causation_id="",
        traceparent="",
        body=message.SerializeToString(),
    )


def of_bank(town: Town) -> str:
    """The queue that the bank's reports wait in."""
    return f"{town.instance.namespace}.events.{BANK_QUEUE}"


def report(town: Town, event: Event) -> None:
    """As the bank's connector does."""
    exchange = bus.events_exchange(town.instance.namespace).name
    key = routing_key("bank", event.type)
    Sender(town, "bank").send(event.body, event.headers(), exchange=exchange, key=key)


def dead(dead_letters: DeadLetters, event: Event) -> bool:
    return event.event_id in {each.event_id for each in dead_letters.list()}


def test_a_payment_that_another_service_forges_is_never_booked(
    town: Town, employer: Employer, dead_letters: DeadLetters
) -> None:
    forged, queue, before = payment(employer), of_bank(town), employer.hall.suspense_fen()
    Sender(town, THIEF).send(forged.body, forged.headers(), key=queue)
    assert wait_until(lambda: dead(dead_letters, forged))
    assert f"user={town.instance.namespace}-{THIEF}" in town.instance.log_file("deposit").read_text(
        encoding="utf-8"
    )

    # Nor after an operator has sent it again without looking.
    assert dead_letters.replay(BANK_QUEUE, event_id=forged.event_id) == 1
    assert wait_until(lambda: dead(dead_letters, forged))
    assert dead_letters.replay(BANK_QUEUE, event_id=forged.event_id) == 1
    assert wait_until(lambda: dead(dead_letters, forged))

    # The bank's own report behind it is booked: nothing is held up, and the forged one was not.
    report(town, payment(employer))
    assert wait_until(lambda: employer.hall.suspense_fen() == before + 10_000)


def test_only_an_operator_may_say_who_sent_a_message_first(
    town: Town, employer: Employer, dead_letters: DeadLetters
) -> None:
    forged, before = payment(employer), employer.hall.suspense_fen()
    headers = forged.headers() | {ORIGIN: f"{town.instance.namespace}-bank"}
    Sender(town, THIEF).send(forged.body, headers, key=of_bank(town))
    assert wait_until(lambda: dead(dead_letters, forged))
    assert employer.hall.suspense_fen() == before

    sent_again = payment(employer)
    headers = sent_again.headers() | {ORIGIN: f"{town.instance.namespace}-bank"}
    Sender(town, "operator").send(sent_again.body, headers, key=of_bank(town))
    assert wait_until(lambda: employer.hall.suspense_fen() == before + 10_000)


@pytest.mark.parametrize("part", ["bank", "deposit", "operator"])
def test_the_broker_refuses_a_message_in_the_name_of_another(
    town: Town, employer: Employer, part: str
) -> None:
    forged = payment(employer)
    user_id = f"{town.instance.namespace}-{part}"
    with pytest.raises(PreconditionFailed):
        Sender(town, THIEF).send(forged.body, forged.headers(), key=of_bank(town), user_id=user_id)


def test_a_message_without_a_user_is_not_believed(
    town: Town, employer: Employer, dead_letters: DeadLetters
) -> None:
    forged = payment(employer)
    with Connection(town.instance.bus_uri(THIEF)) as connection:
        Producer(connection.channel(), auto_declare=False).publish(
            forged.body,
            exchange="",
            routing_key=of_bank(town),
            headers=forged.headers(),
            serializer=None,
            content_type=CONTENT_TYPE,
            content_encoding="binary",
        )
    assert wait_until(lambda: dead(dead_letters, forged))


@contextmanager
def answers_to(connection: Connection) -> Iterator[list[Any]]:
    replies: list[Any] = []
    queue = Queue("amq.rabbitmq.reply-to", no_declare=True)
    with Consumer(connection.default_channel, [queue], no_ack=True, on_message=replies.append):
        yield replies


@pytest.mark.parametrize(
    "principal",
    [
        Principal(kind="staff", name="wang"),
        Principal(kind="system", name="replay"),
    ],
    ids=lambda each: each.kind,
)
def test_a_service_calls_another_in_nobodys_name(
    town: Town, employer: Employer, principal: Principal
) -> None:
    before = employer.hall.suspense_fen()
    request = deposit.RecordBankPaymentRequest(
        request_id=new_id(),
        employer_no=employer.employer_no,
        bank_reference=new_id(),
        amount_fen=10_000,
        value_date=business_date(datetime.now(UTC)).isoformat(),
    )
    assert refusal_of(town, "RecordBankPayment", request, principal) == "NOT_ALLOWED"
    assert employer.hall.suspense_fen() == before


def test_a_service_reads_nothing_in_an_employers_name(town: Town, employer: Employer) -> None:
    agent = Principal(kind="employer", employer_no=employer.employer_no, session_id="s")
    request = deposit.GetSuspenseRequest()
    assert refusal_of(town, "GetSuspense", request, agent) == "NOT_ALLOWED"


def refusal_of(town: Town, method: str, request: Message, principal: Principal) -> str:
    """Ask deposit past every right on topics: straight into its queue, by a header that the broker copies by."""
    headers: dict[str, Any] = {
        **bus.context_headers(CallContext(principal, new_id())),
        "CC": [bus.rpc_queue_name(town.instance.namespace, "deposit")],
    }
    with (
        Connection(town.instance.bus_uri(THIEF)) as connection,
        answers_to(connection) as replies,
    ):
        Producer(connection.default_channel, auto_declare=False).publish(
            request.SerializeToString(),
            exchange="",
            routing_key=f"deposit.{method}",
            headers=headers,
            serializer=None,
            content_type=CONTENT_TYPE,
            content_encoding="binary",
            user_id=connection.userid,
            reply_to="amq.rabbitmq.reply-to",
        )
        while not replies:
            connection.drain_events(timeout=20)
    assert replies[0].headers[bus.CODE]
    return reason_of(status_pb2.Status.FromString(bus.body_of(replies[0].body)))


def hostile_messages(source: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """What the source's own user, or a fault of its program, could send about an employer that nobody knows."""
    real = events.BankPaymentReported(employer_no=NOBODY, bank_reference="x", amount_fen=1)
    event = event_of(real, source=source, subject=NOBODY, version=1)
    yield b"", {}
    yield b"\xff" * 1000, event.headers()
    yield b"\0" * HUGE_BYTES, event.headers() | {"cloudEvents_id": new_id()}
    for attribute, hostile in (
        ("type", "hpf.deposit.v9.Unheard"),
        ("type", "google.protobuf.Any"),
        ("type", "../../etc/passwd"),
        ("source", "bank" if source != "bank" else "deposit"),
        ("subjectversion", "4000000"),
        ("subjectversion", "-1"),
        ("subjectversion", "many"),
        ("time", "9999-12-31T23:59:59"),
        ("time", ""),
        ("id", "\0"),
        ("type", "hpf.deposit.v1.BankPaymentReported\nERROR all is lost"),
        ("id", "x" * 4000),
        ("subject", "'; DROP TABLE outbox; --"),
    ):
        changed = {"cloudEvents_id": new_id(), f"cloudEvents_{attribute}": hostile}
        yield b"", event.headers() | changed


@pytest.mark.usefixtures("nobody_is_forgotten")
def test_hostile_messages_in_every_queue_post_nothing_and_stop_nobody(
    town: Town, dead_letters: DeadLetters
) -> None:
    instance = town.instance
    books = town.staff.check_books()
    for service in SERVICES:
        for each in app_of(service).subscriptions:
            name = bus.subscription_queue_name(instance.namespace, service, each)
            for body, headers in hostile_messages(each.source):
                if each.source == "bank":
                    exchange = bus.events_exchange(instance.namespace).name
                    key = "bank.bank_payment_reported"
                    Sender(town, "bank").send(body, headers, exchange=exchange, key=key)
                else:
                    Sender(town, each.source).send(body, headers, key=name)
    for service in SERVICES:
        for body, principal in ((b"\xff" * 99, "%%%"), (b"\0" * HUGE_BYTES, "e30="), (b"", "")):
            Sender(town, THIEF).send(
                body,
                {bus.PRINCIPAL: principal, bus.DEADLINE: "yesterday"},
                key=bus.rpc_queue_name(instance.namespace, service),
            )

    assert town.staff.check_books().SerializeToString() == books.SerializeToString()
    # Every queue goes on: accounts, money, read tables and papers of an employer that comes now.
    made = town.settle(headcount=2, paid_fen=220_000)
    made.hall.outcome(made.hall.submit_remittance(made.first_month.to_int()))
    assert sum(each.balance_fen for each in made.hall.people().people) == 220_000
    assert wait_until(lambda: len(made.hall.receipts().receipts) == 2)
    letters = [each for each in dead_letters.list() if each.queue != UNROUTED]
    assert all(each.subject != made.employer_no for each in letters)
