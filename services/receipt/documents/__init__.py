"""Which event makes which document: one file per business of the manual, each with one function.

A business gets its receipt by a file here and a line in `DOCUMENTS`. Every such event carries a `BusinessHeader
header`; what is shown is what the manual shows for the business, in its words and order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt.documents import open_accounts, remittance
from services.receipt.documents.desk import Desk
from services.receipt.rendering.document import Document

DocumentOf = Callable[[Any, Desk], Document]

#: By owner of the event and class of the event.
DOCUMENTS: Mapping[str, Mapping[type[Message], DocumentOf]] = {
    "collection": {
        collection.AccountsOpened: open_accounts.document_of,
    },
    "deposit": {
        deposit.RemittancePosted: remittance.document_of,
    },
}
