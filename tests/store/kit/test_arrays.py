"""A list that was handed to PostgreSQL is the list that comes back, whatever its texts contain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from services.kit.db import Database

# PostgreSQL keeps no NUL in a text; a lone surrogate is no character.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "text"),
        (
            ["NULL", "null", "", " ", "a,b", "{x}", "'", '"', "\\", "\\'", '\\"', "䶮𠮷", "%s"],
            "text",
        ),
        ([0, -1, 2**62], "bigint"),
        ([b"", b"\x00\xff\\'\"", bytes(range(256))], "bytea"),
        (["a", None], "text"),
        ([1, None], "bigint"),
        ([True, False], "boolean"),
    ],
)
def test_a_list_comes_back_as_it_was(
    connection_to: Callable[[str], Connection], values: list[object], kind: str
) -> None:
    assert round_trip(connection_to("deposit"), values, kind) == values


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(texts, max_size=5))
def test_any_texts_come_back_as_they_were(
    connection_to: Callable[[str], Connection], values: list[str]
) -> None:
    assert round_trip(connection_to("deposit"), values, "text") == values


def test_a_list_of_thousands_is_one_constant_to_the_server(
    service_db: Callable[[str], str],
) -> None:
    database = Database(service_db("deposit"))
    with database.transaction() as connection:
        cursor = connection.connection.cursor()
        written = cursor.mogrify("SELECT %s", ([f"{n:012d}" for n in range(3)],))
    database.close()

    assert written == b"""SELECT '{"000000000000","000000000001","000000000002"}'"""


def round_trip(connection: Connection, values: list[object], kind: str) -> list[object]:
    found = connection.execute(text(f"SELECT CAST(:values AS {kind}[])"), {"values": values})
    return [bytes(each) if isinstance(each, memoryview) else each for each in found.scalar_one()]
