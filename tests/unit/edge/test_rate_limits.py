"""Token buckets: so many at once, then so many a second, each caller for itself."""

from __future__ import annotations

from services.edge.rate_limits import RateLimit


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
