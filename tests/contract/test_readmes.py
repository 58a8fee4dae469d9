"""A service's page names every call it answers and every event it follows, and none besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from services.deposit.handlers import employers
from services.kit.app import App
from services.kit.events import event_type
from services.kit.registry import app_of
from services.kit.worksheet.methods import worksheet_handlers

CODE = re.compile(r"`([A-Z]\w+)`")
CALLS = re.compile(r"^## Calls$(.*?)^## ", re.MULTILINE | re.DOTALL)
HEARD = re.compile(r"^In: (.*?)\bOut: ", re.MULTILINE | re.DOTALL)

#: A page says "worksheet calls" for all of these.
WORKSHEET = set(worksheet_handlers([]))
#: A page says "every event that carries an employer or accounts as they stand" for these.
CARRIERS = {event_type(each) for each in employers.carriers()}


def _page(app: App) -> str:
    return Path(ROOT / "services" / app.name / "README.md").read_text(encoding="utf-8")


def _section(pattern: re.Pattern[str], app: App) -> str:
    found = pattern.search(_page(app))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", ["collection", "deposit", "query", "receipt"])
def test_a_page_lists_the_calls_of_its_service(name: str) -> None:
    app = app_of(name)
    rows = [row.split("|")[1] for row in _section(CALLS, app).splitlines() if row.startswith("|")]
    named = {call for row in rows for call in CODE.findall(row)}
    summed_up = WORKSHEET - named if any("worksheet calls" in row for row in rows) else set()

    assert named | summed_up == set(app.methods)


@pytest.mark.parametrize("name", ["collection", "deposit"])
def test_a_page_lists_the_events_that_its_service_follows(name: str) -> None:
    app = app_of(name)
    named = set(CODE.findall(_section(HEARD, app)))
    heard = {each for subscription in app.subscriptions for each in subscription.handlers}
    summed_up = CARRIERS if name == "deposit" else set()

    assert named >= {each.rpartition(".")[2] for each in heard - summed_up}
    assert named <= {each.rpartition(".")[2] for each in heard}
