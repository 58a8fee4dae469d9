"""个人封存业务回单 (manual §5.2)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import AccountsSealed

from services.receipt.documents.desk import (
    ACCOUNT,
    ID_NUMBER,
    NAME,
    Desk,
    amount,
    money_column,
    month,
    month_column,
    people,
)
from services.receipt.rendering.document import Column, Document, DocumentKind, Table, Total

COLUMNS = (
    ACCOUNT,
    NAME,
    ID_NUMBER,
    money_column("月缴额"),
    Column("封存原因", 36),
    month_column("封存启用年月"),
)


def document_of(event: AccountsSealed, desk: Desk) -> Document:
    """Who is sealed and why, and by how much the monthly total falls."""
    accounts = {account.account_no: account for account in event.accounts}
    rows = tuple(
        (
            *desk.who(accounts[each.account_no]),
            amount(each.monthly_fen),
            each.seal_reason_title,
            month(each.effective_month),
        )
        for each in event.people
    )
    return Document(
        **desk.head(DocumentKind.SEAL, event.header),
        table=Table(COLUMNS, rows),
        totals=(
            Total("封存人数", people(len(event.people))),
            Total.of_fen("减少月缴额", event.reduced_monthly_fen),
        ),
    )
