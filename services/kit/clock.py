"""Time as an argument: the hall's business date is the date in China, whatever the machine's zone is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

CHINA = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Something that knows the time. Tests set it by hand."""

    def now(self) -> datetime:
        """The present moment, with time zone UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def business_date(moment: datetime) -> date:
    """The date (经办日期) that a moment belongs to."""
    return moment.astimezone(CHINA).date()


def timestamp(moment: datetime) -> Timestamp:
    """A moment as it travels."""
    found = Timestamp()
    found.FromDatetime(moment)
    return found
