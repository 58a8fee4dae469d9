"""汇缴业务回单 (manual §6.1)."""

from __future__ import annotations

from hpf.deposit.v1.deposit_events_pb2 import RemittancePosted

from services.receipt.documents.desk import PAID_FROM, Desk, amount, month, people
from services.receipt.rendering.document import Document, DocumentKind, Field, Total


def document_of(event: RemittancePosted, desk: Desk) -> Document:
    """The last remittance and this one, and what it did to the employer's suspense."""
    return Document(
        **desk.head(DocumentKind.REMITTANCE, event.header),
        fields=(
            Field("上次汇缴月", month(event.last_month)),
            Field("上月汇缴人数", people(event.last_headcount)),
            Field("上月汇缴金额", amount(event.last_amount_fen)),
            Field("本次缴款方式", PAID_FROM),
            Field("本次汇缴起始月", month(event.from_month)),
            Field("本次汇缴截止月", month(event.to_month)),
            Field("本次汇缴金额", amount(event.amount_fen)),
            Field("实际缴款金额", amount(event.amount_fen)),
            Field("暂存款转出金额", amount(event.suspense_out_fen)),
            Field("暂存款转入金额", amount(event.suspense_in_fen)),
            Field("暂存款余额", amount(event.suspense_after_fen)),
        ),
        totals=(Total.of_fen("汇缴金额合计", event.amount_fen),),
    )
