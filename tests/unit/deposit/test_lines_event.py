"""The lines of an event are those of the ledger, one by one, however alike or unlike they are."""

from __future__ import annotations

from datetime import date

import pytest
from hpf.deposit.v1.deposit_events_pb2 import LedgerLine

from services.deposit import wire
from services.deposit.store.ledger import Lines, Posting

_MONTH = Posting(
    registration_no="R1",
    employer_no="10000000001",
    posted_on=date(2019, 7, 20),
    business_kind="01",
    summary="1219",
)
_PAID = Lines(
    _MONTH,
    serial_no=[7, 8],
    account_no=["000000000001", "000000000002"],
    credit_fen=[110000, 220000],
    balance_after_fen=[110000, 220000],
    base_fen=[500000, 500000],
    from_month=[201907, 201907],
    to_month=[201907, 201908],
    paid_through_month=[201907, 201908],
)
_TAKEN_BACK = Lines(
    _MONTH._replace(transaction_type="1"),
    serial_no=[9],
    account_no=["000000000002"],
    credit_fen=[0],
    balance_after_fen=[0],
    base_fen=[500000],
    from_month=[201907],
    to_month=[201908],
    paid_through_month=[201906],
    debit_fen=[220000],
    corrects_serial_no=[8],
)


def test_each_line_of_an_event_is_the_ledgers_line() -> None:
    event = wire.lines_event("R1", [_PAID, _TAKEN_BACK], chunk=1, chunks=2)

    alike = LedgerLine(
        registration_no="R1",
        employer_no="10000000001",
        posted_on="2019-07-20",
        business_kind="01",
        transaction_type="0",
        summary="1219",
        base_fen=500000,
        from_month=201907,
    )
    first, second, third = LedgerLine(), LedgerLine(), LedgerLine()
    for line in (first, second, third):
        line.CopyFrom(alike)
    first.MergeFrom(
        LedgerLine(
            serial_no=7,
            account_no="000000000001",
            credit_fen=110000,
            balance_after_fen=110000,
            to_month=201907,
            paid_through_month=201907,
        )
    )
    second.MergeFrom(
        LedgerLine(
            serial_no=8,
            account_no="000000000002",
            credit_fen=220000,
            balance_after_fen=220000,
            to_month=201908,
            paid_through_month=201908,
        )
    )
    third.MergeFrom(
        LedgerLine(
            serial_no=9,
            account_no="000000000002",
            debit_fen=220000,
            to_month=201908,
            paid_through_month=201906,
            transaction_type="1",
            corrects_serial_no=8,
        )
    )
    assert list(event.lines) == [first, second, third]
    assert (event.registration_no, event.chunk, event.chunks) == ("R1", 1, 2)


def test_an_event_may_have_no_lines() -> None:
    assert not wire.lines_event("R1", [Lines(_MONTH)], chunk=1, chunks=1).lines
    assert not wire.lines_event("R1", [], chunk=1, chunks=1).lines


def test_parts_are_the_lines_in_their_order() -> None:
    first, second = _PAID.parts(1)

    assert (first.serial_no, first.to_month, first.debit_fen) == ([7], [201907], ())
    assert (second.serial_no, second.to_month, second.debit_fen) == ([8], [201908], ())
    assert [each.serial_no for each in _PAID.parts(5)] == [[7, 8]]


def test_columns_of_different_lengths_are_no_lines() -> None:
    with pytest.raises(ValueError, match="1 places of credit_fen for 2 lines"):
        wire.lines_event("R1", [_PAID._replace(credit_fen=[110000])], chunk=1, chunks=1)
