"""Query's Replay is older than the common one and travels as it: the two have the same fields and numbers."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import Descriptor
from hpf.common.v1 import replay_pb2
from hpf.query.v1 import query_service_pb2

NAMES = ["Replay", "OwnerProgress", "TableDifference"]
ENUMS = ["ReplayState", "ReplayPurpose"]


def fields_of(message: Descriptor) -> list[tuple[int, str, int]]:
    return [(each.number, each.name, each.type) for each in message.fields]


@pytest.mark.parametrize("name", NAMES)
def test_replay_has_the_same_fields_in_query_as_in_common(name: str) -> None:
    common, own = (
        each.DESCRIPTOR.message_types_by_name for each in (replay_pb2, query_service_pb2)
    )
    assert fields_of(own[name]) == fields_of(common[name])


@pytest.mark.parametrize("name", ENUMS)
def test_replay_has_the_same_values_in_query_as_in_common(name: str) -> None:
    common, own = (each.DESCRIPTOR.enum_types_by_name for each in (replay_pb2, query_service_pb2))
    assert own[name].values_by_name.keys() == common[name].values_by_name.keys()
    for value in own[name].values:
        assert common[name].values_by_number[value.number].name == value.name
