"""Every service answers exactly what its protos declare and hears only what somebody says."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pool
from hpf.common.v1 import business_pb2, submission_events_pb2

from services.kit.app import App, Subscription
from services.kit.events import event_type
from services.kit.registry import SERVICES, app_of
from tests.contract import protos

APPS: list[App] = [app_of(name) for name in SERVICES]
HEARD = [(app, each) for app in APPS for each in app.subscriptions]

#: Not a service of ours: its events are declared by whoever receives them.
BANK = "bank"


def _app(app: App) -> str:
    return app.name


def _pair(item: object) -> str:
    return item.name if isinstance(item, App) else getattr(item, "source", "")


@pytest.mark.parametrize("app", APPS, ids=_app)
def test_service_answers_every_method_of_its_protos(app: App) -> None:
    declared = {
        method.full_name
        for method in protos.methods()
        if method.containing_service.file.package == f"hpf.{app.name}.v1"
    }
    assert {method.descriptor.full_name for method in app.methods.values()} == declared


@pytest.mark.parametrize("app", APPS, ids=_app)
def test_method_answers_under_its_own_name(app: App) -> None:
    assert all(name == method.descriptor.name for name, method in app.methods.items())


@pytest.mark.parametrize(("app", "subscription"), HEARD, ids=_pair)
def test_service_hears_only_events_of_the_source(app: App, subscription: Subscription) -> None:
    package = "deposit" if subscription.source == BANK else subscription.source
    shared = [
        event_type(each)
        for each in (business_pb2.BusinessFinished, submission_events_pb2.SubmissionNoted)
    ]
    for name in subscription.handlers:
        assert name in shared or name.startswith(f"hpf.{package}.v1.")
        assert descriptor_pool.Default().FindMessageTypeByName(name)


@pytest.mark.parametrize("app", APPS, ids=_app)
def test_queues_of_a_service_are_its_own(app: App) -> None:
    queues = [(each.source, each.queue) for each in app.subscriptions]
    assert len(queues) == len(set(queues))


def test_the_read_models_hear_every_event_of_the_owners() -> None:
    (query,) = [app for app in APPS if app.name == "query"]
    heard = {name for each in query.subscriptions for name in each.handlers}
    from_the_bank = {"hpf.deposit.v1.BankPaymentReported"}
    owned = {
        each.full_name
        for each in protos.events()
        if each.file.package in ("hpf.collection.v1", "hpf.deposit.v1")
    }
    assert owned - from_the_bank - heard == set()
