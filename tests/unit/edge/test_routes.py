"""What the edge offers follows from the options in the protos, and nothing starts without them."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from hpf.common.v1 import options_pb2

from services.edge.routes import all_routes, declared_routes, routes_of

PUBLIC, EMPLOYER = options_pb2.ACCESS_PUBLIC, options_pb2.ACCESS_EMPLOYER
READS, CHANGES = options_pb2.EFFECT_READS, options_pb2.EFFECT_CHANGES


def file_with(name: str, **shape: object) -> FileDescriptor:
    """A proto file with one method of this shape."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"hpf/{name}/v1/x.proto",
        package=f"hpf.{name}.v1",
        syntax="proto3",
        dependency=["hpf/common/v1/options.proto"],
    )
    file.message_type.add(name="Empty")
    method = file.service.add(name="S").method.add(
        name="M",
        input_type=f".hpf.{name}.v1.Empty",
        output_type=f".hpf.{name}.v1.Empty",
        client_streaming=bool(shape.get("client_streaming")),
        server_streaming=bool(shape.get("server_streaming")),
    )
    for option in ("access", "effect", "awaits_outcome"):
        if option in shape:
            method.options.Extensions[getattr(options_pb2, option)] = shape[option]
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindFileByName(file.name)


def test_staff_methods_are_not_offered() -> None:
    offered = {route.path for route in all_routes()}
    assert "/hpf.deposit.v1.DepositService/SubmitRemittance" in offered
    assert not [path for path in offered if "AdminService" in path]
    staff = {route.path for route in declared_routes()} - offered
    assert "/hpf.auth.v1.AuthAdminService/ListEndedSessions" in staff


def test_only_login_and_verification_are_public() -> None:
    owners = {route.owner for route in all_routes() if route.is_public}
    assert owners <= {"auth", "receipt"}


def test_route_knows_where_its_call_goes_and_what_to_do_with_the_answer() -> None:
    routes = {route.path: route for route in all_routes()}
    submit = routes["/hpf.deposit.v1.DepositService/SubmitRemittance"]
    assert (submit.owner, submit.method) == ("deposit", "SubmitRemittance")
    assert submit.changes
    assert submit.awaits_outcome
    assert not submit.streams
    assert routes["/hpf.query.v1.QueryService/ExportPeople"].streams


def test_method_names_are_unique_among_one_owner() -> None:
    names = [(route.owner, route.method) for route in declared_routes()]
    assert len(names) == len(set(names))  # the bus knows a method by owner and name only


@pytest.mark.parametrize(
    ("name", "shape", "complaint"),
    [
        ("noaccess", {"effect": READS}, "lacks its options"),
        ("noeffect", {"access": PUBLIC}, "lacks its options"),
        (
            "uploads",
            {"access": EMPLOYER, "effect": CHANGES, "client_streaming": True},
            "requests do not stream",
        ),
        (
            "nocontent",
            {"access": EMPLOYER, "effect": READS, "server_streaming": True},
            "needs a `bytes content` or a `business`",
        ),
        (
            "nobusiness",
            {"access": EMPLOYER, "effect": CHANGES, "awaits_outcome": True},
            "has no `business`",
        ),
    ],
)
def test_method_the_edge_cannot_serve_does_not_start(
    name: str, shape: dict[str, object], complaint: str
) -> None:
    file = file_with(name, **shape)
    with pytest.raises(ValueError, match=complaint):
        routes_of([file])
