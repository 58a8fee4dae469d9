"""A service of its own for bus tests: descriptors made at run time, with every kind of method the options allow."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message_factory import GetMessageClass
from hpf.common.v1 import business_pb2, options_pb2

PACKAGE = "hpf.toy.v1"
_TEXT = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
_BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE

_MESSAGES = {
    "Note": [("request_id", _TEXT), ("text", _TEXT)],
    "Noted": [("text", _TEXT)],
    "Piece": [("name", _TEXT), ("content", _BYTES)],
    "Started": [("business", _MESSAGE)],
}
_PUBLIC, _EMPLOYER, _STAFF = 1, 2, 3
_READS, _CHANGES = 1, 2
# name: access, effect, reply, streams, awaits an outcome
_METHODS: dict[str, tuple[int, int, str, bool, bool]] = {
    "Ping": (_PUBLIC, _READS, "Noted", False, False),
    "Echo": (_EMPLOYER, _READS, "Noted", False, False),
    "Sleep": (_EMPLOYER, _READS, "Noted", False, False),
    "Keep": (_EMPLOYER, _CHANGES, "Noted", False, False),
    "Break": (_EMPLOYER, _READS, "Noted", False, False),
    "Refuse": (_EMPLOYER, _READS, "Noted", False, False),
    "Begin": (_EMPLOYER, _CHANGES, "Started", False, True),
    "Fetch": (_EMPLOYER, _READS, "Piece", True, False),
    "Watch": (_EMPLOYER, _READS, "Started", True, False),
    "Manage": (_STAFF, _CHANGES, "Noted", False, False),
}


def _build() -> FileDescriptor:
    file = descriptor_pb2.FileDescriptorProto(
        name="hpf/toy/v1/toy_service.proto",
        package=PACKAGE,
        syntax="proto3",
        dependency=["hpf/common/v1/options.proto", "hpf/common/v1/business.proto"],
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            added = message.field.add(name=field, number=number, type=kind, label=1)
            if kind == _MESSAGE:
                added.type_name = ".hpf.common.v1.Business"
    service = file.service.add(name="ToyService")
    for name, (access, effect, reply, streams, awaits) in _METHODS.items():
        method = service.method.add(
            name=name,
            input_type=f".{PACKAGE}.Note",
            output_type=f".{PACKAGE}.{reply}",
            server_streaming=streams,
        )
        _options(method, access, effect, awaits)
    get = service.method.add(
        name="GetBusiness",
        input_type=".hpf.common.v1.GetBusinessRequest",
        output_type=".hpf.common.v1.GetBusinessResponse",
    )
    _options(get, _EMPLOYER, _READS, False)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindFileByName(file.name)


def _options(method: Any, access: int, effect: int, awaits: bool) -> None:
    options = method.options.Extensions
    options[options_pb2.access] = access
    options[options_pb2.effect] = effect
    options[options_pb2.awaits_outcome] = awaits


assert business_pb2.DESCRIPTOR is not None  # loaded first: the toy's file depends on it
FILE = _build()
SERVICE = FILE.services_by_name["ToyService"]
Note: Any = GetMessageClass(FILE.message_types_by_name["Note"])
Noted: Any = GetMessageClass(FILE.message_types_by_name["Noted"])
Piece: Any = GetMessageClass(FILE.message_types_by_name["Piece"])
Started: Any = GetMessageClass(FILE.message_types_by_name["Started"])
