"""缴存基数调整业务回单 (manual §5.7)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import BasesChanged

from services.receipt.documents.desk import (
    ACCOUNT,
    NAME,
    Desk,
    amount,
    money_column,
    month,
    people,
)
from services.receipt.rendering.document import Document, DocumentKind, Field, Table, Total

_BEFORE, _AFTER = "调整前", "调整后"
COLUMNS = (
    ACCOUNT,
    NAME,
    money_column("缴存基数", group=_BEFORE),
    money_column("缴存基数", group=_AFTER),
    money_column("月缴存额", group=_AFTER),
)


def document_of(event: BasesChanged, desk: Desk) -> Document:
    """The sums of the whole employer before and after, and each person whose base changed."""
    rows = tuple(
        (
            each.account_no,
            each.name,
            amount(each.base_before_fen),
            amount(each.base_after_fen),
            amount(each.monthly_after_fen),
        )
        for each in event.changes
    )
    return Document(
        **desk.head(DocumentKind.BASE_CHANGE, event.header),
        fields=(
            Field("调整前缴存基数", amount(event.total_base_before_fen)),
            Field("调整后缴存基数", amount(event.total_base_after_fen)),
            Field("调整前月缴存额", amount(event.total_monthly_before_fen)),
            Field("调整后月缴存额", amount(event.total_monthly_after_fen)),
            Field("启用年月", month(event.effective_month)),
        ),
        table=Table(COLUMNS, rows),
        totals=(
            Total("调整人数", people(len(rows))),
            Total.of_fen("调整后月缴存额", event.total_monthly_after_fen),
        ),
    )
