"""Texts with a zero character: PostgreSQL keeps none, and nobody types one. They are refused where they come in."""

from __future__ import annotations

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_ZERO = "\0"


def path_of_zero(message: Message, body: bytes) -> str:
    """The path of the first text with a zero character, `rows[3].name`; empty when there is none.

    `body` is what the message was read from: most have no zero byte at all, and need no walk through their fields.
    """
    return _path_in(message) if b"\0" in body else ""


def _path_in(message: Message) -> str:
    for field, content in message.ListFields():
        if field.type == FieldDescriptor.TYPE_STRING:
            found = _in_texts(field, content)
        elif field.message_type is None:
            continue
        elif field.message_type.GetOptions().map_entry:
            found = _in_map(field, content)
        elif field.is_repeated:
            inner = ((f"{field.name}[{at}]", _path_in(each)) for at, each in enumerate(content))
            found = next((f"{path}.{rest}" for path, rest in inner if rest), "")
        else:
            rest = _path_in(content)
            found = f"{field.name}.{rest}" if rest else ""
        if found:
            return found
    return ""


def _in_texts(field: FieldDescriptor, content: object) -> str:
    if isinstance(content, str):
        return field.name if _ZERO in content else ""
    texts: list[str] = list(content)  # type: ignore[call-overload]  # repeated: a container of protobuf's own
    return next((f"{field.name}[{at}]" for at, each in enumerate(texts) if _ZERO in each), "")


def _in_map(field: FieldDescriptor, content: object) -> str:
    """A map counts as a whole: its key may be what has the zero."""
    for key, each in dict(content).items():  # type: ignore[call-overload]  # protobuf's own container
        inner = _path_in(each) if isinstance(each, Message) else _ZERO in str(each)
        if inner or _ZERO in str(key):
            return field.name
    return ""
