"""The only SQL of receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.pages import Page
from services.receipt.domain import Print, State
from services.receipt.models import receipt, receipt_print


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt as it is first known."""

    registration_no: str
    employer_no: str
    kind: int
    title: str
    business_date: date
    posted_at: datetime
    facts_sealed: bytes
    verification_index: bytes


@dataclass(frozen=True, slots=True)
class RenderedPrint:
    """A file that the worker has stored."""

    wanted: Print
    blob: str
    sha256: str
    size_bytes: int
    page_count: int


# Every column of a receipt but its facts, with the file of its newest print.
_newest = func.greatest(receipt.c.print_count, 1)
_LISTED: Select[Any] = select(
    receipt.c.registration_no,
    receipt.c.employer_no,
    receipt.c.kind,
    receipt.c.title,
    receipt.c.business_date,
    receipt.c.posted_at,
    receipt.c.state,
    receipt.c.failure,
    receipt.c.print_count,
    receipt_print.c.blob,
    receipt_print.c.sha256,
    receipt_print.c.size_bytes,
).select_from(
    receipt.outerjoin(
        receipt_print,
        and_(
            receipt_print.c.registration_no == receipt.c.registration_no,
            receipt_print.c.print_no == _newest,
        ),
    )
)


def add_receipt(connection: Connection, new: NewReceipt) -> bool:
    """Keep a receipt to be rendered; False when it is there."""
    put = connection.execute(
        insert(receipt)
        .values(
            registration_no=new.registration_no,
            employer_no=new.employer_no,
            kind=new.kind,
            title=new.title,
            business_date=new.business_date,
            posted_at=new.posted_at,
            facts_sealed=new.facts_sealed,
            verification_index=new.verification_index,
            state=State.PENDING,
        )
        .on_conflict_do_nothing(index_elements=[receipt.c.registration_no])
        .returning(receipt.c.registration_no)
    ).first()
    return put is not None


def is_there(connection: Connection, registration_no: str, *, employer_no: str) -> bool:
    """Whether the employer has that receipt."""
    found = connection.execute(
        select(receipt.c.registration_no).where(
            receipt.c.registration_no == registration_no, receipt.c.employer_no == employer_no
        )
    ).first()
    return found is not None


def load_receipt(connection: Connection, registration_no: str) -> Row[Any] | None:
    """A receipt with its newest print, its facts left out."""
    return connection.execute(
        _LISTED.where(receipt.c.registration_no == registration_no)
    ).one_or_none()


def lock_receipt(connection: Connection, registration_no: str) -> None:
    """Hold a receipt until the transaction ends: its prints are counted one at a time."""
    connection.execute(
        select(receipt.c.registration_no)
        .where(receipt.c.registration_no == registration_no)
        .with_for_update()
    )


def load_facts(connection: Connection, registration_no: str) -> bytes:
    """The sealed facts of a receipt that exists."""
    return bytes(
        connection.execute(
            select(receipt.c.facts_sealed).where(receipt.c.registration_no == registration_no)
        ).scalar_one()
    )


def page_of_receipts(connection: Connection, *, employer_no: str, page: Page) -> Sequence[Row[Any]]:
    """One page of an employer's receipts, newest first."""
    return _page(connection, _LISTED.where(receipt.c.employer_no == employer_no), page)


def page_of_failed(connection: Connection, *, page: Page) -> Sequence[Row[Any]]:
    """One page of every employer's failed receipts, newest first."""
    return _page(connection, _LISTED.where(receipt.c.state == State.FAILED), page)


def position_of(row: Row[Any]) -> tuple[str, str]:
    """Where a page that ends with this row ends."""
    return row.posted_at.isoformat(), row.registration_no


def _page(connection: Connection, query: Select[Any], page: Page) -> Sequence[Row[Any]]:
    if page.after is not None:
        posted_at, registration_no = page.after
        place = (datetime.fromisoformat(str(posted_at)), registration_no)
        query = query.where(tuple_(receipt.c.posted_at, receipt.c.registration_no) < place)
    ordered = query.order_by(receipt.c.posted_at.desc(), receipt.c.registration_no.desc())
    rows: Sequence[Row[Any]] = connection.execute(ordered.limit(page.fetch)).all()
    return rows


def set_state(
    connection: Connection, registration_no: str, state: State, *, failure: str = ""
) -> None:
    connection.execute(
        update(receipt)
        .where(receipt.c.registration_no == registration_no)
        .values(state=state, failure=failure)
    )


# ---------------------------------------------------------------- prints


def put_print(connection: Connection, made: RenderedPrint, *, now: datetime) -> None:
    """Keep a rendered file; one rendered again takes the place of the earlier, unless that was given out."""
    put = insert(receipt_print).values(
        registration_no=made.wanted.registration_no,
        print_no=made.wanted.print_no,
        blob=made.blob,
        sha256=made.sha256,
        size_bytes=made.size_bytes,
        page_count=made.page_count,
        rendered_at=now,
    )
    columns = ("blob", "sha256", "size_bytes", "page_count", "rendered_at")
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[receipt_print.c.registration_no, receipt_print.c.print_no],
            set_={name: put.excluded[name] for name in columns},
            where=receipt_print.c.given_at.is_(None),
        )
    )


def is_rendered(connection: Connection, wanted: Print) -> bool:
    return connection.execute(select(receipt_print.c.blob).where(*_is(wanted))).first() is not None


def drop_print(connection: Connection, wanted: Print) -> None:
    """Forget a print that was not given out, so that nobody is given it before it is made again."""
    connection.execute(
        receipt_print.delete().where(*_is(wanted), receipt_print.c.given_at.is_(None))
    )


def give_print(connection: Connection, wanted: Print, *, to: str, now: datetime) -> None:
    """Note who took this print, and count it."""
    connection.execute(update(receipt_print).where(*_is(wanted)).values(given_at=now, given_to=to))
    connection.execute(
        update(receipt)
        .where(receipt.c.registration_no == wanted.registration_no)
        .values(print_count=wanted.print_no)
    )


def _is(wanted: Print) -> tuple[Any, Any]:
    return (
        receipt_print.c.registration_no == wanted.registration_no,
        receipt_print.c.print_no == wanted.print_no,
    )
