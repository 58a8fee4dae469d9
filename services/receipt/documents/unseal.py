"""个人启封业务回单 (manual §5.3)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import AccountsUnsealed

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
    money_column("缴存基数"),
    money_column("月缴额"),
    Column("启封类型", 20),
    month_column("启用年月"),
)


def document_of(event: AccountsUnsealed, desk: Desk) -> Document:
    """Who contributes again from what base, and by how much the monthly total rises."""
    accounts = {account.account_no: account for account in event.accounts}
    rows = tuple(
        (
            *desk.who(accounts[each.account_no]),
            amount(each.base_fen),
            amount(each.monthly_fen),
            each.unseal_kind_title,
            month(each.effective_month),
        )
        for each in event.people
    )
    return Document(
        **desk.head(DocumentKind.UNSEAL, event.header),
        table=Table(COLUMNS, rows),
        totals=(
            Total("启封人数", people(len(event.people))),
            Total.of_fen("增加月缴额", event.added_monthly_fen),
        ),
    )
