"""What receipt tells the world; the worker writes it in the transaction that ends its job."""

from __future__ import annotations

from typing import Any

from hpf.receipt.v1 import receipt_events_pb2
from sqlalchemy import Row


def ready(row: Row[Any], *, sha256: str) -> receipt_events_pb2.ReceiptReady:
    """The receipt's first print, or one that was made again, can be downloaded."""
    return receipt_events_pb2.ReceiptReady(
        registration_no=row.registration_no, kind=row.kind, sha256=sha256
    )


def failed(row: Row[Any], *, failure: str) -> receipt_events_pb2.ReceiptFailed:
    """Rendering was given up; staff can see why and render again."""
    return receipt_events_pb2.ReceiptFailed(
        registration_no=row.registration_no, kind=row.kind, reason=failure
    )
