"""Events that auth follows: whatever carries an employer as it stands, or the head of a posted business.

What an event means here follows from what it carries, not from its name: a later business needs nothing new.
"""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2


def followed(file: FileDescriptor) -> list[type[Message]]:
    """The events of an owner that carry one of the two."""
    found = file.message_types_by_name.values()
    return [GetMessageClass(each) for each in found if has_employer(each) or has_header(each)]


def has_employer(event: Descriptor) -> bool:
    return _carries(event, "employer", collection.EmployerState.DESCRIPTOR.full_name)


def has_header(event: Descriptor) -> bool:
    return _carries(event, "header", business_pb2.BusinessHeader.DESCRIPTOR.full_name)


def _carries(event: Descriptor, name: str, kind: str) -> bool:
    field = event.fields_by_name.get(name)
    if field is None or field.message_type is None:
        return False
    return bool(field.message_type.full_name == kind)
