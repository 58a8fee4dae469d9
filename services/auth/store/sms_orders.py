"""Codes that were ordered: the caps are counted here, and the sender takes its messages from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from services.auth.domain.sms_code import CodePurpose, SmsHistory
from services.auth.models import sms_order


def add_order(
    connection: Connection,
    *,
    purpose: CodePurpose,
    number_index: bytes,
    address: str,
    day: date,
    now: datetime,
    message_sealed: bytes,
    expires_at: datetime,
) -> None:
    connection.execute(
        insert(sms_order).values(
            purpose=str(purpose),
            number_index=number_index,
            address=address,
            day=day,
            ordered_at=now,
            message_sealed=message_sealed,
            expires_at=expires_at,
        )
    )


def history_of(
    connection: Connection, *, purpose: CodePurpose, number_index: bytes, address: str, day: date
) -> SmsHistory:
    """What was sent to the number and asked from the address on this day."""
    order = sms_order.c
    last = select(func.max(order.ordered_at)).where(
        order.number_index == number_index, order.purpose == str(purpose)
    )
    to_number = select(func.count()).where(order.number_index == number_index, order.day == day)
    from_address = select(func.count()).where(order.address == address, order.day == day)
    row = connection.execute(
        select(
            last.scalar_subquery().label("last"),
            to_number.scalar_subquery().label("to_number"),
            from_address.scalar_subquery().label("from_address"),
        )
    ).one()
    # A machine that does not say where a call came from must not be shut out by one common cap.
    return SmsHistory(row.last, row.to_number, row.from_address if address else 0)


def waiting_orders(connection: Connection, *, limit: int) -> Sequence[Row[Any]]:
    return connection.execute(
        select(sms_order)
        .where(sms_order.c.message_sealed.is_not(None))
        .order_by(sms_order.c.order_id)
        .limit(limit)
    ).all()


def forget_message(connection: Connection, order_id: int) -> None:
    """The gateway has it, or it is of no use any more; the order itself counts on."""
    connection.execute(
        update(sms_order).where(sms_order.c.order_id == order_id).values(message_sealed=None)
    )


def count_try(connection: Connection, order_id: int) -> None:
    connection.execute(
        update(sms_order)
        .where(sms_order.c.order_id == order_id)
        .values(tries=sms_order.c.tries + 1)
    )


def sweep_orders(connection: Connection, *, before: date) -> int:
    return connection.execute(delete(sms_order).where(sms_order.c.day < before)).rowcount
