"""The personal ledger as it was written: the lines of a business, read back for its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from services.deposit.domain.codes import NORMAL
from services.deposit.models import account_fund, ledger_line


class Posting(NamedTuple):
    """What the ledger lines that one business writes for an employer have in common."""

    registration_no: str
    employer_no: str
    posted_on: date
    business_kind: str
    summary: str
    transaction_type: str = NORMAL


class Lines(NamedTuple):
    """Ledger lines of one posting, by columns, which are named as the fields of the event's LedgerLine: ten thousand
    objects would take longer to make than the lines to write. A column that is empty is zero in every line;
    `paid_through_month` is the account's after the business."""

    posting: Posting
    serial_no: Sequence[int] = ()
    account_no: Sequence[str] = ()
    credit_fen: Sequence[int] = ()
    balance_after_fen: Sequence[int] = ()
    base_fen: Sequence[int] = ()
    from_month: Sequence[int] = ()
    to_month: Sequence[int] = ()
    paid_through_month: Sequence[int] = ()
    debit_fen: Sequence[int] = ()
    corrects_serial_no: Sequence[int] = ()

    def columns(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """Those that are not empty, by name; raises ValueError when one of them is shorter or longer than others."""
        for name, column in zip(self._fields[1:], self[1:], strict=True):
            if column:
                if len(column) != len(self.serial_no):
                    raise ValueError(
                        f"{len(column)} places of {name} for {len(self.serial_no)} lines"
                    )
                yield name, column

    def parts(self, size: int) -> Iterator[Lines]:
        """The lines in order, at most `size` at a time."""
        for begin in range(0, len(self.serial_no), size):
            part = {name: column[begin : begin + size] for name, column in self.columns()}
            yield Lines(self.posting, **part)


_SHARED = len(Posting._fields)
_posting_of = itemgetter(slice(_SHARED))


def lines_of(
    connection: Connection, registration_no: str, *, employer_no: str, chunk: int
) -> Iterator[list[Lines]]:
    """The lines that one business wrote for an employer in the order of their serial numbers, `chunk` at a time."""
    line, fund = ledger_line.c, account_fund.c
    result = connection.execute(
        select(
            line.registration_no,
            line.employer_no,
            line.posted_on,
            line.business_kind,
            line.summary,
            line.transaction_type,
            line.serial_no,
            line.account_no,
            line.credit_fen,
            line.balance_after_fen,
            line.base_fen,
            line.from_month,
            line.to_month,
            fund.paid_through_month,
            line.debit_fen,
            func.coalesce(line.corrects_serial_no, 0),
        )
        .join(account_fund, fund.account_no == line.account_no)
        .where(line.registration_no == registration_no, line.employer_no == employer_no)
        .order_by(line.serial_no),
        execution_options={"yield_per": chunk},
    )
    for rows in result.partitions(chunk):
        yield [
            Lines(Posting._make(posting), *islice(zip(*run, strict=True), _SHARED, None))
            for posting, run in groupby(rows, key=_posting_of)
        ]
