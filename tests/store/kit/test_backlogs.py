"""What waits is measured whether or not anybody works on it; a store that is away is told as such."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import make_url, text

from services.kit import backlogs
from services.kit.app import Backlog
from services.kit.db import Database
from tests.store.kit.conftest import NOW, Toy


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


@pytest.fixture
def own_toy(toy: Toy) -> Toy:
    """With nothing in the outbox but what the test puts there."""
    with toy.runtime.database.transaction() as connection:
        connection.execute(
            text("UPDATE outbox SET published_at = now() WHERE published_at IS NULL")
        )
    return toy


def write_event(toy: Toy, at: datetime) -> None:
    with toy.runtime.database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (event_id, type, subject, version, occurred_at, correlation_id,"
                " causation_id, traceparent, body)"
                " VALUES (gen_random_uuid(), 'toy', :subject, 1, :at, '', '', '', '')"
            ),
            {"subject": toy.new_employer(), "at": at},
        )


def test_events_that_no_relay_takes_are_counted_and_the_oldest_is_dated(own_toy: Toy) -> None:
    write_event(own_toy, NOW - timedelta(seconds=90))
    write_event(own_toy, NOW - timedelta(seconds=10))

    backlogs.measure(own_toy.runtime)

    assert told("hpf_waiting", service="toy", what="event") == 2
    assert told("hpf_waiting_seconds", service="toy", what="event") == 90
    assert told("hpf_store_reachable", service="toy") == 1


def test_nothing_waiting_is_told_as_nought(own_toy: Toy) -> None:
    backlogs.measure(own_toy.runtime)

    assert told("hpf_waiting", service="toy", what="event") == 0
    assert told("hpf_waiting_seconds", service="toy", what="event") == 0


def test_a_services_own_backlogs_are_measured_too(own_toy: Toy) -> None:
    waiting = Backlog("business", lambda _, now: (3, now - timedelta(minutes=2)))
    runtime = replace(own_toy.runtime, app=replace(own_toy.runtime.app, backlogs=(waiting,)))

    backlogs.measure(runtime)

    assert told("hpf_waiting", service="toy", what="business") == 3
    assert told("hpf_waiting_seconds", service="toy", what="business") == 120


def test_a_store_that_is_away_is_told_and_ends_nothing(own_toy: Toy) -> None:
    backlogs.measure(own_toy.runtime)
    nowhere = make_url(own_toy.runtime.database.url).set(port=1)
    database = Database(nowhere.render_as_string(hide_password=False))

    backlogs.measure(replace(own_toy.runtime, database=database))

    assert told("hpf_store_reachable", service="toy") == 0
    database.close()
