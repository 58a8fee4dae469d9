"""个人账户设立业务回单 (manual §5.1)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import AccountsOpened, AccountState

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
    rate,
)
from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    Table,
    Total,
)

COLUMNS = (
    ACCOUNT,
    NAME,
    ID_NUMBER,
    money_column("缴存基数"),
    Column("单位比例", 17, Align.CENTRE),
    Column("个人比例", 17, Align.CENTRE),
    Column("单位月缴", 22, Align.RIGHT),
    Column("个人月缴", 22, Align.RIGHT),
    money_column("月缴总额"),
    month_column("启用年月"),
    Column("手机号", 26, Align.CENTRE),
)


def document_of(event: AccountsOpened, desk: Desk) -> Document:
    """Everybody whose account was opened, with the headcount and the sum of the monthly amounts."""
    return Document(
        **desk.head(DocumentKind.OPEN_ACCOUNTS, event.header),
        table=Table(COLUMNS, tuple(_row(account, desk) for account in event.accounts)),
        totals=(
            Total("人数合计", people(len(event.accounts))),
            Total.of_fen("月缴额合计", event.total_monthly_fen),
        ),
    )


def _row(account: AccountState, desk: Desk) -> tuple[str, ...]:
    monthly_fen = account.employer_share_fen + account.employee_share_fen
    return (
        *desk.who(account),
        amount(account.base_fen),
        rate(account.employer_rate),
        rate(account.employee_rate),
        amount(account.employer_share_fen),
        amount(account.employee_share_fen),
        amount(monthly_fen),
        month(account.effective_month),
        desk.open_text(account.mobile_sealed),
    )
