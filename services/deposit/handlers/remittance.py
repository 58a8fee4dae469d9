"""汇缴 on the money side (manual §6.1): steps 1, 3 and 5 of the saga in sagas.py."""

from __future__ import annotations

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2, deposit_service_pb2

from services.deposit import sagas, wire
from services.deposit.domain import chart, remittance
from services.deposit.domain.codes import EMPLOYER_CLOSED as CLOSED
from services.deposit.domain.codes import REMITTANCE, SUMMARY_REMITTANCE
from services.deposit.errors import EMPLOYER_BUSY, EMPLOYER_CLOSED, EMPLOYER_UNKNOWN
from services.deposit.store import businesses, funds, journal, ledger
from services.deposit.store.businesses import Business
from services.kit import outbox
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError, fact
from services.kit.events import Poison

_KIND = business_pb2.BUSINESS_KIND_REMITTANCE
_PENDING = business_pb2.BUSINESS_STATE_PENDING
_POSTED = business_pb2.BUSINESS_STATE_POSTED
_REJECTED = business_pb2.BUSINESS_STATE_REJECTED

#: Lines per LedgerLinesPosted: some 100 bytes each, far below what makes a broker slow.
LINES_PER_EVENT = 2000


def submit_remittance(
    call: Call, request: deposit_service_pb2.SubmitRemittanceRequest
) -> deposit_service_pb2.SubmitRemittanceResponse:
    """Step 1. Raises EMPLOYER_BUSY (try again), EMPLOYER_CLOSED, EMPLOYER_UNKNOWN, MONTH_INVALID."""
    to_month = wire.month(request.to_month, field="to_month")
    employer = funds.lock_employer(call.connection, call.employer_no)
    if employer is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    if employer.status == CLOSED:
        raise DomainError(EMPLOYER_CLOSED)
    if employer.pending_registration_no:
        raise fact(EMPLOYER_BUSY, registration_no=employer.pending_registration_no)
    day = business_date(call.now)
    found = Business(
        registration_no=businesses.next_registration_no(call.connection, day),
        kind=_KIND,
        employer_no=employer.employer_no,
        state=_PENDING,
        step=sagas.WAITS_FOR_ROSTER,
        business_date=day,
        to_month=to_month.to_int(),
        headcount=0,
        amount_fen=0,
        rejection=None,
        consistency=None,
        submitted_by=call.principal.key,
        submitted_at=call.now,
        asked_at=call.now,
        finished=False,
    )
    businesses.add_business(call.connection, found)
    funds.set_pending(call.connection, employer.employer_no, registration_no=found.registration_no)
    call.emit(sagas.roster_question(found), subject=employer.employer_no)
    return deposit_service_pb2.SubmitRemittanceResponse(business=wire.business_message(found))


def on_roster_reserved(call: Call, event: collection.RosterReserved) -> None:
    """Step 3: everything due is posted, or nothing is."""
    found = businesses.lock_business(call.connection, event.registration_no)
    if found is None:
        raise Poison("a roster was reserved for a business that does not exist")
    if found.step != sagas.WAITS_FOR_ROSTER:
        return  # an answer to a question that was asked twice
    employer = funds.lock_employer(call.connection, found.employer_no)
    assert employer is not None
    refusal = remittance.refusal(due_fen=event.amount_fen, suspense_fen=employer.suspense_fen)
    if refusal is not None:
        _decide(call, found, rejection=refusal.to_status())
        return
    _post(call, found, employer, event)
    _decide(call, found, headcount=event.headcount, amount_fen=event.amount_fen)


def on_roster_refused(call: Call, event: collection.RosterRefused) -> None:
    """Step 3 when collection has nothing to remit or may not: collection holds nothing, so we are done."""
    found = businesses.lock_business(call.connection, event.registration_no)
    if found is None:
        raise Poison("a roster was refused for a business that does not exist")
    if found.step == sagas.WAITS_FOR_ROSTER:
        _finish(call, found, state=_REJECTED, rejection=event.refusal)


def on_roster_released(call: Call, event: collection.RosterReleased) -> None:
    """Step 5: the employer's money is free again and whoever waits is told."""
    found = businesses.lock_business(call.connection, event.registration_no)
    if found is None:
        raise Poison("a roster was released for a business that does not exist")
    if found.step == sagas.WAITS_FOR_RELEASE:
        rejection = status_pb2.Status.FromString(found.rejection) if found.rejection else None
        state = _REJECTED if rejection else _POSTED
        _finish(call, found, state=state, rejection=rejection)


