"""Messages ↔ values of deposit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import repeat
from typing import Any

from google.rpc import status_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit.errors import MONTH_INVALID
from services.deposit.store.businesses import Business
from services.deposit.store.credits import BackPaymentRow
from services.deposit.store.funds import Employer
from services.deposit.store.journal import Statement
from services.deposit.store.ledger import Lines
from services.kit.businesses import centre_agent
from services.kit.errors import DomainError, FieldError
from services.kit.months import YearMonth


def month(number: int, *, field: str) -> YearMonth:
    """A month of a request; raises MONTH_INVALID with the field."""
    try:
        return YearMonth.from_int(number)
    except ValueError:
        raise DomainError(
            MONTH_INVALID, fields=[FieldError(field, MONTH_INVALID.code, MONTH_INVALID.zh)]
        ) from None


def business_message(found: Business) -> business_pb2.Business:
    message = business_pb2.Business(
        registration_no=found.registration_no,
        kind=found.kind,
        state=found.state,
        employer_no=found.employer_no,
        business_date=found.business_date.isoformat(),
        headcount=found.headcount,
        amount_fen=found.amount_fen,
    )
    if found.rejection:
        message.rejection.CopyFrom(status_pb2.Status.FromString(found.rejection))
    if found.consistency:
        message.consistency.extend(business_pb2.Business.FromString(found.consistency).consistency)
    return message


def header(
    employer: Employer,
    *,
    registration_no: str,
    kind: business_pb2.BusinessKind,
    day: date,
    done_by_centre: str = "",
) -> business_pb2.BusinessHeader:
    """The head of the receipt, as the employer stands now. 经办人 is the employer's agent, or who of the centre did it
    (`Business.submitted_by`)."""
    return business_pb2.BusinessHeader(
        registration_no=registration_no,
        kind=kind,
        employer_no=employer.employer_no,
        employer_name=employer.name,
        branch_name=employer.branch_name,
        agent_name=centre_agent(done_by_centre) if done_by_centre else employer.agent_name,
        business_date=day.isoformat(),
    )


def money_message(employer: Employer) -> deposit_events_pb2.EmployerMoney:
    return deposit_events_pb2.EmployerMoney(
        employer_no=employer.employer_no,
        suspense_fen=employer.suspense_fen,
        balance_fen=employer.balance_fen,
    )


def statement_message(
    statement: Statement, *, statement_no: int
) -> deposit_events_pb2.StatementLine:
    return deposit_events_pb2.StatementLine(
        statement_no=statement_no,
        registration_no=statement.registration_no,
        posted_on=statement.posted_on.isoformat(),
        kind=statement.kind,
        summary=statement.summary,
        headcount=statement.headcount,
        amount_fen=statement.amount_fen,
        from_month=statement.from_month,
        to_month=statement.to_month,
        suspense_out_fen=statement.suspense_out_fen,
        suspense_in_fen=statement.suspense_in_fen,
        suspense_after_fen=statement.suspense_after_fen,
        balance_after_fen=statement.balance_after_fen,
        transaction_type=statement.transaction_type,
    )


def back_payment_lines(
    rows: Iterable[BackPaymentRow],
) -> list[deposit_events_pb2.BackPaymentLine]:
    return [
        deposit_events_pb2.BackPaymentLine(
            row_number=row.row_number,
            account_no=row.account_no,
            from_month=row.from_month,
            to_month=row.to_month,
            amount_fen=row.amount_fen,
        )
        for row in rows
    ]


def lines_event(
    registration_no: str, postings: Iterable[Lines], *, chunk: int, chunks: int
) -> deposit_events_pb2.LedgerLinesPosted:
    """What each line is, as it stands in the ledger."""
    found = list(postings)
    event = deposit_events_pb2.LedgerLinesPosted(
        registration_no=registration_no, chunk=chunk, chunks=chunks
    )
    # Serialized messages in a row are one message with everything that repeats in a row: so the library writes what the
    # lines of a posting have in common, in a tenth of the time that Python takes.
    event.MergeFromString(b"".join(_alike(each) * len(each.serial_no) for each in found))
    begin = 0
    for each in found:
        end = begin + len(each.serial_no)
        messages, begin = event.lines[begin:end], end
        for name, column in each.columns():
            if not _is_alike(column):
                _exhaust(map(setattr, messages, repeat(name), column))
    return event


def _alike(lines: Lines) -> bytes:
    """An event with one line that has what the lines have in common: the posting, the month of a remittance."""
    posting = lines.posting
    values = posting._asdict() | {"posted_on": posting.posted_on.isoformat()}
    values |= {name: column[0] for name, column in lines.columns() if _is_alike(column)}
    line = deposit_events_pb2.LedgerLine(**values)
    return deposit_events_pb2.LedgerLinesPosted(lines=[line]).SerializeToString()


def _is_alike(column: Sequence[Any]) -> bool:
    return column.count(column[0]) == len(column)


#: Goes through an iterator for what it does.
_exhaust = deque[Any](maxlen=0).extend
