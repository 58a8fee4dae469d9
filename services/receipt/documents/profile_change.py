"""单位基本资料变更业务回单 (manual §5.5)."""

from __future__ import annotations

from hpf.collection.v1.collection_events_pb2 import ProfileChanged

from services.receipt.documents.desk import NOTHING, Desk
from services.receipt.rendering.document import Column, Document, DocumentKind, Table, Total

COLUMNS = (Column("单位可修改信息", 40), Column("修改前", 65), Column("修改后", 65))


def document_of(event: ProfileChanged, desk: Desk) -> Document:
    """Each changed field before and after; personal data comes masked."""
    rows = tuple(
        (each.title, each.before or NOTHING, each.after or NOTHING) for each in event.changes
    )
    return Document(
        **desk.head(DocumentKind.PROFILE_CHANGE, event.header),
        table=Table(COLUMNS, rows),
        totals=(Total("变更项数", f"{len(rows)}项"),),
        notes=(),
    )
