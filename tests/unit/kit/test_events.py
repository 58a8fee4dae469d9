"""Events: names on the wire, the envelope forth and back, poison told from the readable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hpf.deposit.v1 import deposit_events_pb2

from services.kit.events import Event, Poison, event_type, routing_key

BODY = deposit_events_pb2.RemittanceRequested(registration_no="R1", to_month=201909)


def _event(**changes: object) -> Event:
    fields: dict[str, object] = {
        "event_id": "e-1",
        "type": event_type(BODY),
        "source": "deposit",
        "subject": "100000018",
        "version": 7,
        "occurred_at": datetime(2019, 9, 20, 2, 3, 4, tzinfo=UTC),
        "correlation_id": "c-1",
        "causation_id": "e-0",
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "body": BODY.SerializeToString(),
    }
    return Event(**(fields | changes))


@pytest.mark.parametrize(
    ("source", "name", "key"),
    [
        ("deposit", "hpf.deposit.v1.RemittancePosted", "deposit.remittance_posted"),
        ("collection", "hpf.common.v1.BusinessFinished", "collection.business_finished"),
        (
            "collection",
            "hpf.collection.v1.AccountsTransferredIn",
            "collection.accounts_transferred_in",
        ),
        ("auth", "hpf.auth.v1.SessionEnded", "auth.session_ended"),
    ],
)
def test_the_routing_key_is_the_source_and_the_name_in_snake_case(
    source: str, name: str, key: str
) -> None:
    assert routing_key(source, name) == key


def test_the_type_is_the_full_name_of_the_message() -> None:
    assert event_type(BODY) == "hpf.deposit.v1.RemittanceRequested"
    assert (
        event_type(deposit_events_pb2.RemittanceRequested) == "hpf.deposit.v1.RemittanceRequested"
    )


def test_the_envelope_is_cloudevents_attributes_in_headers() -> None:
    assert _event().headers() == {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": "e-1",
        "cloudEvents_type": "hpf.deposit.v1.RemittanceRequested",
        "cloudEvents_source": "deposit",
        "cloudEvents_subject": "100000018",
        "cloudEvents_time": "2019-09-20T02:03:04+00:00",
        "cloudEvents_subjectversion": "7",
        "cloudEvents_correlationid": "c-1",
        "cloudEvents_causationid": "e-0",
        "cloudEvents_traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    }


def test_an_event_comes_back_from_its_headers_and_body() -> None:
    event = _event()
    assert Event.from_message(event.headers(), event.body) == event
    assert event.message() == BODY


@pytest.mark.parametrize("name", ["id", "type", "source", "subject", "time", "subjectversion"])
def test_a_message_without_a_needed_attribute_is_poison(name: str) -> None:
    headers = _event().headers()
    del headers["cloudEvents_" + name]
    with pytest.raises(Poison):
        Event.from_message(headers, b"")


@pytest.mark.parametrize(("name", "value"), [("time", "yesterday"), ("subjectversion", "seven")])
def test_a_malformed_attribute_is_poison(name: str, value: str) -> None:
    headers = _event().headers() | {"cloudEvents_" + name: value}
    with pytest.raises(Poison):
        Event.from_message(headers, b"")


def test_tracing_attributes_may_be_missing() -> None:
    headers = _event().headers()
    for name in ("correlationid", "causationid", "traceparent"):
        del headers["cloudEvents_" + name]
    read = Event.from_message(headers, b"")
    assert (read.correlation_id, read.causation_id, read.traceparent) == ("", "", "")


def test_an_unknown_type_is_poison() -> None:
    with pytest.raises(Poison):
        _event(type="hpf.deposit.v1.NeverHeardOf").message()


def test_a_body_that_is_not_its_type_is_poison() -> None:
    with pytest.raises(Poison):
        _event(body=b"\xff\xff\xff").message()


def test_fields_of_a_later_version_are_no_poison() -> None:
    # Field 1000, a varint: an older consumer reads on and keeps what it knows.
    later = BODY.SerializeToString() + b"\xc0\x3e\x01"
    message = _event(body=later).message()
    assert message.registration_no == "R1"
