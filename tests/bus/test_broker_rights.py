"""deploy/rabbitmq/definitions.json lets each user do its work and nothing beside it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from amqp import Message
from amqp.exceptions import AccessRefused
from kombu import Connection

from deploy.local import infra, rabbitmq
from deploy.local.paths import ROOT
from deploy.secrets import password_hash
from services.kit import bus

NAMESPACE = "hpf"
PASSWORD = "for this test only"
Connect = Callable[[str], Connection]


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connect]:
    """Connects as one of the defined users, in a virtual host made from the definitions."""
    uri = urlsplit(infra.ensure_private_rabbitmq())
    vhost = f"rights-{secrets.token_hex(3)}"
    definitions = json.loads((ROOT / "deploy/rabbitmq/definitions.json").read_text())
    definitions["vhosts"] = [{"name": vhost}]
    names = {}
    for user in definitions["users"]:
        names[user["name"]] = user["name"] = f"{vhost}-{user['name']}"
        user["password_hash"] = password_hash(PASSWORD, secrets.token_bytes(4))
    for right in (*definitions["permissions"], *definitions["topic_permissions"]):
        right |= {"vhost": vhost, "user": names[right["user"]]}
    file: Path = tmp_path_factory.mktemp("rights") / "definitions.json"
    file.write_text(json.dumps(definitions))
    rabbitmq.control(infra.RABBITMQ_HOME, "import_definitions", str(file))

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
        publish(channel, exchange="hpf.rpc", routing_key="query.ListPeople")
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


def test_the_bank_reports_payments_and_nothing_else(connect: Connect) -> None:
    with connect("query") as connection, connection.channel() as channel:
        declare_events_with_a_reader(channel)
    with connect("bank") as connection, connection.channel() as channel:
        publish(channel, exchange="hpf.events", routing_key="bank.payment_reported")
        with pytest.raises(AccessRefused):
            publish(channel, exchange="hpf.events", routing_key="deposit.remittance_posted")
    with connect("bank") as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            channel.basic_get("hpf.unrouted")


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
