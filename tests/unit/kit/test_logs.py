"""A failure is told by its kind and its place; its own words may be a person's."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from services.kit.logs import account_of

NAME = "张三"


class RowRefused(Exception):
    """What psycopg2 raises, with the attributes that are read of it."""

    pgcode = "23514"

    class diag:  # psycopg2's name
        constraint_name = "account_name_check"


def failing(error: Exception) -> Exception:
    with pytest.raises(type(error)) as raised:
        raise error
    return raised.value


def test_a_failure_is_told_with_its_place_and_without_its_words() -> None:
    told = account_of(failing(ValueError(f"{NAME} is no number")))

    assert told.startswith("ValueError\n")
    assert "in failing" in told
    assert NAME not in told


def test_a_failed_statement_is_told_by_its_constraint_and_without_the_row() -> None:
    refused = RowRefused(f"DETAIL: Failing row contains ({NAME})")
    told = account_of(failing(IntegrityError("INSERT", {"name": NAME}, refused)))

    assert told.startswith("RowRefused sqlstate=23514 constraint=account_name_check\n")
    assert NAME not in told
