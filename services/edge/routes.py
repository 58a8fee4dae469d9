"""Every method of the protos as a row: where a gRPC call goes on the bus and what the edge must do with it.

Nothing here names a method. What streams is a file in pieces (`bytes content`) or a business under way (`business`). `declared_routes` is everything, `all_routes` what the edge offers: methods for the
centre's staff stay on the bus. A method whose options or shape the edge cannot serve does not start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.common.v1 import business_pb2, options_pb2

from services.kit.registry import SERVICES


@dataclass(frozen=True, slots=True)
class Route:
    """One method. `service` is its full gRPC name, `owner` the service that answers it on the bus."""

    service: str
    owner: str
    method: str
    access: int
    changes: bool
    awaits_outcome: bool
    streams: bool
    after_closing: bool
    is_download: bool
    descriptor: MethodDescriptor

    @property
    def path(self) -> str:
        """As gRPC calls it: `/hpf.deposit.v1.DepositService/SubmitRemittance`."""
        return f"/{self.service}/{self.method}"

    @property
    def is_public(self) -> bool:
        return bool(self.access == options_pb2.ACCESS_PUBLIC)

    @property
    def is_offered(self) -> bool:
        return self.access in (options_pb2.ACCESS_PUBLIC, options_pb2.ACCESS_EMPLOYER)

    @property
    def reply_class(self) -> type[Message]:
        return GetMessageClass(self.descriptor.output_type)


def all_routes() -> list[Route]:
    """What the edge offers."""
    return [route for route in declared_routes() if route.is_offered]


def declared_routes() -> list[Route]:
    """Every method of every service, those for the centre's staff too."""
    files = [import_module(f"hpf.{name}.v1.{name}_service_pb2").DESCRIPTOR for name in SERVICES]
    return routes_of(files)


def movements() -> list[type[Message]]:
    """Every event that moves a business on, of every service."""
    files = [import_module(f"hpf.{name}.v1.{name}_events_pb2").DESCRIPTOR for name in SERVICES]
    return [
        GetMessageClass(message)
        for file in files
        for message in file.message_types_by_name.values()
        if message.GetOptions().Extensions[options_pb2.moves_business]
    ]


def routes_of(files: Iterable[FileDescriptor]) -> list[Route]:
    """The methods of these proto files; raises ValueError for one the edge cannot serve."""
    return [
        _route(method)
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
    ]


def _route(method: MethodDescriptor) -> Route:
    access, effect = _option(method, options_pb2.access), _option(method, options_pb2.effect)
    awaits = bool(_option(method, options_pb2.awaits_outcome))
    if not access or not effect:
        raise ValueError(f"{method.full_name} lacks its options")
    if method.client_streaming:
        raise ValueError(f"{method.full_name}: requests do not stream")
    is_download = _has(method, "content", FieldDescriptor.TYPE_BYTES)
    if method.server_streaming and not is_download and not _carries_business(method):
        raise ValueError(f"{method.full_name}: a stream needs a `bytes content` or a `business`")
    if awaits and not _carries_business(method):
        raise ValueError(f"{method.full_name}: awaits an outcome, its reply has no `business`")
    return Route(
        service=method.containing_service.full_name,
        owner=method.containing_service.file.package.split(".")[1],
        method=method.name,
        access=access,
        changes=effect == options_pb2.EFFECT_CHANGES,
        awaits_outcome=awaits,
        streams=bool(method.server_streaming),
        after_closing=bool(_option(method, options_pb2.after_closing)),
        is_download=bool(method.server_streaming) and is_download,
        descriptor=method,
    )


def _option(method: MethodDescriptor, extension: Any) -> int:
    return int(method.GetOptions().Extensions[extension])


def _has(method: MethodDescriptor, name: str, kind: int) -> bool:
    field = method.output_type.fields_by_name.get(name)
    return field is not None and field.type == kind


def _carries_business(method: MethodDescriptor) -> bool:
    field = method.output_type.fields_by_name.get("business")
    if field is None or field.message_type is None:
        return False
    return bool(field.message_type.full_name == business_pb2.Business.DESCRIPTOR.full_name)
