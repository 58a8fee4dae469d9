"""What every receipt shares: its head, how amounts, months and rates are written, how sealed facts are opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from hpf.common.v1 import business_pb2

from services.kit.money import format_yuan
from services.receipt.rendering.document import DocumentKind

#: Stands where there is nothing to say, so that nobody takes it for forgotten.
NOTHING = "无"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a document is made: for which centre, and with what sealed facts open."""

    centre_name: str
    open_text: Callable[[bytes], str]

    def head(self, kind: DocumentKind, header: business_pb2.BusinessHeader) -> dict[str, Any]:
        """The arguments of `Document` that come from the head of the business."""
        return {
            "kind": kind,
            "title": kind.heading(self.centre_name),
            "registration_no": header.registration_no,
            "employer_no": header.employer_no,
            "employer_name": header.employer_name,
            "branch_name": header.branch_name,
            "agent_name": header.agent_name,
            "business_date": date.fromisoformat(header.business_date),
        }


def amount(fen: int) -> str:
    """Fen as yuan, grouped: `11,361,445.21`."""
    return format_yuan(fen, grouping=True)


def month(number: int) -> str:
    """A month as the manual writes it, `201912`; 0 is none."""
    return f"{number:06d}" if number else NOTHING


def rate(percent: int) -> str:
    return f"{percent}%"


def people(count: int) -> str:
    return f"{count}人"
