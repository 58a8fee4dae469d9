"""The grammar every proto of ours keeps, after the Google API improvement proposals.

What a reader, a generated client and the edge rely on: AIP-191 (file layout), 126 and 216
(enums), 131-136 (methods), 155 (request ids).
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClassesForFiles

OPTIONS_FILE = "hpf/common/v1/options.proto"
REQUEST_ID = "request_id"


def problems(files: FileDescriptorSet) -> list[str]:
    """Every breach, as `place: what is wrong`; empty when all is well."""
    messages = {
        f".{file.package}.{message.name}": message
        for file in files.file
        for message in file.message_type
    }
    return [
        f"{place}: {wrong}"
        for file in files.file
        for place, wrong in (
            *_file_problems(file),
            *_enum_problems(file),
            *_method_problems(file, messages=messages, options=_MethodOptions(files)),
        )
    ]


class _MethodOptions:
    """Reads our own method options out of plain descriptors."""

    def __init__(self, files: FileDescriptorSet) -> None:
        pool = DescriptorPool()
        described = FileDescriptorProto()
        # The options extend a message of descriptor.proto, so the pool needs that file too.
        MethodDescriptorProto.DESCRIPTOR.file.CopyToProto(described)
        pool.Add(described)
        pool.Add(next(file for file in files.file if file.name == OPTIONS_FILE))
        classes = GetMessageClassesForFiles([described.name, OPTIONS_FILE], pool)
        self._class = classes["google.protobuf.MethodOptions"]

    def of(self, method: MethodDescriptorProto) -> dict[str, int]:
        options: Message = self._class.FromString(method.options.SerializeToString())
        return {field.name: value for field, value in options.ListFields() if field.is_extension}


def _file_problems(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    expected = file.name.rpartition("/")[0].replace("/", ".")
    if file.package != expected:
        yield file.name, f"package is {file.package!r}, the folder says {expected!r}"
    if file.syntax != "proto3":
        yield file.name, "not proto3"


def _enum_problems(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for path, enum in _enums(file):
        prefix = _upper_snake(enum.name)
        if enum.value[0].number != 0 or enum.value[0].name != f"{prefix}_UNSPECIFIED":
            yield path, f"the first value must be {prefix}_UNSPECIFIED = 0"
        for value in enum.value:
            if not value.name.startswith(f"{prefix}_"):
                yield f"{path}.{value.name}", f"must begin with {prefix}_"


def _method_problems(
    file: FileDescriptorProto, *, messages: dict[str, DescriptorProto], options: _MethodOptions
) -> Iterator[tuple[str, str]]:
    for service in file.service:
        if not service.name.endswith("Service"):
            yield f"{file.package}.{service.name}", "a service's name ends with Service"
        for method in service.method:
            place = f"{file.package}.{service.name}.{method.name}"
            for wrong in _wrong_with(method, service, messages=messages, options=options):
                yield place, wrong


def _wrong_with(
    method: MethodDescriptorProto,
    service: ServiceDescriptorProto,
    *,
    messages: dict[str, DescriptorProto],
    options: _MethodOptions,
) -> Iterator[str]:
    if not method.input_type.endswith(f".{method.name}Request"):
        yield f"takes {method.input_type}, not {method.name}Request"
    # A stream's messages are pieces of the answer and named so.
    if not method.server_streaming and not method.output_type.endswith(f".{method.name}Response"):
        yield f"returns {method.output_type}, not {method.name}Response"
    said = options.of(method)
    for name in ("access", "effect"):
        if not said.get(name):
            yield f"lacks the option {name}"
    request = messages.get(method.input_type)
    if request is not None and said.get("effect") == _EFFECT_CHANGES:
        fields = {field.name for field in request.field}
        if REQUEST_ID not in fields:
            yield f"changes something but {request.name} has no {REQUEST_ID}"


_EFFECT_CHANGES = 2


def _enums(file: FileDescriptorProto) -> Iterator[tuple[str, EnumDescriptorProto]]:
    for enum in file.enum_type:
        yield f"{file.package}.{enum.name}", enum
    for message in file.message_type:
        yield from _nested_enums(message, f"{file.package}.{message.name}")


def _nested_enums(message: DescriptorProto, path: str) -> Iterator[tuple[str, EnumDescriptorProto]]:
    for enum in message.enum_type:
        yield f"{path}.{enum.name}", enum
    for nested in message.nested_type:
        yield from _nested_enums(nested, f"{path}.{nested.name}")


def _upper_snake(name: str) -> str:
    parts = ("_" + letter if letter.isupper() and at else letter for at, letter in enumerate(name))
    return "".join(parts).upper()
