"""The lines of an event are those of the ledger, one by one, however alike or unlike they are."""

from __future__ import annotations

from datetime import date

from hpf.deposit.v1 import deposit_events_pb2

from services.deposit import wire
from services.deposit.store.ledger import Line, Posting

_MONTH = Posting(
    registration_no="R1",
    employer_no="10000000001",
    posted_on=date(2019, 7, 20),
    business_kind="01",
    summary="1219",
)
_PAID = Line(
    posting=_MONTH,
    serial_no=7,
    account_no="000000000001",
    credit_fen=110000,
    balance_after_fen=110000,
    base_fen=500000,
    from_month=201907,
    to_month=201907,
    paid_through_month=201907,
)
_PAID_NEXT = _PAID._replace(
    serial_no=8, account_no="000000000002", credit_fen=220000, to_month=201908
)
_OF_ANOTHER_KIND = _PAID_NEXT._replace(serial_no=9, posting=_MONTH._replace(summary="1221"))
_TAKEN_BACK = _PAID_NEXT._replace(
    serial_no=10,
    posting=_MONTH._replace(transaction_type="1"),
    debit_fen=220000,
    credit_fen=0,
    corrects_serial_no=8,
)


def test_each_line_of_an_event_is_the_ledgers_line() -> None:
    lines = [_PAID, _PAID_NEXT, _OF_ANOTHER_KIND, _TAKEN_BACK]

    event = wire.lines_event("R1", lines, chunk=1, chunks=1)

    assert [_written_out(line) for line in lines] == list(event.lines)


def test_an_event_may_have_no_lines() -> None:
    assert not wire.lines_event("R1", [], chunk=1, chunks=1).lines


def _written_out(line: Line) -> deposit_events_pb2.LedgerLine:
    values = line._asdict() | line.posting._asdict()
    values |= {
        "posted_on": line.posting.posted_on.isoformat(),
        "corrects_serial_no": line.corrects_serial_no or 0,
    }
    del values["posting"]
    return deposit_events_pb2.LedgerLine(**values)
