"""Everybody on the demo's stage, what is expected of them, and what has happened so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from client.bus import Staff
from client.demo import people as cast
from client.demo.narrator import Narrator
from client.demo.people import Person
from client.errors import HallError
from client.hall import Hall
from deploy.demo_ca import DemoPki
from services.kit.months import YearMonth

MONTHS = 3
#: Deposit and auth hear of a new employer through the bus, a moment after the counter did.
HEARSAY_PATIENCE_S = 15.0

_Result = TypeVar("_Result")


@dataclass
class Story:
    """The actors and the state of the play; the acts are functions of it."""

    hall: Hall
    new_hall: Callable[[], Hall]  # for somebody else's session
    staff: Staff
    pki: DemoPki
    sms_outbox: Path
    folder: Path  # where papers go
    today: date
    tell: Narrator
    people: list[Person] = field(default_factory=cast.everybody)
    employer_no: str = ""
    others: list[str] = field(default_factory=list)  # the numbers of the other employers
    opening: str = ""  # registration numbers
    remittance: str = ""

    @property
    def months(self) -> list[YearMonth]:
        """The three months that the story pays, the current one last."""
        last = YearMonth.of(self.today)
        return list((last - (MONTHS - 1)).through(last))

    @property
    def monthly_fen(self) -> int:
        return sum(person.monthly_fen for person in self.people)

    @property
    def due_fen(self) -> int:
        return self.monthly_fen * MONTHS

    @property
    def paid_in_fen(self) -> int:
        """What the employer transfers: the due amount rounded up to ten thousand yuan."""
        return (self.due_fen // 1_000_000 + 1) * 1_000_000


def known_by_now(work: Callable[[], _Result]) -> _Result:
    """Do something about an employer that a service may only hear of in a moment."""
    ends_at = time.monotonic() + HEARSAY_PATIENCE_S
    while True:
        try:
            return work()
        except HallError as error:
            if error.reason != "EMPLOYER_UNKNOWN" or time.monotonic() > ends_at:
                raise
        time.sleep(0.1)
