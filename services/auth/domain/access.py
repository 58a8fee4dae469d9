"""What an employer's submissions need: staff's options, and the hall's settings where they leave it open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kit.roles import Policy


class Option(StrEnum):
    """As the hall's settings say, or set for this employer."""

    HALL = "hall"
    ON = "on"
    OFF = "off"

    def holds(self, *, hall: bool) -> bool:
        return hall if self is Option.HALL else self is Option.ON


@dataclass(frozen=True, slots=True)
class HallPolicy:
    """What holds for employers that nothing was set for."""

    approval: bool = False
    signature: bool = False


@dataclass(frozen=True, slots=True)
class EmployerAccess:
    """The options of one employer."""

    employer_no: str
    approval: Option = Option.HALL
    signature: Option = Option.HALL
    set_by: str = ""
    set_at: datetime | None = None

    def policies(self, hall: HallPolicy) -> tuple[Policy, ...]:
        """What every submission of the employer needs."""
        needed = {
            Policy.APPROVAL: self.approval.holds(hall=hall.approval),
            Policy.SIGNATURE: self.signature.holds(hall=hall.signature),
        }
        return tuple(policy for policy, holds in needed.items() if holds)
