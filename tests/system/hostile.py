"""Requests as somebody makes them who wants to break a service: of the right type, and wrong in everything else."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.kit.ids import new_id

TEXTS = (
    "",
    "a\0b",
    " ",
    "-1",
    "0",
    "00000000000000000000",
    "99999999999999999999999999",
    "1e309",
    "NaN",
    "-Infinity",
    "1.005",
    "１２３４．５６",
    "٣٤٥",
    "201913",
    "2019-02-30",
    "0000-00-00",
    "9999-12-31",
    "2019-09-20",
    "2019-09-20T25:61:61Z",
    "'; DROP TABLE outbox; --",
    "%s%n{}{0.__class__}",
    "../../../../etc/passwd",
    "\r\n\tX: y",
    "\u202e\u2066\ufeff",
    "\ue000𠮷🀄" * 50,
    "李" * 5_000,
    "[" * 5_000,
    '{"a": [null]}',
    "CN=a,CN=b\\,+",
    "13800001234",
    "130702199001011234",
    "91130701MA0ABCDE1X",
)
CONTENTS = (
    b"",
    b"\0",
    b"PK\x03\x04" + b"\xff" * 500,
    b"0\x82\x01\x00",
    b"\xff\xfe" * 99,
    b'a,b\n"',
)
#: No message of ours is as deep.
DEPTH_MAX = 3
#: Whatever stands in these refuses the whole request, so that nothing else in it is looked at.
MOSTLY_SKIPPED = {"page_token": 0.9, "signature": 0.9}
MONTHS = (0, 1, -1, 201907, 201913, 999912, 190001)


@dataclass(frozen=True)
class Maker:
    """Makes messages out of `chance`."""

    chance: random.Random
    #: What the services know, by the name of the field: most go in as they should, or nothing behind them is reached.
    known: Mapping[str, Sequence[str]]

    def request(self, descriptor: Descriptor) -> Message:
        """One request. Its id is good, or nothing behind it would ever be reached."""
        made = self._message(descriptor, depth=0)
        if "request_id" in descriptor.fields_by_name and self.chance.random() < 0.95:
            made.request_id = new_id()
        return made

    def _message(self, descriptor: Descriptor, *, depth: int) -> Message:
        made = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            skipped = MOSTLY_SKIPPED.get(field.name, 0.25)
            if depth > DEPTH_MAX or self.chance.random() < skipped:
                continue
            if field.is_repeated:
                self._fill(made, field, depth=depth)
            elif field.message_type is not None:
                getattr(made, field.name).MergeFrom(
                    self._message(field.message_type, depth=depth + 1)
                )
            else:
                setattr(made, field.name, self._value(field))
        return made

    def _fill(self, made: Message, field: FieldDescriptor, *, depth: int) -> None:
        many, kind = getattr(made, field.name), field.message_type
        for _ in range(self.chance.choice((0, 1, 3, 40))):
            if kind is not None and kind.GetOptions().map_entry:
                name = self._text("column")
                many[name] = self._text(name)
            elif kind is not None:
                many.add().MergeFrom(self._message(kind, depth=depth + 1))
            else:
                many.append(self._value(field))

    def _value(self, field: FieldDescriptor) -> object:
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._text(field.name)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self.chance.choice((*CONTENTS, self.chance.randbytes(200)))
        if field.type == FieldDescriptor.TYPE_BOOL:
            return self.chance.random() < 0.5
        if field.type == FieldDescriptor.TYPE_ENUM:
            return self.chance.choice((*field.enum_type.values_by_number, 99, -1, 2**31 - 1))
        return self._number(field)

    def _number(self, field: FieldDescriptor) -> int:
        bits = 64 if "64" in _KINDS[field.cpp_type] else 32
        signed = not _KINDS[field.cpp_type].startswith("u")
        top = 2 ** (bits - 1 if signed else bits) - 1
        low = -top - 1 if signed else 0
        return self.chance.choice([*(each for each in MONTHS if each >= low), top, top - 1, low])

    def _text(self, field: str) -> str:
        right = self.known.get(field, ())
        if right and self.chance.random() < 0.7:
            return self.chance.choice(right)
        return self.chance.choice(TEXTS)


_KINDS = {
    FieldDescriptor.CPPTYPE_INT32: "int32",
    FieldDescriptor.CPPTYPE_INT64: "int64",
    FieldDescriptor.CPPTYPE_UINT32: "uint32",
    FieldDescriptor.CPPTYPE_UINT64: "uint64",
}
