"""deploy/rabbitmq/definitions.json lets each user do its work and nothing beside it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from amqp import Message
from amqp.exceptions import AccessRefused, PreconditionFailed
from kombu import Connection

from deploy.broker_definitions import definitions_for, parts
from deploy.local import infra, rabbitmq
from services.kit import bus

NAMESPACE = "hpf"
PASSWORD = "for this test only"
Connect = Callable[[str], Connection]


@pytest.fixture(scope="module")
def connect() -> Iterator[Connect]:
    """Connects as one of the defined users, in a virtual host made from the definitions."""
    uri = urlsplit(infra.ensure_private_rabbitmq())
    vhost = f"rights-{secrets.token_hex(3)}"
    names = {part: f"{vhost}-{part}" for part in parts()}
    passwords = dict.fromkeys(names, PASSWORD)
    made = definitions_for(passwords, users=f"{vhost}-{{part}}", vhost=vhost)
    rabbitmq.control(infra.RABBITMQ_HOME, "import_definitions", given=json.dumps(made))

    def as_user(name: str) -> Connection:
        return Connection(
            hostname="127.0.0.1",
            port=uri.port,
            userid=names[name],
            password=PASSWORD,
            virtual_host=vhost,
        )

    yield as_user
    # In one command: each starts an Erlang of its own, which takes seconds.
    users = ", ".join(f'<<"{name}">>' for name in names.values())
    gone = f'ok = rabbit_vhost:delete(<<"{vhost}">>, <<"tests">>), '
    gone += f'[ok = rabbit_auth_backend_internal:delete_user(U, <<"tests">>) || U <- [{users}]].'
    rabbitmq.control(infra.RABBITMQ_HOME, "eval", gone)


def test_a_service_may_declare_its_subscription_and_call_queue(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        bus.declare_events(channel, NAMESPACE)
        events = bus.events_exchange(NAMESPACE)
        bus.declare_safe(channel, NAMESPACE, "hpf.events.query.deposit.main", events, ["deposit.*"])
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "query")(channel).declare()


def test_a_service_may_not_take_the_calls_of_another(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            bus.rpc_queue(NAMESPACE, "deposit")(channel).declare()


def test_a_service_may_not_call_another(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.rpc", routing_key="deposit.SubmitRemittance")


def test_a_service_publishes_its_own_events_only(connect: Connect) -> None:
    with connect("collection") as connection, connection.channel() as channel:
        bus.declare_events(channel, NAMESPACE)
        publish(channel, exchange="hpf.events", routing_key="collection.accounts_opened")
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.events", routing_key="deposit.remittance_posted")


def test_the_edge_may_not_publish_events(connect: Connect) -> None:
    with connect("deposit") as connection, connection.channel() as channel:
        bus.declare_events(channel, NAMESPACE)
    with connect("edge") as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.events", routing_key="deposit.business_finished")


def test_staff_may_not_read_the_queue_of_a_service(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "query")(channel).declare()
    with connect("staff") as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            channel.basic_get("hpf.rpc.query")


def test_staff_call_and_do_nothing_else(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "query")(channel).declare()
        declare_events_with_a_reader(channel)
    with connect("staff") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        channel.queue_declare("hpf.rpc.query", passive=True)
        publish(channel, exchange="hpf.rpc", routing_key="query.GetReadModel")
    for exchange, key in (
        ("", "hpf.events.query.deposit.main"),
        ("hpf.events", "deposit.remittance_posted"),
    ):
        with connect("staff") as connection, connection.channel() as channel:
            with pytest.raises(AccessRefused):
                publish(channel, exchange=exchange, routing_key=key)
    for queue in ("hpf.events.query.deposit.main.dead", "hpf.unrouted"):
        with connect("staff") as connection, connection.channel() as channel:
            with pytest.raises(AccessRefused):
                channel.basic_get(queue)


def test_an_operator_replays_what_was_not_handled(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        declare_events_with_a_reader(channel)
    with connect("deposit") as connection, connection.channel() as channel:
        publish(channel, exchange="hpf.events", routing_key="deposit.nobody_reads_this")
    with connect("operator") as connection, connection.channel() as channel:
        found = channel.basic_get("hpf.events.query.deposit.main.dead")
        assert found is None
        publish(channel, exchange="", routing_key="hpf.events.query.deposit.main")
        publish(channel, exchange="hpf.events", routing_key="deposit.remittance_posted")
        channel.basic_get("hpf.unrouted")
        with pytest.raises(AccessRefused):
            channel.basic_get("hpf.events.query.deposit.main")


def test_an_operator_does_not_call(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
    with connect("operator") as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.rpc", routing_key="deposit.PostReversal")


@pytest.mark.parametrize("key", ["bank.anything_else", "deposit.remittance_posted"])
def test_the_bank_reports_payments_and_nothing_else(connect: Connect, key: str) -> None:
    with connect("query") as connection, connection.channel() as channel:
        declare_events_with_a_reader(channel)
    with connect("bank") as connection, connection.channel() as channel:
        publish(channel, exchange="hpf.events", routing_key="bank.bank_payment_reported")
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.events", routing_key=key)
    with connect("bank") as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            channel.basic_get("hpf.unrouted")


def test_a_service_may_not_hear_the_calls_of_another(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "query")(channel).declare()
        with pytest.raises(AccessRefused):
            channel.queue_bind("hpf.rpc.query", "hpf.rpc", routing_key="deposit.*")


def test_the_read_side_reads_the_logs_and_calls_nothing_else(connect: Connect) -> None:
    with connect("deposit") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "deposit")(channel).declare()
    with connect("query") as connection, connection.channel() as channel:
        publish(channel, exchange="hpf.rpc", routing_key="deposit.ReadEvents")
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.rpc", routing_key="deposit.RecordBankPayment")


def test_the_edge_may_not_make_the_calls_of_staff(connect: Connect) -> None:
    with connect("deposit") as connection, connection.channel() as channel:
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "deposit")(channel).declare()
    with connect("edge") as connection, connection.channel() as channel:
        publish(channel, exchange="hpf.rpc", routing_key="deposit.SubmitRemittance")
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.rpc", routing_key="deposit.RecordBankPayment")


def test_nobody_says_that_another_has_sent_a_message(connect: Connect) -> None:
    """What every consumer believes: the broker refuses a `user_id` that is not who is logged in."""
    with connect("bank") as connection, connection.channel() as channel:
        forged = Message("", user_id=connect("deposit").userid)
        with pytest.raises(PreconditionFailed):
            channel.basic_publish_confirm(
                forged, exchange="hpf.events", routing_key="bank.bank_payment_reported"
            )


def test_a_downstream_system_has_queues_of_its_own_and_reads_the_logs(connect: Connect) -> None:
    with connect("deposit") as connection, connection.channel() as channel:
        bus.declare_events(channel, NAMESPACE)
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "deposit")(channel).declare()
    with connect("downstream") as connection, connection.channel() as channel:
        channel.queue_declare("downstream.balances", durable=True, auto_delete=False)
        channel.queue_bind("downstream.balances", "hpf.events", routing_key="deposit.*")
        channel.basic_get("downstream.balances")
        channel.exchange_declare("hpf.rpc", "topic", passive=True)
        publish(channel, exchange="hpf.rpc", routing_key="deposit.ReadEvents")


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda channel: publish(channel, exchange="hpf.rpc", routing_key="deposit.GetSuspense"),
        lambda channel: publish(channel, exchange="hpf.rpc", routing_key="query.ReadEvents"),
        lambda channel: publish(channel, exchange="hpf.events", routing_key="deposit.x"),
        lambda channel: publish(channel, exchange="", routing_key="hpf.events.query.deposit.main"),
        lambda channel: channel.queue_bind("downstream.own", "hpf.events", routing_key="auth.*"),
        lambda channel: channel.basic_get("hpf.events.query.deposit.main"),
        lambda channel: channel.queue_declare("hpf.events.query.deposit.mine"),
        lambda channel: channel.exchange_delete("hpf.rpc"),
    ],
)
def test_a_downstream_system_does_nothing_else(
    connect: Connect, forbidden: Callable[[Any], object]
) -> None:
    with connect("query") as connection, connection.channel() as channel:
        declare_events_with_a_reader(channel)
        bus.rpc_exchange(NAMESPACE)(channel).declare()
        bus.rpc_queue(NAMESPACE, "query")(channel).declare()
    with connect("downstream") as connection, connection.channel() as channel:
        channel.queue_declare("downstream.own", durable=True, auto_delete=False)
        with pytest.raises(AccessRefused):
            forbidden(channel)


def declare_events_with_a_reader(channel: Any) -> None:
    bus.declare_events(channel, NAMESPACE)
    events = bus.events_exchange(NAMESPACE)
    bus.declare_safe(channel, NAMESPACE, "hpf.events.query.deposit.main", events, ["deposit.*"])


def publish(channel: Any, *, exchange: str, routing_key: str) -> None:
    """Publish and wait for the confirm; a refusal arrives instead of it."""
    channel.basic_publish_confirm(Message(""), exchange=exchange, routing_key=routing_key)
