"""补缴 (manual §6.2): the list, 提交, and steps 1 and 3 of its saga in sagas.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit import sagas, wire
from services.deposit.domain import back_payment as rules
from services.deposit.domain import chart, suspense
from services.deposit.domain.codes import ACCOUNT_ACTIVE, BACK_PAYMENT
from services.deposit.errors import EMPLOYER_UNKNOWN
from services.deposit.handlers import returned_rows, saga
from services.deposit.handlers.posting import (
    chunks_of,
    emit_lines,
    employer_to_move,
    new_business,
    new_registration,
)
from services.deposit.store import (
    accounts,
    back_payments,
    credits,
    funds,
    journal,
    paid_months,
)
from services.deposit.store.businesses import Business
from services.deposit.store.credits import BackPaymentRow
from services.deposit.store.funds import Employer
from services.deposit.store.ledger import Posting
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError, fact
from services.kit.events import Poison
from services.kit.idnumbers import mask_id_number
from services.kit.months import YearMonth
from services.kit.worksheet.errors import WORKSHEET_HAS_ERRORS, WORKSHEET_UNKNOWN
from services.kit.worksheet.methods import draft_of, worksheet_handlers
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken, clear_after_submit, take

_KIND = business_pb2.BUSINESS_KIND_BACK_PAYMENT


def check_rows(call: Call, sheet: ParsedSheet) -> Iterable[RowError]:
    employer = _employer(call)
    numbers = [row.text("account_no") for row in sheet.rows]
    return rules.faults(
        sheet,
        known=accounts.holders_of(call.connection, employer.employer_no, numbers).keys(),
        paid=(
            paid_months.paid_in_full(call.connection, _rows_of(sheet.rows))
            if rules.is_full(sheet.header)
            else ()
        ),
        current=YearMonth.of(business_date(call.now)),
        suspense_fen=employer.suspense_fen,
    )


def echo(call: Call, rows: Sequence[ParsedRow]) -> Mapping[str, Mapping[str, str]]:
    """Name and masked id number behind each account number."""
    numbers = {row.row_id: row.text("account_no") for row in rows if row.has("account_no")}
    found = accounts.holders_of(call.connection, call.employer_no, list(numbers.values()))
    return {
        row_id: {
            "name": found[number].name,
            "id_number": mask_id_number(call.vault.open_text(found[number].id_number_sealed)),
        }
        for row_id, number in numbers.items()
        if number in found
    }


def echo_header(call: Call, header: ParsedRow) -> Mapping[str, str]:
    return rules.header_echo_of(header, suspense_fen=_employer(call).suspense_fen)


def prefill(call: Call) -> Iterable[Mapping[str, str]]:
    people = accounts.people_of(
        call.connection, call.employer_no, status=ACCOUNT_ACTIVE, limit=SPEC.row_limit
    )
    return [{"account_no": each.account_no} for each in people]


SPEC: SheetSpec[Call] = SheetSpec(
    key=rules.KEY,
    title_zh=rules.TITLE,
    columns=rules.COLUMNS,
    header=rules.HEADER,
    echo_columns=rules.ECHO,
    header_echo_columns=rules.HEADER_ECHO,
    check_rows=check_rows,
    echo=echo,
    echo_header=echo_header,
    prefill=prefill,
)

WORKSHEET = worksheet_handlers([SPEC])


def submit_worksheet(
    call: Call, request: business_pb2.SubmitWorksheetRequest
) -> business_pb2.SubmitWorksheetResponse | DomainError:
    """Step 1. Refuses with WORKSHEET_HAS_ERRORS and every bad row, WORKSHEET_EMPTY, EMPLOYER_BUSY (try again),
    EMPLOYER_CLOSED, EMPLOYER_UNKNOWN."""
    if request.business != rules.KEY:
        raise DomainError(WORKSHEET_UNKNOWN)
    # The employer is held first: what the rows are checked against must not move before they are accepted.
    employer_to_move(call, call.employer_no)
    draft = draft_of(call, SPEC)
    taken = take(draft, expected_revision=request.expected_revision)
    if isinstance(taken, DomainError):
        return taken
    business = _accept(call, taken)
    clear_after_submit(draft, taken, registration_no=business.registration_no)
    return business_pb2.SubmitWorksheetResponse(business=business)


def on_back_payment_checked(call: Call, event: collection.BackPaymentChecked) -> None:
    """Step 3: every row is posted, or none is and the list comes back for correction."""
    found = saga.waiting(call, event.registration_no, step=sagas.WAITS_FOR_ROSTER)
    if found is None:
        return
    if not event.accepted:
        rejection = returned_rows.put_back(call, SPEC, found, refusals=event.refusals)
        saga.finish(call, found, rejection=rejection or event.refusal)
        return
    employer = funds.lock_employer(call.connection, found.employer_no)
    assert employer is not None
    shortage = suspense.shortage(due_fen=found.amount_fen, suspense_fen=employer.suspense_fen)
    if shortage is not None:
        returned_rows.put_back(call, SPEC, found)
        saga.decide(call, found, rejection=shortage.to_status())
        return
    rows = back_payments.rows_of(call.connection, found.registration_no)
    kind = back_payments.kind_of(call.connection, found.registration_no)
    if kind == rules.FULL and (paid := paid_months.paid_in_full(call.connection, rows)):
        saga.decide(call, found, rejection=_refused_as_paid(call, found, paid))
        return
    _post(call, found, employer, kind=kind, rows=rows)
    saga.decide(call, found)


def _employer(call: Call) -> Employer:
    employer = funds.load_employer(call.connection, call.employer_no)
    if employer is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    return employer


def _refused_as_paid(
    call: Call, found: Business, paid: Iterable[rules.PaidRun]
) -> status_pb2.Status:
    """The list comes back with what was paid between 提交 and the roster's answer."""
    faults = rules.faults_of_paid(paid)
    refusals = [
        collection.RowRefusal(
            row_number=row_number, field=fault.field, reason=fault.reason, zh=fault.zh
        )
        for row_number, fault in faults.items()
    ]
    rejection = returned_rows.put_back(call, SPEC, found, refusals=refusals)
    # None when the list has no room for them any more.
    count = len(refusals)
    return rejection or fact(WORKSHEET_HAS_ERRORS, rows=count, errors=count).to_status()


