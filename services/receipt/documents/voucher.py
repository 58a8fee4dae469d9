"""缴存凭证 (manual §7.2): one deposit business as the employer books it."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.receipt.documents.deposit_words import KIND_TITLES, TRANSACTION_TYPES
from services.receipt.documents.desk import Desk, amount, month, people
from services.receipt.rendering.document import Document, DocumentKind, Field, Total


def document_of(event: Any, desk: Desk) -> Document:
    """The business's line of the employer's details; its date is the day on which it was posted.

    `event` is any of deposit's with a `header` and a `statement`.
    """
    line = event.statement
    head = desk.head(DocumentKind.VOUCHER, event.header)
    return Document(
        **{**head, "business_date": date.fromisoformat(line.posted_on)},
        fields=(
            Field("业务类型", KIND_TITLES[line.kind]),
            Field("交易类型", TRANSACTION_TYPES.get(line.transaction_type, "正常")),
            Field("起始年月", month(line.from_month)),
            Field("截止年月", month(line.to_month)),
            Field("缴存人数", people(line.headcount)),
            Field("暂存款转出金额", amount(line.suspense_out_fen)),
            Field("暂存款转入金额", amount(line.suspense_in_fen)),
            Field("暂存款余额", amount(line.suspense_after_fen)),
        ),
        totals=(Total.of_fen("缴存金额", line.amount_fen),),
    )
