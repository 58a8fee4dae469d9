"""The alarms stand on figures that are told, and lead to pages that are there; every figure is explained."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from deploy.local.paths import ROOT
from services.edge import metrics as edge
from services.kit import backlogs, metrics
from services.kit.registry import SERVICES, app_of

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yaml").read_text(encoding="utf-8"))
ALARMS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]

#: `name{label="value"}` or a bare name that looks like one of ours or the broker's.
SELECTOR = re.compile(r"\b((?:hpf|rabbitmq)_\w+|up)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(?:=~|!=|=)"([^"]*)"')
SUFFIXES = {
    Counter: ("_total",),
    Gauge: ("",),
    Histogram: ("_bucket", "_sum", "_count"),
}
#: Told by Prometheus itself and by the broker.
OF_OTHERS = {"up": {"job", "instance"}, "rabbitmq_queue_messages_ready": {"queue", "vhost"}}


def figures() -> dict[str, set[str]]:
    """Every series of ours with its labels."""
    found = {}
    for each in (*vars(metrics).values(), *vars(edge).values()):
        for kind, suffixes in SUFFIXES.items():
            if isinstance(each, kind):
                labels = set(each._labelnames) | ({"le"} if kind is Histogram else set())
                found |= {f"{each._name}{suffix}": labels for suffix in suffixes}
    return found


def labels_of(alarm: dict[str, Any]) -> set[str]:
    """The labels of all figures that an alarm stands on."""
    known = figures() | OF_OTHERS
    return {label for name, _ in SELECTOR.findall(alarm["expr"]) for label in known[name]}


def anchors() -> set[str]:
    headings = re.findall(r"^#+ +(.*)$", RUNBOOK, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda each: each["alert"])
def test_an_alarm_stands_on_figures_and_labels_that_are_told(alarm: dict[str, Any]) -> None:
    known = figures() | OF_OTHERS
    selected = SELECTOR.findall(alarm["expr"])

    assert selected
    assert {name for name, _ in selected} <= known.keys()
    for name, matchers in selected:
        assert {label for label, _ in MATCHER.findall(matchers)} <= known[name]
    labels = labels_of(alarm)
    by = {
        each.strip()
        for group in re.findall(r"by \(([^)]*)\)", alarm["expr"])
        for each in group.split(",")
    }
    assert by <= labels


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda each: each["alert"])
def test_an_alarm_leads_to_a_page_and_names_what_its_figure_names(alarm: dict[str, Any]) -> None:
    assert alarm["annotations"]["runbook"] in anchors()
    assert f"`{alarm['alert']}`" in RUNBOOK
    named = set(re.findall(r"\$labels\.(\w+)", alarm["annotations"]["summary"]))
    # Prometheus adds the instance.
    assert named <= labels_of(alarm) | {"instance"}
    assert alarm["labels"]["severity"] in ("page", "ticket")


def test_backlogs_that_alarms_watch_are_measured() -> None:
    watched = set(re.findall(r'what="(\w+)"', str(ALARMS)))
    measured = {each.what for name in SERVICES for each in app_of(name).backlogs}

    assert watched == measured | {backlogs.EVENTS.what}


def test_every_figure_is_explained_in_the_runbook() -> None:
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in figures()}

    assert {name for name in names if f"`{name}`" not in RUNBOOK} == set()
