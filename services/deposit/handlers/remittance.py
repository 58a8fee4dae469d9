"""汇缴 on the money side (manual §6.1): steps 1 and 3 of its saga in sagas.py."""

from __future__ import annotations

from operator import add

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2, deposit_service_pb2

from services.deposit import wire
from services.deposit.domain import chart
from services.deposit.domain.codes import REMITTANCE, SUMMARY_REMITTANCE
from services.deposit.domain.remittance import Due, check_month, check_stated, refusal_of
from services.deposit.handlers import saga
from services.deposit.handlers.posting import (
    chunks_of,
    emit_lines,
    employer_to_move,
    new_business,
    new_registration,
)
from services.deposit.store import credits, funds, journal
from services.deposit.store.businesses import Business
from services.deposit.store.funds import Employer, RemittedMonth
from services.deposit.store.ledger import Posting
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.events import Poison
from services.kit.months import YearMonth
from services.kit.roles import Policy

_KIND = business_pb2.BUSINESS_KIND_REMITTANCE


def submit_remittance(
    call: Call, request: deposit_service_pb2.SubmitRemittanceRequest
) -> deposit_service_pb2.SubmitRemittanceResponse:
    """Step 1. What is stated to be due stands in the business until it is known what is.

    Raises EMPLOYER_BUSY (try again), EMPLOYER_CLOSED, EMPLOYER_UNKNOWN, MONTH_INVALID, MONTH_TOO_FAR, AMOUNT_INVALID,
    DUE_NOT_STATED.
    """
    to_month = wire.month(request.to_month, field="to_month")
    check_month(to_month, current=YearMonth.of(business_date(call.now)))
    stated = Due(request.expected_amount_fen, request.expected_headcount)
    check_stated(stated, is_approved=Policy.APPROVAL in call.principal.policies)
    employer = employer_to_move(call, call.employer_no)
    found = new_business(
        call,
        kind=_KIND,
        employer_no=employer.employer_no,
        registered=new_registration(call),
        to_month=to_month.to_int(),
        headcount=stated.headcount,
        amount_fen=stated.amount_fen,
    )
    return deposit_service_pb2.SubmitRemittanceResponse(business=saga.accept(call, found))


def on_reserved(call: Call, found: Business, event: collection.RosterReserved) -> None:
    """Step 3: everything due is posted, or nothing is."""
    employer = funds.lock_employer(call.connection, found.employer_no)
    assert employer is not None
    refusal = refusal_of(
        Due(event.amount_fen, event.headcount),
        stated=Due(found.amount_fen, found.headcount),
        suspense_fen=employer.suspense_fen,
    )
    if refusal is not None:
        saga.decide(call, found, rejection=refusal.to_status())
        return
    _post(call, found, employer, event)
    saga.decide(
        call,
        found,
        from_month=event.from_month,
        headcount=event.headcount,
        amount_fen=event.amount_fen,
    )


def _post(
    call: Call, found: Business, employer: Employer, event: collection.RosterReserved
) -> None:
    last = funds.last_remitted_month(call.connection, found.employer_no)
    credited = _credit(call, found, event)
    journal.add_entry(
        call.connection,
        chart.credit_people(found.employer_no, event.amount_fen),
        registration_no=found.registration_no,
        posted_on=found.business_date,
        memo="remittance",
    )
    after = funds.move_money(
        call.connection,
        found.employer_no,
        suspense_fen=-event.amount_fen,
        balance_fen=event.amount_fen,
    )
    posted = _posted(call, found, employer, event, after)
    posted.last_month = last.month
    posted.last_headcount = last.headcount
    posted.last_amount_fen = last.amount_fen
    posted.line_chunks = chunks_of(credited.count)
    call.emit(posted, subject=found.employer_no)
    emit_lines(call, credited.lines)


def _credit(call: Call, found: Business, event: collection.RosterReserved) -> credits.Credited:
    funds.add_remitted_months(
        call.connection,
        found.employer_no,
        [RemittedMonth(each.month, each.headcount, each.amount_fen) for each in event.months],
        registration_no=found.registration_no,
    )
    posting = Posting(
        registration_no=found.registration_no,
        employer_no=found.employer_no,
        posted_on=found.business_date,
        business_kind=REMITTANCE,
        summary=SUMMARY_REMITTANCE,
    )
    due = credits.DueMonths(
        account_nos=list(event.due.account_nos),
        from_months=list(event.due.from_months),
        to_months=list(event.due.to_months),
        monthly_fen=list(map(add, event.due.employer_shares_fen, event.due.employee_shares_fen)),
        bases_fen=list(event.due.bases_fen),
    )
    months = [each.month for each in event.months]
    credited = credits.credit_months(call.connection, posting, due, months=months)
    if credited.credited_fen != event.amount_fen or credited.people != event.headcount:
        raise Poison("the roster's lines do not add up to its total, or name unknown accounts")
    return credited


def _posted(
    call: Call,
    found: Business,
    employer: Employer,
    event: collection.RosterReserved,
    after: Employer,
) -> deposit_events_pb2.RemittancePosted:
    day, amount = found.business_date, event.amount_fen
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
    statement_no = journal.add_statement(call.connection, statement)
    return deposit_events_pb2.RemittancePosted(
        header=wire.header(employer, registration_no=found.registration_no, kind=_KIND, day=day),
        from_month=event.from_month,
        to_month=event.to_month,
        headcount=event.headcount,
        amount_fen=amount,
        suspense_out_fen=amount,
        suspense_after_fen=after.suspense_fen,
        money=wire.money_message(after),
        statement=wire.statement_message(statement, statement_no=statement_no),
        last_month_headcount=event.months[-1].headcount,
        last_month_amount_fen=event.months[-1].amount_fen,
    )
