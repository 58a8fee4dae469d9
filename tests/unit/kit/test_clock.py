"""Clock: the business date is China's, whatever the machine's zone is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from services.kit.clock import FixedClock, SystemClock, business_date


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # China is eight hours ahead of UTC, summer and winter.
        (datetime(2019, 6, 30, 15, 59, 59, tzinfo=UTC), date(2019, 6, 30)),
        (datetime(2019, 6, 30, 16, 0, tzinfo=UTC), date(2019, 7, 1)),
        (datetime(2019, 12, 31, 16, 0, tzinfo=UTC), date(2020, 1, 1)),
        (datetime(2019, 6, 30, 12, 0, tzinfo=timezone(timedelta(hours=-7))), date(2019, 7, 1)),
    ],
)
def test_the_business_date_changes_at_midnight_in_china(moment: datetime, day: date) -> None:
    assert business_date(moment) == day


def test_the_system_clock_says_its_zone() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2019, 6, 30, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2019, 6, 30, tzinfo=UTC)
    clock.moment += timedelta(days=1)
    assert clock.now() == datetime(2019, 7, 1, tzinfo=UTC)
