"""What the contract tests walk: every file, message, field and method of `protos/`, as generated."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from hpf.common.v1 import business_pb2

from deploy.protos.compiling import proto_files


def files() -> list[FileDescriptor]:
    return [
        import_module(path.removesuffix(".proto").replace("/", ".") + "_pb2").DESCRIPTOR
        for path in proto_files()
    ]


def messages() -> Iterator[Descriptor]:
    """Every message, nested ones too, but not the entries that maps are made of."""
    waiting = [each for file in files() for each in file.message_types_by_name.values()]
    while waiting:
        message = waiting.pop()
        if not message.GetOptions().map_entry:
            yield message
            waiting += message.nested_types


def fields() -> Iterator[FieldDescriptor]:
    return (field for message in messages() for field in message.fields)


def services() -> list[ServiceDescriptor]:
    return [each for file in files() for each in file.services_by_name.values()]


def methods() -> list[MethodDescriptor]:
    return [method for service in services() for method in service.methods]


def events() -> list[Descriptor]:
    """Messages of `*_events.proto` that no other message contains: what is published, not what it is made of."""
    parts = {field.message_type.full_name for field in fields() if field.message_type is not None}
    published = [
        message
        for file in files()
        if file.name.endswith("_events.proto")
        for message in file.message_types_by_name.values()
        if message.full_name not in parts
    ]
    return [*published, business_pb2.BusinessFinished.DESCRIPTOR]
