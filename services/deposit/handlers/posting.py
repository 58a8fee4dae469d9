"""What businesses that move money have in common: the ledger lines told, the statement line written and told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit import wire
from services.deposit.errors import EMPLOYER_BUSY, EMPLOYER_CLOSED, EMPLOYER_UNKNOWN
from services.deposit.store import businesses, funds, ledger
from services.deposit.store.businesses import Business
from services.deposit.store.funds import Employer
from services.deposit.store.ledger import Lines
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError, fact

#: Lines per LedgerLinesPosted, some 75 bytes each: less than a megabyte, and one transaction of each consumer for the
#: month of nearly every employer.
LINES_PER_EVENT = 10_000


def employer_to_move(call: Call, employer_no: str) -> Employer:
    """The employer, held for this transaction, free for a business of its own.

    Raises EMPLOYER_UNKNOWN, EMPLOYER_CLOSED, and EMPLOYER_BUSY (try again) while another business is being posted.
    """
    employer = funds.lock_employer(call.connection, employer_no)
    if employer is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    if employer.closed:
        raise DomainError(EMPLOYER_CLOSED)
    if employer.pending_registration_no:
        raise fact(EMPLOYER_BUSY, registration_no=employer.pending_registration_no)
    return employer


def new_registration(call: Call) -> tuple[str, date]:
    """The business's registration number and date."""
    day = business_date(call.now)
    return businesses.next_registration_no(call.connection, day), day


def new_business(
    call: Call,
    *,
    kind: business_pb2.BusinessKind,
    employer_no: str,
    registered: tuple[str, date],
    **facts: Any,
) -> Business:
    """A business that the caller of this call submits; `facts` are further fields of it."""
    registration_no, day = registered
    return Business(
        registration_no=registration_no,
        kind=kind,
        employer_no=employer_no,
        state=business_pb2.BUSINESS_STATE_PENDING,
        business_date=day,
        submitted_by=call.principal.key,
        submitted_at=call.now,
        asked_at=call.now,
        certificate=call.principal.certificate,
        approved_certificate=call.approver.certificate if call.approver else "",
        request_ref=call.context.request_ref,
        **facts,
    )


def keep_posted(call: Call, found: Business) -> business_pb2.Business:
    """Keep a business that needs nobody else: it is posted. Call it after its events were emitted."""
    tokens = business_pb2.Business(consistency=call.consistency())
    posted = replace(
        found,
        state=business_pb2.BUSINESS_STATE_POSTED,
        finished=True,
        consistency=tokens.SerializeToString(),
    )
    businesses.add_business(call.connection, posted)
    return wire.business_message(posted)


def chunks_of(lines: int) -> int:
    """How many LedgerLinesPosted so many lines take."""
    return -(-lines // LINES_PER_EVENT)


def emit_written_lines(call: Call, registration_no: str, *, employer_no: str, chunks: int) -> None:
    """Read back every ledger line that a business wrote for an employer, and tell the world."""
    parts = ledger.lines_of(
        call.connection, registration_no, employer_no=employer_no, chunk=LINES_PER_EVENT
    )
    for chunk, lines in enumerate(parts, start=1):
        event = wire.lines_event(registration_no, lines, chunk=chunk, chunks=chunks)
        call.emit(event, subject=employer_no)


def lines_events(lines: Lines) -> Iterator[deposit_events_pb2.LedgerLinesPosted]:
    """The ledger lines that a business wrote for an employer, in events of bounded size."""
    chunks = chunks_of(len(lines.serial_no))
    for chunk, part in enumerate(lines.parts(LINES_PER_EVENT), start=1):
        yield wire.lines_event(lines.posting.registration_no, [part], chunk=chunk, chunks=chunks)


def emit_lines(call: Call, lines: Lines) -> None:
    """Tell the world the ledger lines that a business wrote for an employer."""
    for event in lines_events(lines):
        call.emit(event, subject=lines.posting.employer_no)
