"""Documents and their prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.pages import Page
from services.receipt.domain import Paper, Print, State
from services.receipt.models import (
    certificate_number,
    receipt,
    receipt_print,
    reversed_business,
)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as it is first known."""

    document_no: str
    paper: Paper
    registration_no: str
    employer_no: str
    kind: int
    title: str
    business_date: date
    posted_at: datetime
    facts_sealed: bytes
    verification_index: bytes
    state: State


@dataclass(frozen=True, slots=True)
class RenderedPrint:
    """A file that the worker has stored."""

    wanted: Print
    blob: str
    sha256: str
    size_bytes: int
    page_count: int


# Every column of a document but its facts, with the file of its newest print.
_newest = func.greatest(receipt.c.print_count, 1)
_LISTED: Select[Any] = select(
    receipt.c.document_no,
    receipt.c.paper,
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
    reversed_business.c.reversed_by,
).select_from(
    receipt.outerjoin(
        receipt_print,
        and_(
            receipt_print.c.document_no == receipt.c.document_no,
            receipt_print.c.print_no == _newest,
        ),
    ).outerjoin(reversed_business, reversed_business.c.registration_no == receipt.c.registration_no)
)


def add_document(connection: Connection, new: NewDocument) -> bool:
    """Keep a document; False when it is there."""
    put = connection.execute(
        insert(receipt)
        .values(
            document_no=new.document_no,
            paper=new.paper,
            registration_no=new.registration_no,
            employer_no=new.employer_no,
            kind=new.kind,
            title=new.title,
            business_date=new.business_date,
            posted_at=new.posted_at,
            facts_sealed=new.facts_sealed,
            verification_index=new.verification_index,
            state=new.state,
        )
        .on_conflict_do_nothing(index_elements=[receipt.c.document_no])
        .returning(receipt.c.document_no)
    ).first()
    return put is not None


def find_document(connection: Connection, number: str, *, employer_no: str) -> str | None:
    """The number of the employer's document that `number` names: its own, or of the business whose receipt it is.

    A voucher that nobody has asked for is not there yet.
    """
    by_business = and_(receipt.c.registration_no == number, receipt.c.paper == Paper.RECEIPT)
    found: str | None = connection.execute(
        select(receipt.c.document_no).where(
            receipt.c.employer_no == employer_no,
            receipt.c.state != State.UNISSUED,
            or_(receipt.c.document_no == number, by_business),
        )
    ).scalar_one_or_none()
    return found


def load_document(connection: Connection, document_no: str) -> Row[Any] | None:
    """A document with its newest print, its facts left out."""
    return connection.execute(_LISTED.where(receipt.c.document_no == document_no)).one_or_none()


def existing(connection: Connection, document_no: str) -> Row[Any]:
    """The same of a document that exists."""
    return connection.execute(_LISTED.where(receipt.c.document_no == document_no)).one()


def document_with_code(connection: Connection, verification_index: bytes) -> Row[Any] | None:
    """The document that carries a verification code, found by the code's keyed index."""
    return connection.execute(
        _LISTED.where(
            receipt.c.verification_index == verification_index, receipt.c.state != State.UNISSUED
        )
    ).one_or_none()


def print_with_digest(connection: Connection, sha256: str) -> tuple[str, int] | None:
    """Document and number of the print that is this file."""
    row = connection.execute(
        select(receipt_print.c.document_no, receipt_print.c.print_no)
        .where(receipt_print.c.sha256 == sha256)
        .limit(1)
    ).one_or_none()
    return (row.document_no, row.print_no) if row else None


def lock_document(connection: Connection, document_no: str) -> None:
    """Hold a document until the transaction ends: its prints are counted one at a time."""
    connection.execute(
        select(receipt.c.document_no).where(receipt.c.document_no == document_no).with_for_update()
    )


def load_facts(connection: Connection, document_no: str) -> bytes:
    """The sealed facts of a document that exists."""
    return bytes(
        connection.execute(
            select(receipt.c.facts_sealed).where(receipt.c.document_no == document_no)
        ).scalar_one()
    )


def next_certificate_number(connection: Connection) -> int:
    number: int = connection.execute(select(certificate_number.next_value())).scalar_one()
    return number


def page_of_documents(
    connection: Connection, *, employer_no: str, paper: int, page: Page
) -> Sequence[Row[Any]]:
    """One page of an employer's documents, newest first; `paper` 0 means every kind."""
    mine = [receipt.c.employer_no == employer_no, receipt.c.state != State.UNISSUED]
    if paper:
        mine.append(receipt.c.paper == paper)
    return _page(connection, _LISTED.where(*mine), page)


def page_of_failed(connection: Connection, *, page: Page) -> Sequence[Row[Any]]:
    """One page of every employer's failed documents, newest first."""
    return _page(connection, _LISTED.where(receipt.c.state == State.FAILED), page)


def position_of(row: Row[Any]) -> tuple[str, str]:
    """Where a page that ends with this row ends."""
    return row.posted_at.isoformat(), row.document_no


def _page(connection: Connection, query: Select[Any], page: Page) -> Sequence[Row[Any]]:
    if page.after is not None:
        posted_at, document_no = page.after
        place = (datetime.fromisoformat(str(posted_at)), document_no)
        query = query.where(tuple_(receipt.c.posted_at, receipt.c.document_no) < place)
    ordered = query.order_by(receipt.c.posted_at.desc(), receipt.c.document_no.desc())
    rows: Sequence[Row[Any]] = connection.execute(ordered.limit(page.fetch)).all()
    return rows


def set_state(connection: Connection, document_no: str, state: State, *, failure: str = "") -> None:
    connection.execute(
        update(receipt)
        .where(receipt.c.document_no == document_no)
        .values(state=state, failure=failure)
    )


# ---------------------------------------------------------------- businesses taken back


def note_reversal(connection: Connection, registration_no: str, *, reversed_by: str) -> None:
    connection.execute(
        insert(reversed_business)
        .values(registration_no=registration_no, reversed_by=reversed_by)
        .on_conflict_do_nothing()
    )


def documents_about(connection: Connection, registration_no: str) -> Sequence[str]:
    """Numbers of the issued documents of one business, in order."""
    return (
        connection.execute(
            select(receipt.c.document_no)
            .where(receipt.c.registration_no == registration_no, receipt.c.state != State.UNISSUED)
            .order_by(receipt.c.document_no)
        )
        .scalars()
        .all()
    )


# ---------------------------------------------------------------- prints


def put_print(connection: Connection, made: RenderedPrint, *, now: datetime) -> None:
    """Keep a rendered file; one rendered again takes the place of the earlier, unless that was given out."""
    put = insert(receipt_print).values(
        document_no=made.wanted.document_no,
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
            index_elements=[receipt_print.c.document_no, receipt_print.c.print_no],
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
        .where(receipt.c.document_no == wanted.document_no)
        .values(print_count=wanted.print_no)
    )


def blob_given_to(connection: Connection, wanted: Print, *, to: str) -> str | None:
    """The file of a print that this principal took."""
    blob: str | None = connection.execute(
        select(receipt_print.c.blob).where(
            *_is(wanted), receipt_print.c.given_at.is_not(None), receipt_print.c.given_to == to
        )
    ).scalar_one_or_none()
    return blob


def _is(wanted: Print) -> tuple[Any, Any]:
    return (
        receipt_print.c.document_no == wanted.document_no,
        receipt_print.c.print_no == wanted.print_no,
    )
