"""What every document shares: its head, how amounts, months and rates are written, what it may look up.

An event carries the facts of its business. What it says only by number (the name behind an account, the employer at the
other side of a transfer) is looked up in the register that receipt keeps from earlier events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from hpf.collection.v1.collection_events_pb2 import AccountState
from hpf.common.v1 import business_pb2

from services.kit.events import TooEarly
from services.kit.money import format_yuan
from services.receipt.rendering.document import Align, Column, DocumentKind

#: Stands where there is nothing to say, so that nobody takes it for forgotten.
NOTHING = "无"

#: Businesses of the hall are paid from the employer's money at the centre (暂存款) and from nowhere else.
PAID_FROM = "暂存款"

ACCOUNT = Column("个人账号", 26)
NAME = Column("姓名", 24)
ID_NUMBER = Column("证件号码", 36)


class NotYetKnown(TooEarly):
    """The register has not heard of an account or employer yet; the event is handled again later."""


@dataclass(frozen=True, slots=True)
class KnownEmployer:
    """An employer as a document names it."""

    name: str
    branch_name: str


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person as a document names them."""

    name: str
    id_number: str


class Register(Protocol):
    """What earlier events have told. Both raise NotYetKnown."""

    def employer(self, employer_no: str) -> KnownEmployer: ...

    def people(self, account_nos: Sequence[str]) -> Mapping[str, KnownPerson]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a document is made: for which centre, with what sealed facts open, beside which register."""

    centre_name: str
    open_text: Callable[[bytes], str]
    register: Register

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

    def who(self, account: AccountState) -> tuple[str, str, str]:
        """Account, name and id number: how every row about a person begins."""
        return account.account_no, account.name, self.open_text(account.id_number_sealed)


def money_column(title: str, *, group: str = "") -> Column:
    """Wide enough for 99,999,999.99."""
    return Column(title, 24, Align.RIGHT, group)


def month_column(title: str) -> Column:
    return Column(title, 20, Align.CENTRE)


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