def _rows_of(rows: Sequence[ParsedRow]) -> list[BackPaymentRow]:
    return [
        BackPaymentRow(
            row_number=row.row_number,
            account_no=row.text("account_no"),
            from_month=row.month("from_month").to_int(),
            to_month=row.month("to_month").to_int(),
            amount_fen=row.fen("amount"),
        )
        for row in rows
    ]


def _accept(call: Call, taken: Taken) -> business_pb2.Business:
    rows = _rows_of(taken.rows)
    found = new_business(
        call,
        kind=_KIND,
        employer_no=call.employer_no,
        registered=new_registration(call),
        from_month=min(row.from_month for row in rows),
        to_month=max(row.to_month for row in rows),
        headcount=rules.headcount_of(taken.rows),
        amount_fen=sum(row.amount_fen for row in rows),
    )
    back_payments.add_back_payment(
        call.connection, found.registration_no, kind=rules.kind_of(taken.header), rows=rows
    )
    return saga.accept(call, found)


def _post(
    call: Call,
    found: Business,
    employer: Employer,
    *,
    kind: deposit_events_pb2.BackPaymentKind,
    rows: Sequence[BackPaymentRow],
) -> None:
    connection, registration_no = call.connection, found.registration_no
    posting = Posting(
        registration_no=registration_no,
        employer_no=found.employer_no,
        posted_on=found.business_date,
        business_kind=BACK_PAYMENT,
        summary=rules.SUMMARY_OF_KIND[kind],
    )
    credited = credits.credit_rows(connection, posting, rows)
    if (credited.credited_fen, credited.count) != (found.amount_fen, len(rows)):
        raise Poison("the rows do not add up to the total, or name unknown accounts")
    journal.add_entry(
        connection,
        chart.credit_people(found.employer_no, found.amount_fen),
        registration_no=registration_no,
        posted_on=found.business_date,
        memo="back payment",
    )
    after = funds.move_money(
        connection,
        found.employer_no,
        suspense_fen=-found.amount_fen,
        balance_fen=found.amount_fen,
    )
    statement = _statement(found, after, summary=posting.summary)
    statement_no = journal.add_statement(connection, statement)
    call.emit(
        deposit_events_pb2.BackPaymentPosted(
            header=wire.header(
                employer, registration_no=registration_no, kind=_KIND, day=found.business_date
            ),
            kind=kind,
            headcount=found.headcount,
            amount_fen=found.amount_fen,
            suspense_out_fen=found.amount_fen,
            suspense_after_fen=after.suspense_fen,
            lines=wire.back_payment_lines(rows),
            money=wire.money_message(after),
            statement=wire.statement_message(statement, statement_no=statement_no),
            line_chunks=chunks_of(credited.count),
        ),
        subject=found.employer_no,
    )
    emit_lines(call, credited.lines)


def _statement(found: Business, after: Employer, *, summary: str) -> journal.Statement:
    return journal.Statement(
        employer_no=found.employer_no,
        registration_no=found.registration_no,
        posted_on=found.business_date,
        kind=_KIND,
        summary=summary,
        headcount=found.headcount,
        amount_fen=found.amount_fen,
        from_month=found.from_month,
        to_month=found.to_month,
        suspense_out_fen=found.amount_fen,
        suspense_after_fen=after.suspense_fen,
        balance_after_fen=after.balance_fen,
    )
