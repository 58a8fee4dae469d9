"""冲正业务回单: a deposit business taken back by new entries. The paper of that business is marked from then on."""

from __future__ import annotations

from hpf.deposit.v1.deposit_events_pb2 import BusinessReversed

from services.receipt.documents.deposit_words import KIND_TITLES, TRANSACTION_TYPES
from services.receipt.documents.desk import NOTHING, Desk, amount, month, people
from services.receipt.rendering.document import Document, DocumentKind, Field, Total

#: Stands across every later print of what was taken back.
MARK = "已冲正"


def document_of(event: BusinessReversed, desk: Desk) -> Document:
    """What was taken back and why, and what that did to the employer's suspense."""
    return Document(
        **desk.head(DocumentKind.REVERSAL, event.header),
        fields=(
            Field("被冲正登记号", event.reversed_registration_no),
            Field("被冲正业务", KIND_TITLES.get(event.reversed_kind, NOTHING)),
            Field("冲正方式", TRANSACTION_TYPES.get(event.transaction_type, NOTHING)),
            Field("涉及人数", people(event.headcount)),
            Field("起始年月", month(event.from_month)),
            Field("截止年月", month(event.to_month)),
            Field("暂存款转出金额", amount(event.suspense_out_fen)),
            Field("暂存款转入金额", amount(event.suspense_in_fen)),
            Field("暂存款余额", amount(event.suspense_after_fen)),
            Field("冲正原因", event.reason or NOTHING, wide=True),
        ),
        totals=(Total.of_fen("冲正金额", event.amount_fen),),
    )
