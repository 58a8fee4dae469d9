"""The entries of a reversal: the ledger's and the journal's mirrors, the statement line, the months, the event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit import wire
from services.deposit.domain import chart, reversal
from services.deposit.domain.codes import SUMMARY_CORRECTION
from services.deposit.handlers.posting import chunks_of, emit_written_lines
from services.deposit.store import businesses, funds, journal, reversals
from services.deposit.store.businesses import Business
from services.deposit.store.funds import Employer
from services.kit.app import Call
from services.kit.businesses import centre_agent
from services.kit.events import Poison

_KIND = business_pb2.BUSINESS_KIND_REVERSAL


@dataclass(frozen=True)
class Reversal:
    """What is taken back, and the business that does it; `paper_of` is the business whose papers are void with it when
    that is another one, `recalled_on` the day on which a payment's money left the bank's account."""

    old: Business
    new: Business
    paper_of: str = ""
    recalled_on: date | None = None

    @property
    def is_payment(self) -> bool:
        return self.old.kind == business_pb2.BUSINESS_KIND_BANK_PAYMENT

    @cached_property
    def transaction_type(self) -> str:
        return reversal.transaction_type(
            posted_on=self.old.business_date, today=self.new.business_date
        )


def post(call: Call, both: Reversal) -> None:
    """Write and tell everything; the caller has held the employer and made sure that nothing depends on it."""
    chunks = 0 if both.is_payment else chunks_of(_take_back_lines(call, both))
    journal.mirror_entry(
        call.connection,
        both.old.registration_no,
        registration_no=both.new.registration_no,
        posted_on=both.new.business_date,
        transaction_type=both.transaction_type,
    )
    funds.take_back_remitted_months(call.connection, both.old.registration_no)
    businesses.update_business(
        call.connection, both.old.registration_no, reversed_by=both.new.registration_no
    )
    event = deposit_events_pb2.BusinessReversed(
        header=business_pb2.BusinessHeader(
            registration_no=both.new.registration_no,
            kind=_KIND,
            agent_name=centre_agent(both.new.submitted_by),
            business_date=both.new.business_date.isoformat(),
        ),
        reversed_registration_no=both.paper_of or both.old.registration_no,
        reversed_kind=both.old.kind,
        transaction_type=both.transaction_type,
        from_month=both.old.from_month,
        to_month=both.old.to_month,
        headcount=both.old.headcount,
        amount_fen=both.old.amount_fen,
        reason=both.new.reason,
        line_chunks=chunks,
        recalled_on=both.recalled_on.isoformat() if both.recalled_on else "",
    )
    if both.old.employer_no != chart.NOBODY:
        _move_money(call, both, event)
    call.emit(event, subject=both.old.employer_no)
    if chunks:
        emit_written_lines(
            call, both.new.registration_no, employer_no=both.old.employer_no, chunks=chunks
        )


def _take_back_lines(call: Call, both: Reversal) -> int:
    taken = reversals.take_back_lines(
        call.connection,
        both.old.registration_no,
        registration_no=both.new.registration_no,
        employer_no=both.old.employer_no,
        posted_on=both.new.business_date,
        transaction_type=both.transaction_type,
    )
    if taken.debited_fen != both.old.amount_fen:
        raise Poison("the lines of a business do not add up to its amount")
    return taken.lines


def _move_money(call: Call, both: Reversal, event: deposit_events_pb2.BusinessReversed) -> None:
    """The employer's totals go back, with a statement line; the event says so."""
    amount = both.old.amount_fen
    into_suspense, out_of_suspense = (0, amount) if both.is_payment else (amount, 0)
    after = funds.move_money(
        call.connection,
        both.old.employer_no,
        suspense_fen=into_suspense - out_of_suspense,
        balance_fen=0 if both.is_payment else -amount,
    )
    statement = _statement(both, after, into=into_suspense, out=out_of_suspense)
    statement_no = journal.add_statement(call.connection, statement)
    event.header.CopyFrom(
        wire.header(
            after,
            registration_no=both.new.registration_no,
            kind=_KIND,
            day=both.new.business_date,
            done_by_centre=both.new.submitted_by,
        )
    )
    event.suspense_in_fen = into_suspense
    event.suspense_out_fen = out_of_suspense
    event.suspense_after_fen = after.suspense_fen
    event.money.CopyFrom(wire.money_message(after))
    event.statement.CopyFrom(wire.statement_message(statement, statement_no=statement_no))


def _statement(both: Reversal, after: Employer, *, into: int, out: int) -> journal.Statement:
    return journal.Statement(
        employer_no=both.old.employer_no,
        registration_no=both.new.registration_no,
        posted_on=both.new.business_date,
        kind=_KIND,
        summary=SUMMARY_CORRECTION,
        headcount=both.old.headcount,
        amount_fen=both.old.amount_fen,
        from_month=both.old.from_month,
        to_month=both.old.to_month,
        suspense_in_fen=into,
        suspense_out_fen=out,
        suspense_after_fen=after.suspense_fen,
        balance_after_fen=after.balance_fen,
        transaction_type=both.transaction_type,
    )
