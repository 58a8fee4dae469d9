"""补缴业务回单 (manual §6.2)."""

from __future__ import annotations

from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt.documents.desk import (
    ACCOUNT,
    ID_NUMBER,
    NAME,
    PAID_FROM,
    Desk,
    amount,
    money_column,
    month,
    month_column,
    people,
)
from services.receipt.rendering.document import Document, DocumentKind, Field, Table, Total

KINDS = {
    deposit.BACK_PAYMENT_KIND_FULL: "正常全额补缴",
    deposit.BACK_PAYMENT_KIND_ARBITRARY: "不定额补缴",
}
COLUMNS = (
    ACCOUNT,
    NAME,
    ID_NUMBER,
    money_column("补缴金额"),
    month_column("开始年月"),
    month_column("截止年月"),
)


def document_of(event: deposit.BackPaymentPosted, desk: Desk) -> Document:
    """What was paid from the suspense, and for whom and which months."""
    known = desk.register.people([line.account_no for line in event.lines])
    rows = tuple(
        (
            line.account_no,
            known[line.account_no].name,
            known[line.account_no].id_number,
            amount(line.amount_fen),
            month(line.from_month),
            month(line.to_month),
        )
        for line in event.lines
    )
    return Document(
        **desk.head(DocumentKind.BACK_PAYMENT, event.header),
        fields=(
            Field("补缴类型", KINDS[event.kind]),
            Field("缴款方式", PAID_FROM),
            Field("补缴金额", amount(event.amount_fen)),
            Field("补缴人数", people(event.headcount)),
            Field("实际缴款金额", amount(event.amount_fen)),
            Field("暂存款转出金额", amount(event.suspense_out_fen)),
            Field("暂存款转入金额", amount(event.suspense_in_fen)),
            Field("暂存款可用金额", amount(event.suspense_after_fen)),
        ),
        table=Table(COLUMNS, rows),
        totals=(Total.of_fen("补缴金额合计", event.amount_fen),),
    )
