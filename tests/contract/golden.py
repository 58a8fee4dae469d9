"""Golden events: one stored message of every type, with every field filled, and what a reader must find in it.

`python -m tests.contract.golden` writes those that are missing. A stored one is never written again: its bytes are
what consumers have been sent, so they must go on meaning the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

from tests.contract import protos

FOLDER = Path(__file__).with_name("golden")
BYTES = ".binpb"
MEANING = ".json"


def sample(descriptor: Descriptor) -> Message:
    """A message with every field set to something that only this field has: its number, its name."""
    if descriptor.full_name == status_pb2.Status.DESCRIPTOR.full_name:
        return _refusal()
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        value = _value(field)
        if field.is_repeated:
            getattr(message, field.name).extend([value, value])
        elif isinstance(value, Message):
            getattr(message, field.name).CopyFrom(value)
        else:
            setattr(message, field.name, value)
    return message


def meaning(message: Message) -> dict[str, Any]:
    """The message as a reader sees it, with field names as in the protos."""
    found: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return found


def stored(descriptor: Descriptor, *, kind: str) -> Path:
    return FOLDER / f"{descriptor.full_name}{kind}"


def _value(field: FieldDescriptor) -> Any:
    if field.message_type is not None:
        return sample(field.message_type)
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.type == FieldDescriptor.TYPE_STRING:
        return f"{field.name} 䶮"
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes([field.number, 0, 255])
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    return 1000 + field.number


def _refusal() -> status_pb2.Status:
    status = status_pb2.Status(code=9, message="REASON: a sentence")
    info = error_details_pb2.ErrorInfo(reason="REASON", domain="hpf", metadata={"due": "1.00"})
    status.details.add().Pack(info)
    return status


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for descriptor in protos.events():
        content = stored(descriptor, kind=BYTES)
        if content.exists():
            continue
        message = sample(descriptor)
        content.write_bytes(message.SerializeToString(deterministic=True))
        text = json.dumps(meaning(message), ensure_ascii=False, indent=1, sort_keys=True)
        stored(descriptor, kind=MEANING).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
