"""个人账户同城转移业务回单 (manual §5.4): one for the employer that the people leave, one for the employer they join."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import AccountsTransferredIn, AccountsTransferredOut

from services.receipt.documents.desk import (
    ACCOUNT,
    ID_NUMBER,
    NAME,
    Desk,
    amount,
    money_column,
    people,
)
from services.receipt.rendering.document import Document, DocumentKind, Field, Table, Total

COLUMNS_OUT = (ACCOUNT, NAME, ID_NUMBER, money_column("余额"))
COLUMNS_IN = (ACCOUNT, NAME, ID_NUMBER, money_column("缴存基数"), money_column("月缴额"))


def document_out(event: AccountsTransferredOut, desk: Desk) -> Document:
    """Both employers, and everybody's balance that moved."""
    rows = tuple(
        (
            each.account_no,
            each.name,
            desk.open_text(each.id_number_sealed),
            amount(each.balance_fen),
        )
        for each in event.people
    )
    return Document(
        **desk.head(DocumentKind.TRANSFER, event.header),
        fields=(
            Field("转入单位账号", event.target_employer_no),
            Field("转入账户机构", desk.register.employer(event.target_employer_no).branch_name),
            Field("转入单位名称", event.target_employer_name, wide=True),
        ),
        table=Table(COLUMNS_OUT, rows),
        totals=_totals(len(rows), event.amount_fen),
    )


def document_in(event: AccountsTransferredIn, desk: Desk) -> Document:
    """Both employers, and what everybody contributes from now on."""
    source = desk.register.employer(event.source_employer_no)
    rows = tuple(
        (
            *desk.who(account),
            amount(account.base_fen),
            amount(account.employer_share_fen + account.employee_share_fen),
        )
        for account in event.accounts
    )
    return Document(
        **desk.head(DocumentKind.TRANSFER_IN, event.header),
        fields=(
            Field("转出单位账号", event.source_employer_no),
            Field("转出账户机构", source.branch_name),
            Field("转出单位名称", source.name, wide=True),
        ),
        table=Table(COLUMNS_IN, rows),
        totals=_totals(len(rows), event.amount_fen),
    )


def _totals(count: int, amount_fen: int) -> tuple[Total, Total]:
    return Total("转移总人数", people(count)), Total.of_fen("转移总金额", amount_fen)
