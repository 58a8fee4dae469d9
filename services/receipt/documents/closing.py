"""单位注销业务回单 (manual §5.8)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import EmployerClosed

from services.receipt.documents.desk import Desk, amount, people
from services.receipt.rendering.document import Document, DocumentKind, Field


def document_of(event: EmployerClosed, desk: Desk) -> Document:
    """Why, and the zeros without which no employer is closed."""
    return Document(
        **desk.head(DocumentKind.CLOSING, event.header),
        fields=(
            Field("注销原因", event.close_reason_title),
            Field("注销日期", event.employer.closed_on or event.header.business_date),
            Field("单位账户余额", amount(0)),
            Field("单位暂存款余额", amount(0)),
            Field("个人账户数", people(0)),
        ),
    )
