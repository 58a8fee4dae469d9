"""The documents tell of every event and every reason, as the code has them."""

from __future__ import annotations

import re
import string
from collections import Counter
from itertools import chain

import pytest
from google.protobuf.descriptor import Descriptor

from deploy.docs import errors, events
from deploy.docs.words import WORDS
from services.kit.errors import RETRYABLE, Kind, Reason
from services.kit.registry import SERVICES
from tests.contract import protos

MODULES = list(errors.CHAPTERS)
REASONS = list(dict.fromkeys(chain.from_iterable(errors.reasons_of(each) for each in MODULES)))
MAKE = "run `python -m deploy.docs`"
CHINESE = re.compile(r"[\u4e00-\u9fff]")

#: Its sentence is made where the number is judged, one for each fault of each kind of number.
SENTENCE_IS_A_FACT = {("ID_NUMBER_INVALID", "{fault}")}


def _code(reason: Reason) -> str:
    return reason.code


def test_errors_page_is_up_to_date() -> None:
    assert errors.PAGE.read_text(encoding="utf-8") == errors.page(), MAKE


def test_events_page_is_up_to_date() -> None:
    assert events.PAGE.read_text(encoding="utf-8") == events.page(), MAKE


def test_events_page_says_what_every_event_part_and_field_means() -> None:
    assert events.undescribed(events.Protos.read()) == []


def test_a_word_that_no_field_is_called_by_is_gone() -> None:
    read = events.Protos.read()
    told = [*read.events, *events.SHARED]
    names = [*told, *read.parts_of(told)]
    called = {each.name for name in names for each in read.messages[name].field}
    assert set(WORDS) - called == set()


def test_every_service_has_a_chapter_of_errors() -> None:
    modules = {f"services.{name}.errors" for name in (*SERVICES, "edge")}
    assert modules <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_code_means_one_thing_within_a_service(module: str) -> None:
    counted = Counter(reason.code for reason in errors.reasons_of(module))
    assert [code for code, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("reason", REASONS, ids=_code)
def test_reason_has_a_chinese_sentence_for_people_and_an_english_one_for_engineers(
    reason: Reason,
) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", reason.code)
    assert CHINESE.search(reason.zh) or (reason.code, reason.zh) in SENTENCE_IS_A_FACT
    assert reason.en
    assert not CHINESE.search(reason.en)
    assert all(_names_of(each) is not None for each in (reason.zh, reason.en))


@pytest.mark.parametrize("reason", REASONS, ids=_code)
def test_only_what_may_be_tried_again_says_after_how_long(reason: Reason) -> None:
    # Not found, yet with a time to try again: it may be on its way between two services.
    assert not reason.retry_after_ms or reason.kind in RETRYABLE | {Kind.NOT_FOUND}


def _names_of(sentence: str) -> list[str]:
    """Facts that a sentence names; raises ValueError when its braces are not in order."""
    return [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]


@pytest.mark.parametrize("event", protos.events(), ids=lambda event: event.name)
def test_events_page_tells_of_every_event_and_field(event: Descriptor) -> None:
    page = events.PAGE.read_text(encoding="utf-8")
    told = re.search(rf"^#### {event.name}$(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert told is not None
    assert [field.name for field in event.fields if f"`{field.name}`" not in told.group(1)] == []
