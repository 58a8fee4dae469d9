"""Events once sent go on meaning the same: stored bytes of every type, read by today's code."""

from __future__ import annotations

import json

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass

from services.kit.events import event_type
from tests.contract import golden, protos


def _named(descriptor: Descriptor) -> str:
    return descriptor.full_name


@pytest.mark.parametrize("descriptor", protos.events(), ids=_named)
def test_stored_event_still_means_the_same(descriptor: Descriptor) -> None:
    content = golden.stored(descriptor, kind=golden.BYTES)
    assert content.is_file(), "store it with `python -m tests.contract.golden`"
    message = GetMessageClass(descriptor).FromString(content.read_bytes())
    expected = golden.stored(descriptor, kind=golden.MEANING).read_text(encoding="utf-8")
    assert golden.meaning(message) == json.loads(expected)


@pytest.mark.parametrize("descriptor", protos.events(), ids=_named)
def test_stored_event_is_written_the_same_again(descriptor: Descriptor) -> None:
    content = golden.stored(descriptor, kind=golden.BYTES).read_bytes()
    message = GetMessageClass(descriptor).FromString(content)
    assert message.SerializeToString(deterministic=True) == content


def test_every_stored_event_is_of_a_type_that_still_exists() -> None:
    known = {event_type(GetMessageClass(each)) for each in protos.events()}
    stored = {path.name.removesuffix(golden.BYTES) for path in golden.FOLDER.glob("*.binpb")}
    assert stored - known == set()
