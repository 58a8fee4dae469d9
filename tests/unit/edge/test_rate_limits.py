"""Token buckets: so many at once, then so many a second, each caller for itself; and places for calls at work."""

from __future__ import annotations

import pytest

from services.edge.rate_limits import Places, RateLimit, caller_of
from services.kit.app import Principal
from services.kit.errors import TOO_MANY_CALLS, DomainError


def test_burst_is_admitted_then_refused() -> None:
    limit = RateLimit(per_s=1.0, burst=3)
    assert [limit.admits("a", now_s=0.0) for _ in range(4)] == [True, True, True, False]


def test_bucket_refills_with_time() -> None:
    limit = RateLimit(per_s=2.0, burst=2)
    assert [limit.admits("a", now_s=0.0) for _ in range(3)] == [True, True, False]
    assert not limit.admits("a", now_s=0.4)  # 0.8 of a call
    assert limit.admits("a", now_s=0.5)  # 1.0 of a call
    assert not limit.admits("a", now_s=0.5)


def test_bucket_never_holds_more_than_the_burst() -> None:
    limit = RateLimit(per_s=10.0, burst=2)
    limit.admits("a", now_s=0.0)
    assert [limit.admits("a", now_s=1000.0) for _ in range(3)] == [True, True, False]


def test_callers_do_not_share_a_bucket() -> None:
    limit = RateLimit(per_s=1.0, burst=1)
    assert limit.admits("a", now_s=0.0)
    assert limit.admits("b", now_s=0.0)
    assert not limit.admits("a", now_s=0.0)


def test_clock_that_jumps_back_gives_nothing_away() -> None:
    limit = RateLimit(per_s=1.0, burst=1)
    assert limit.admits("a", now_s=100.0)
    assert not limit.admits("a", now_s=50.0)


def test_callers_are_forgotten_in_the_order_of_their_last_call() -> None:
    limit = RateLimit(per_s=0.001, burst=1, callers_max=2)
    limit.admits("a", now_s=0.0)
    limit.admits("b", now_s=0.0)
    limit.admits("a", now_s=0.0)
    limit.admits("c", now_s=0.0)  # pushes b out
    assert not limit.admits("a", now_s=0.0)
    assert limit.admits("b", now_s=0.0)


def test_one_caller_never_takes_the_places_of_the_others() -> None:
    places = Places(in_all=3, of_each=2, reason=TOO_MANY_CALLS)
    with places.one_more("a"), places.one_more("a"):
        with pytest.raises(DomainError, match="TOO_MANY_CALLS"), places.one_more("a"):
            pass
        with places.one_more("b"):
            with pytest.raises(DomainError, match="TOO_MANY_CALLS"), places.one_more("c"):
                pass
        with places.one_more("c"):
            pass
    with places.one_more("a"), places.one_more("a"):
        pass


def test_place_is_free_again_after_a_failure() -> None:
    places = Places(in_all=1, of_each=1, reason=TOO_MANY_CALLS)
    with pytest.raises(ValueError, match="it failed"), places.one_more("a"):
        raise ValueError("it failed")
    with places.one_more("b"):
        pass


def test_caller_is_the_employer_or_the_line_of_the_address() -> None:
    assert caller_of(Principal("employer", employer_no="100", address="10.0.0.1")) == "100"
    assert caller_of(Principal(address="10.0.0.1")) == "10.0.0.1"
    assert caller_of(Principal(address="2001:db8:1:2:aaaa::1")) == "2001:db8:1:2::/64"
    assert caller_of(Principal(address="2001:db8:1:2:bbbb::9")) == "2001:db8:1:2::/64"
    assert caller_of(Principal(address="unix")) == "unix"
