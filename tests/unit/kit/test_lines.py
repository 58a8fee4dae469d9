"""What leaves the machine leaves it under TLS, to a server that proves its name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from client.config import ClientConfig
from client.errors import InputError
from client.samples import bank_sender
from services.kit.broker import broker_connection
from services.kit.lines import LineInTheClear, checked_broker, checked_store
from services.kit.settings import BrokerSettings, ServiceSettings


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HPF_PLAIN_HOSTS", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "uri",
    [
        "amqp://u:p@127.0.0.1:5672//",
        "amqp://u:p@[::1]:5672//",
        "amqp://u:p@localhost//",
        "amqps://u:p@bus.centre.example:5671//",
    ],
)
def test_a_broker_here_or_under_tls_is_spoken_to(uri: str) -> None:
    assert checked_broker(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "amqp://u:p4ss@bus.centre.example:5672//",
        "amqp://u:p4ss@10.0.0.7//",
        "amqp://u:p4ss@localhost.evil.example//",
        "pyamqp://u:p4ss@bus.centre.example//",
        "amqps://u:p4ss@bus.centre.example//?no_verify_ssl=1",
        "amqps://u:p4ss@bus.centre.example//?no_verify_ssl",
    ],
)
def test_a_broker_elsewhere_in_the_clear_is_refused_without_its_password(uri: str) -> None:
    for refused in (checked_broker, broker_connection):
        with pytest.raises(LineInTheClear) as error:
            refused(uri)
        assert "p4ss" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://u:p@127.0.0.1:5432/deposit",
        "postgresql+psycopg2://u:p@/deposit?host=/run/postgresql",
        "postgresql+psycopg2://u:p@/deposit",
        "postgresql+psycopg2://u:p@db.example/deposit?sslmode=verify-full",
        "postgresql+psycopg2://u:p@/deposit?host=a.example,b.example&sslmode=verify-full",
    ],
)
def test_a_store_here_or_that_proves_its_name_is_used(url: str) -> None:
    assert checked_store(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://u:p4ss@db.example/deposit",
        "postgresql+psycopg2://u:p4ss@db.example/deposit?sslmode=require",
        "postgresql+psycopg2://u:p4ss@db.example/deposit?sslmode=verify-ca",
        "postgresql+psycopg2://u:p4ss@127.0.0.1/deposit?host=db.example",
        "postgresql+psycopg2://u:p4ss@127.0.0.1/deposit?hostaddr=10.0.0.7",
        "postgresql+psycopg2://u:p4ss@/deposit?host=/run/postgresql,db.example",
        "postgresql+psycopg2://u:p4ss@/deposit?service=city",
    ],
)
def test_a_store_elsewhere_that_need_not_prove_its_name_is_refused(url: str) -> None:
    with pytest.raises(LineInTheClear) as error:
        checked_store(url)
    assert "p4ss" not in str(error.value)


def test_libpqs_own_variable_counts_where_the_address_does_not_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    url = "postgresql+psycopg2://u:p@db.example/deposit"
    assert checked_store(url) == url
    with pytest.raises(LineInTheClear):
        checked_store(f"{url}?sslmode=prefer")


def test_hosts_that_the_operator_says_are_here_need_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPF_PLAIN_HOSTS", "postgres, rabbitmq")
    checked_broker("amqp://u:p@rabbitmq:5672//")
    checked_store("postgresql+psycopg2://u:p@postgres:5432/deposit")
    with pytest.raises(LineInTheClear):
        checked_broker("amqp://u:p@rabbitmq2:5672//")


def test_no_process_starts_with_a_line_in_the_clear_and_no_password_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://u:p4ss@bus.example//")
    with pytest.raises(ValidationError, match="leaves this machine in the clear") as bus:
        BrokerSettings.read()
    with pytest.raises(ValidationError, match="sslmode=verify-full") as store:
        ServiceSettings(database_url="postgresql+psycopg2://u:p4ss@db.example/x")
    assert "p4ss" not in str(bus.value) + str(store.value)


def test_staff_and_the_banks_connector_do_not_send_in_the_clear_either() -> None:
    with pytest.raises(InputError, match="amqps"):
        ClientConfig(amqp_uri="amqp://staff:p@bus.example//").broker()
    with pytest.raises(ValueError, match="amqps"):
        bank_sender.send("amqp://bank:p@bus.example//", "hpf", [])
