"""缴存比例调整业务回单 (manual §5.6)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import RatesChanged

from services.receipt.documents.desk import Desk, month, people, rate
from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    Field,
    Table,
    Total,
)

_BEFORE, _AFTER = "调整前", "调整后"
COLUMNS = (
    Column("项目", 40),
    Column("上限", 30, Align.CENTRE, _BEFORE),
    Column("下限", 30, Align.CENTRE, _BEFORE),
    Column("上限", 30, Align.CENTRE, _AFTER),
    Column("下限", 30, Align.CENTRE, _AFTER),
)


def document_of(event: RatesChanged, desk: Desk) -> Document:
    """Both sides' limits before and after, from when they count, and how many people were moved to the nearest one."""
    old, new = event.before, event.after
    rows = (
        (
            "单位比例",
            rate(old.employer_rate_max),
            rate(old.employer_rate_min),
            rate(new.employer_rate_max),
            rate(new.employer_rate_min),
        ),
        (
            "个人比例",
            rate(old.employee_rate_max),
            rate(old.employee_rate_min),
            rate(new.employee_rate_max),
            rate(new.employee_rate_min),
        ),
    )
    return Document(
        **desk.head(DocumentKind.RATE_CHANGE, event.header),
        fields=(Field("启用年月", month(event.effective_month)),),
        table=Table(COLUMNS, rows),
        totals=(Total("随之调整人数", people(len(event.accounts))),),
    )
