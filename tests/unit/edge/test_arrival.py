"""Reference, trace, peer and token of a call as it arrives."""

from __future__ import annotations

import re

import pytest

from services.edge.arrival import Arrival, continued, host_of
from services.kit.errors import DomainError

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def arrival(peer: str = "10.0.0.7", **metadata: str) -> Arrival:
    names = {name.replace("_", "-"): text for name, text in metadata.items()}
    return Arrival("ref", "trace", peer, None, names)


def test_callers_trace_is_continued_in_a_span_of_our_own() -> None:
    ours = continued(f"00-{TRACE}-00f067aa0ba902b7-00")
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-00", ours)
    assert "00f067aa0ba902b7" not in ours


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "nonsense",
        f"01-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-00f067aa0ba902b7-01\n",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    ],
)
def test_unreadable_trace_begins_a_new_one(traceparent: str) -> None:
    ours = continued(traceparent)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", ours)
    assert TRACE not in ours


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("ipv4:10.0.0.7:53412", "10.0.0.7"),
        ("ipv6:%5B::1%5D:53412", "::1"),
        ("ipv6:[2001:db8::7]:443", "2001:db8::7"),
        ("unix:/run/edge.sock", "unix"),
    ],
)
def test_peer_is_named_without_its_port(peer: str, host: str) -> None:
    assert host_of(peer) == host


def test_forwarded_address_counts_from_a_trusted_proxy_only() -> None:
    call = arrival(peer="10.0.0.1", x_forwarded_for="1.2.3.4, 192.0.2.9")
    assert call.address(frozenset()) == "10.0.0.1"
    assert call.address(frozenset({"10.0.0.1"})) == "192.0.2.9"  # what the proxy itself saw


def test_bearer_token_is_read_from_the_authorization_header() -> None:
    assert arrival(authorization="Bearer abc").bearer_token() == "abc"
    assert arrival(authorization="bearer abc").bearer_token() == "abc"
    assert arrival().bearer_token() == ""


@pytest.mark.parametrize("header", ["Basic abc", "Bearer ", "abc"])
def test_other_authorization_is_refused(header: str) -> None:
    with pytest.raises(DomainError) as refused:
        arrival(authorization=header).bearer_token()
    assert refused.value.reason.code == "TOKEN_INVALID"
