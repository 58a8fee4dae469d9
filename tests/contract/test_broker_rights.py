"""What an installation imports into its broker is what the services' tables say."""

from __future__ import annotations

import re

import pytest

from deploy import broker_rights
from services.edge.routes import all_routes, declared_routes
from services.kit.registry import SERVICES, app_of
from services.kit.senders import CALLERS


def topics(part: str, exchange: str) -> dict[str, str]:
    return next(
        each
        for each in broker_rights.definitions()["topic_permissions"]
        if (each["user"], each["exchange"]) == (part, f"hpf.{exchange}")
    )


def test_the_definitions_are_what_the_code_says() -> None:
    assert broker_rights.DEFINITIONS.read_text(encoding="utf-8") == broker_rights.text(), (
        "make them anew: python -m deploy.broker_rights"
    )


@pytest.mark.parametrize("part", broker_rights.PARTS)
@pytest.mark.parametrize("exchange", ["events", "rpc"])
def test_nothing_is_left_open_to_anybody(part: str, exchange: str) -> None:
    """RabbitMQ allows every key to a user of whom nothing is said."""
    assert set(topics(part, exchange)) >= {"write", "read"}


def test_the_edge_may_make_exactly_the_calls_it_offers_and_needs() -> None:
    may = re.compile(topics("edge", "rpc")["write"])
    offered = {f"{route.owner}.{route.method}" for route in all_routes()}
    needed = {"auth.ListEndedSessions", "auth.NoteRefusedToken"}
    declared = {f"{route.owner}.{route.method}" for route in declared_routes()}
    assert {key for key in declared if may.search(key)} == offered | needed
    assert "deposit.RecordBankPayment" not in offered


def test_the_bank_may_publish_its_one_event() -> None:
    may = re.compile(topics("bank", "events")["write"])
    assert may.search("bank.bank_payment_reported")
    assert not may.search("bank.anything_else")
    assert not may.search("xbank.bank_payment_reported")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_bind_for_everything_it_handles(service: str) -> None:
    may = re.compile(topics(service, "events")["read"])
    keys = [key for each in app_of(service).subscriptions for key in each.routing_keys()]
    assert all(may.search(key) for key in keys)


def test_whoever_calls_calls_what_there_is() -> None:
    declared = {f"{route.owner}.{route.method}" for route in declared_routes()}
    assert {ask for caller in CALLERS.values() for ask in caller.asks} <= declared