def _post(
    call: Call, found: Business, employer: funds.Employer, event: collection.RosterReserved
) -> None:
    connection, day = call.connection, found.business_date
    months = [month.month for month in event.months]
    journal.add_remitted_months(
        connection, found.employer_no, months, registration_no=found.registration_no
    )
    posting = ledger.Posting(
        registration_no=found.registration_no,
        employer_no=found.employer_no,
        posted_on=day,
        business_kind=REMITTANCE,
        summary=SUMMARY_REMITTANCE,
    )
    due = [
        ledger.Due(
            account_no=line.account_no,
            from_month=line.from_month,
            to_month=line.to_month,
            monthly_fen=line.employer_share_fen + line.employee_share_fen,
            base_fen=line.base_fen,
        )
        for line in event.lines
    ]
    credited = ledger.credit_months(connection, posting, due, months=months)
    if credited.credited_fen != event.amount_fen or credited.people != event.headcount:
        raise Poison("the roster's lines do not add up to its total, or name unknown accounts")
    amount = event.amount_fen
    journal.add_entry(
        connection,
        chart.credit_people(found.employer_no, amount),
        registration_no=found.registration_no,
        posted_on=day,
        memo="remittance",
    )
    after = funds.move_money(
        connection, found.employer_no, suspense_fen=-amount, balance_fen=amount
    )
    last = event.months[-1]
    funds.note_last_remittance(
        connection,
        found.employer_no,
        month=last.month,
        headcount=last.headcount,
        amount_fen=last.amount_fen,
    )
    statement = journal.Statement(
        employer_no=found.employer_no,
        registration_no=found.registration_no,
        posted_on=day,
        kind=_KIND,
        summary=SUMMARY_REMITTANCE,
        headcount=event.headcount,
        amount_fen=amount,
        from_month=event.from_month,
        to_month=event.to_month,
        suspense_out_fen=amount,
        suspense_after_fen=after.suspense_fen,
        balance_after_fen=after.balance_fen,
    )
    statement_no = journal.add_statement(connection, statement)
    chunks = -(-credited.lines // LINES_PER_EVENT)
    call.emit(
        deposit_events_pb2.RemittancePosted(
            header=wire.header(
                employer, registration_no=found.registration_no, kind=_KIND, day=day
            ),
            from_month=event.from_month,
            to_month=event.to_month,
            headcount=event.headcount,
            amount_fen=amount,
            suspense_out_fen=amount,
            suspense_in_fen=0,
            suspense_after_fen=after.suspense_fen,
            last_month=employer.last_month,
            last_headcount=employer.last_headcount,
            last_amount_fen=employer.last_amount_fen,
            money=wire.money_message(after),
            statement=wire.statement_message(statement, statement_no=statement_no),
            line_chunks=chunks,
            last_month_headcount=last.headcount,
            last_month_amount_fen=last.amount_fen,
        ),
        subject=found.employer_no,
    )
    emit_lines(call, found.registration_no, subject=found.employer_no, chunks=chunks)


def emit_lines(call: Call, registration_no: str, *, subject: str, chunks: int) -> None:
    """Tell the world every ledger line of a business, in events of bounded size."""
    lists = ledger.lines_of(call.connection, registration_no, chunk=LINES_PER_EVENT)
    for chunk, lines in enumerate(lists, start=1):
        call.emit(
            deposit_events_pb2.LedgerLinesPosted(
                registration_no=registration_no,
                chunk=chunk,
                chunks=chunks,
                lines=[wire.line_message(line) for line in lines],
            ),
            subject=subject,
        )


def _decide(
    call: Call,
    found: Business,
    *,
    rejection: status_pb2.Status | None = None,
    headcount: int = 0,
    amount_fen: int = 0,
) -> None:
    """End of step 3: keep the decision and ask collection to move on."""
    stored = rejection.SerializeToString() if rejection is not None else None
    businesses.update_business(
        call.connection,
        found.registration_no,
        step=sagas.WAITS_FOR_RELEASE,
        rejection=stored,
        headcount=headcount,
        amount_fen=amount_fen,
        asked_at=call.now,
    )
    decided = businesses.load_business(call.connection, found.registration_no)
    assert decided is not None
    call.emit(sagas.release_question(decided), subject=found.employer_no)


def _finish(
    call: Call, found: Business, *, state: int, rejection: status_pb2.Status | None
) -> None:
    funds.set_pending(call.connection, found.employer_no, registration_no=None)
    versions = {
        "deposit": outbox.version_of(call.connection, found.employer_no),
        "collection": call.event.version,
    }
    tokens = [
        business_pb2.ConsistencyToken(owner=owner, employer_no=found.employer_no, version=version)
        for owner, version in versions.items()
    ]
    businesses.update_business(
        call.connection,
        found.registration_no,
        state=state,
        step=sagas.DONE,
        finished=True,
        rejection=rejection.SerializeToString() if rejection is not None else None,
        consistency=business_pb2.Business(consistency=tokens).SerializeToString(),
    )
    finished = businesses.load_business(call.connection, found.registration_no)
    assert finished is not None
    event = business_pb2.BusinessFinished(business=wire.business_message(finished))
    call.emit(event, subject=found.employer_no)
