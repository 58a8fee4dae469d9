"""What counts as breaking an older client, and what does not."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from deploy.protos.breaking import breaks

RELEASED = """
file {
  name: "hall/v1/hall_service.proto" package: "hall.v1" syntax: "proto3"
  message_type {
    name: "Person"
    field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "base_fen" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL }
  }
  enum_type {
    name: "Kind"
    value { name: "KIND_UNSPECIFIED" number: 0 }
    value { name: "KIND_OPEN" number: 1 }
  }
  service {
    name: "HallService"
    method { name: "Get" input_type: ".hall.v1.Person" output_type: ".hall.v1.Person" }
  }
}
"""
BASE_FIELD = 'field { name: "base_fen" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL }'
OPEN_VALUE = 'value { name: "KIND_OPEN" number: 1 }'


def parsed(text: str) -> FileDescriptorSet:
    return text_format.Parse(text, FileDescriptorSet())


def broken_by(old: str, new: str) -> list[str]:
    assert old in RELEASED
    return breaks(released=parsed(RELEASED), now=parsed(RELEASED.replace(old, new)))


def test_the_same_protos_break_nothing() -> None:
    assert breaks(released=parsed(RELEASED), now=parsed(RELEASED)) == []


def test_an_added_field_breaks_nothing() -> None:
    added = f'{BASE_FIELD} field {{ name: "mobile" number: 3 type: TYPE_STRING }}'

    assert broken_by(BASE_FIELD, added) == []


def test_a_removed_field_is_reported() -> None:
    assert broken_by(BASE_FIELD, "") == [
        "hall.v1.Person.base_fen: removed without reserving its number and name"
    ]


def test_a_removed_field_with_number_and_name_reserved_breaks_nothing() -> None:
    reserved = 'reserved_range { start: 2 end: 3 } reserved_name: "base_fen"'

    assert broken_by(BASE_FIELD, reserved) == []


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (BASE_FIELD.replace("base_fen", "wage_fen"), "renamed to wage_fen"),
        (BASE_FIELD.replace("INT64", "STRING"), "type changed to TYPE_STRING"),
        (BASE_FIELD.replace("OPTIONAL", "REPEATED"), "changed between single and repeated"),
    ],
    ids=["renamed", "retyped", "repeated"],
)
def test_a_changed_field_is_reported(new: str, problem: str) -> None:
    assert broken_by(BASE_FIELD, new) == [f"hall.v1.Person.base_fen: {problem}"]


def test_a_removed_enum_value_is_reported() -> None:
    assert broken_by(OPEN_VALUE, "") == [
        "hall.v1.Kind.KIND_OPEN: removed without reserving its number"
    ]


def test_a_method_that_begins_to_stream_is_reported() -> None:
    assert broken_by('method { name: "Get"', 'method { server_streaming: true name: "Get"') == [
        "hall.v1.HallService.Get: request, response or streaming changed"
    ]
