"""Identifiers: random ids for messages, and numbers with a check digit for things that people read out and type."""

from __future__ import annotations

import re
import uuid

_REQUEST_ID = re.compile(r"^[0-9a-zA-Z_-]{8,64}\Z")


def new_id() -> str:
    """A random id for an event, a request or a session."""
    return str(uuid.uuid4())


def is_request_id(text: str) -> bool:
    """Whether a client's `request_id` can be kept: 8 to 64 letters, digits, `-` or `_`."""
    return bool(_REQUEST_ID.match(text))


def with_check_digit(digits: str) -> str:
    """`digits` and its Luhn check digit, so that one mistyped digit is never somebody else's number."""
    return digits + str(_luhn(digits + "0", want=0))


def has_check_digit(number: str) -> bool:
    """Whether `number` is all digits and ends in its own check digit."""
    return number.isascii() and number.isdigit() and with_check_digit(number[:-1]) == number


def _luhn(digits: str, *, want: int) -> int:
    total = 0
    for index, char in enumerate(reversed(digits)):
        digit = int(char) * (2 if index % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return (want - total) % 10
