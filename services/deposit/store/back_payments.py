"""The rows of back payments, kept as submitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from hpf.deposit.v1.deposit_events_pb2 import BackPaymentKind
from sqlalchemy import Connection, insert, select

from services.deposit.models import back_payment, back_payment_row
from services.deposit.store.credits import BackPaymentRow


def add_back_payment(
    connection: Connection,
    registration_no: str,
    *,
    kind: BackPaymentKind,
    rows: Sequence[BackPaymentRow],
) -> None:
    connection.execute(insert(back_payment).values(registration_no=registration_no, kind=kind))
    connection.execute(
        insert(back_payment_row),
        [{"registration_no": registration_no, **asdict(row)} for row in rows],
    )


def kind_of(connection: Connection, registration_no: str) -> BackPaymentKind:
    """补缴类型 of a back payment."""
    kind: BackPaymentKind = connection.execute(
        select(back_payment.c.kind).where(back_payment.c.registration_no == registration_no)
    ).scalar_one()
    return kind


def rows_of(connection: Connection, registration_no: str) -> list[BackPaymentRow]:
    """The rows of a back payment in the order of the list."""
    row = back_payment_row.c
    found = connection.execute(
        select(row.row_number, row.account_no, row.from_month, row.to_month, row.amount_fen)
        .where(row.registration_no == registration_no)
        .order_by(row.row_number)
    )
    return [BackPaymentRow(*each) for each in found]
