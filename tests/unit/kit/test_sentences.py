"""The first few of many, as a Chinese sentence names them."""

from __future__ import annotations

from services.kit.sentences import first_of


def test_five_are_named_and_more_are_hinted_at() -> None:
    assert first_of(["甲", "乙"]) == "甲、乙"
    assert first_of(list("12345")) == "1、2、3、4、5"
    assert first_of(list("123456")) == "1、2、3、4、5 等"


def test_a_sentence_may_name_fewer() -> None:
    assert first_of(list("1234"), at_most=3) == "1、2、3 等"
