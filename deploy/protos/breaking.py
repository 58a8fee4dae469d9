"""Finds changes that a client or consumer built on an earlier release would not survive.

Compared are wire format and JSON names. Adding is always allowed; removing needs the number and
the name reserved, so that neither is ever given another meaning.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)


def breaks(*, released: FileDescriptorSet, now: FileDescriptorSet) -> list[str]:
    """Every promise of `released` that `now` does not keep; empty when all are kept."""
    old_messages, old_enums = _types(released)
    new_messages, new_enums = _types(now)
    return [
        *_messages(old_messages, new_messages),
        *_enums(old_enums, new_enums),
        *_methods(_by_name(released), _by_name(now)),
    ]


def _messages(old: dict[str, DescriptorProto], new: dict[str, DescriptorProto]) -> Iterator[str]:
    for name, message in old.items():
        if name not in new:
            yield f"{name}: message removed"
            continue
        fields = {field.number: field for field in new[name].field}
        for field in message.field:
            place = f"{name}.{field.name}"
            if field.number in fields:
                yield from (f"{place}: {wrong}" for wrong in _field(field, fields[field.number]))
            elif not _is_reserved(new[name], field):
                yield f"{place}: removed without reserving its number and name"


def _field(old: FieldDescriptorProto, new: FieldDescriptorProto) -> Iterator[str]:
    if old.name != new.name:
        yield f"renamed to {new.name}"
    if (old.type, old.type_name) != (new.type, new.type_name):
        yield f"type changed to {new.type_name or new.Type.Name(new.type)}"
    if (old.label == old.LABEL_REPEATED) != (new.label == new.LABEL_REPEATED):
        yield "changed between single and repeated"
    if _oneof(old) != _oneof(new):
        yield "moved into or out of a oneof"


def _oneof(field: FieldDescriptorProto) -> int | None:
    """The real oneof of a field; `optional` makes a synthetic one that no wire format shows."""
    return (
        field.oneof_index if field.HasField("oneof_index") and not field.proto3_optional else None
    )


def _is_reserved(message: DescriptorProto, field: FieldDescriptorProto) -> bool:
    numbers = any(each.start <= field.number < each.end for each in message.reserved_range)
    return numbers and field.name in message.reserved_name


def _enums(
    old: dict[str, EnumDescriptorProto], new: dict[str, EnumDescriptorProto]
) -> Iterator[str]:
    for name, enum in old.items():
        if name not in new:
            yield f"{name}: enum removed"
            continue
        values = {value.number: value.name for value in new[name].value}
        for value in enum.value:
            reserved = any(
                each.start <= value.number <= each.end for each in new[name].reserved_range
            )
            if value.number not in values and not reserved:
                yield f"{name}.{value.name}: removed without reserving its number"
            elif values.get(value.number, value.name) != value.name:
                yield f"{name}.{value.name}: renamed to {values[value.number]}"


def _methods(
    old: dict[str, MethodDescriptorProto], new: dict[str, MethodDescriptorProto]
) -> Iterator[str]:
    for name, method in old.items():
        if name not in new:
            yield f"{name}: method removed"
        elif _signature(method) != _signature(new[name]):
            yield f"{name}: request, response or streaming changed"


def _signature(method: MethodDescriptorProto) -> tuple[str, str, bool, bool]:
    return (
        method.input_type,
        method.output_type,
        method.client_streaming,
        method.server_streaming,
    )


def _by_name(files: FileDescriptorSet) -> dict[str, MethodDescriptorProto]:
    return {
        f"{file.package}.{service.name}.{method.name}": method
        for file in files.file
        for service in file.service
        for method in service.method
    }


def _types(
    files: FileDescriptorSet,
) -> tuple[dict[str, DescriptorProto], dict[str, EnumDescriptorProto]]:
    messages: dict[str, DescriptorProto] = {}
    enums: dict[str, EnumDescriptorProto] = {}
    for file in files.file:
        enums |= {f"{file.package}.{enum.name}": enum for enum in file.enum_type}
        waiting = [(f"{file.package}.{each.name}", each) for each in file.message_type]
        while waiting:
            name, message = waiting.pop()
            messages[name] = message
            enums |= {f"{name}.{enum.name}": enum for enum in message.enum_type}
            waiting += [(f"{name}.{nested.name}", nested) for nested in message.nested_type]
    return messages, enums
