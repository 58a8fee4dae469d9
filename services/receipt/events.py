"""What receipt hears, and what it tells the world; the worker writes that in the transaction that ends its job."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.collection.v1 import collection_events_pb2
from hpf.deposit.v1 import deposit_events_pb2
from hpf.receipt.v1 import receipt_events_pb2
from sqlalchemy import Row

from services.receipt.documents import documents_made_of

OWNERS: dict[str, FileDescriptor] = {
    "collection": collection_events_pb2.DESCRIPTOR,
    "deposit": deposit_events_pb2.DESCRIPTOR,
}
# What the register keeps, by field and type; see `handlers.register`.
KEPT = {
    ("employer", collection_events_pb2.EmployerState.DESCRIPTOR),
    ("accounts", collection_events_pb2.AccountState.DESCRIPTOR),
    ("people", collection_events_pb2.TransferredPerson.DESCRIPTOR),
    ("money", deposit_events_pb2.EmployerMoney.DESCRIPTOR),
}


def messages_of(owner: str) -> list[type[Message]]:
    """The events of `owner` that make a document or tell the register something."""
    declared = (GetMessageClass(each) for each in OWNERS[owner].message_types_by_name.values())
    return [
        each
        for each in declared
        if documents_made_of(each)
        or any((field.name, field.message_type) in KEPT for field in each.DESCRIPTOR.fields)
    ]


def ready(row: Row[Any], *, sha256: str) -> receipt_events_pb2.ReceiptReady:
    """The document's first print, or one that was made again, can be downloaded."""
    return receipt_events_pb2.ReceiptReady(
        registration_no=row.registration_no,
        kind=row.kind,
        sha256=sha256,
        document_no=row.document_no,
    )


def failed(row: Row[Any], *, failure: str) -> receipt_events_pb2.ReceiptFailed:
    """Rendering was given up; staff can see why and render again."""
    return receipt_events_pb2.ReceiptFailed(
        registration_no=row.registration_no,
        kind=row.kind,
        reason=failure,
        document_no=row.document_no,
    )
