"""Events that the read tables follow: every one of both owners, so that no version of an employer is missed.

What an event means for the tables follows from what it carries (`projection`), not from its name: a business that
tells of employers, accounts, money, statement or ledger lines needs nothing new here.
"""

from __future__ import annotations

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.collection.v1 import collection_events_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

COLLECTION = "collection"
DEPOSIT = "deposit"

OWNERS: dict[str, FileDescriptor] = {
    COLLECTION: collection_events_pb2.DESCRIPTOR,
    DEPOSIT: deposit_events_pb2.DESCRIPTOR,
}


def messages_of(owner: str) -> list[type[Message]]:
    """Every message that may come as an event of `owner`. Parts of events are among them; they never come."""
    declared = OWNERS[owner].message_types_by_name.values()
    return [*(GetMessageClass(each) for each in declared), business_pb2.BusinessFinished]
