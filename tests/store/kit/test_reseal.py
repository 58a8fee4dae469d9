"""A new data key: what an older one sealed is sealed anew, whatever table it is in, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from services.kit import reseal as resealing
from services.kit.db import Database
from services.kit.reseal import reseal
from services.kit.vault import SealBroken, Vault

OLD_KEY, NEW_KEY = b"o" * 32, b"n" * 32
OLD = Vault("k1", {"k1": OLD_KEY}, b"i" * 32)
BOTH = Vault("k2", {"k1": OLD_KEY, "k2": NEW_KEY}, b"i" * 32)
NEW = Vault("k2", {"k2": NEW_KEY}, b"i" * 32)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url, pool_size=1)
    with made.transaction() as connection:
        connection.execute(text("CREATE TABLE resealed (id int, a_sealed bytea, b_sealed bytea)"))
    yield made
    with made.transaction() as connection:
        connection.execute(text("DROP TABLE resealed"))
    made.close()


def put(database: Database, number: int, first: bytes | None, second: bytes) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("INSERT INTO resealed VALUES (:id, :a, :b)"),
            {"id": number, "a": first, "b": second},
        )


def values(database: Database) -> list[tuple[bytes | None, bytes]]:
    with database.transaction() as connection:
        rows = connection.execute(text("SELECT a_sealed, b_sealed FROM resealed ORDER BY id"))
        return [(None if a is None else bytes(a), bytes(b)) for a, b in rows]


def counts(database: Database, vault: Vault = BOTH) -> dict[str, int]:
    found = reseal(database, vault)
    return {name: count for name, count in found.items() if name.startswith("resealed.")}


def test_everything_opens_without_the_old_key_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH_ROWS", 3)
    for number in range(10):
        put(database, number, OLD.seal_text(f"a{number}"), OLD.seal_text(f"b{number}"))

    assert counts(database) == {"resealed.a_sealed": 10, "resealed.b_sealed": 10}

    opened = [(NEW.open_text(a or b""), NEW.open_text(b)) for a, b in values(database)]
    assert opened == [(f"a{number}", f"b{number}") for number in range(10)]


def test_a_second_run_and_values_of_the_new_key_are_left_alone(database: Database) -> None:
    put(database, 1, OLD.seal_text("old"), NEW.seal_text("new"))
    kept = values(database)[0][1]
    assert counts(database) == {"resealed.a_sealed": 1, "resealed.b_sealed": 0}
    assert counts(database) == {"resealed.a_sealed": 0, "resealed.b_sealed": 0}
    assert values(database)[0][1] == kept


def test_what_is_empty_or_absent_stays_so(database: Database) -> None:
    put(database, 1, None, b"")
    assert counts(database) == {"resealed.a_sealed": 0, "resealed.b_sealed": 0}
    assert values(database) == [(None, b"")]


def test_a_value_that_no_key_opens_stops_the_run_and_is_not_touched(database: Database) -> None:
    put(database, 1, OLD.seal_text("old"), b"")
    before = values(database)
    with pytest.raises(SealBroken):
        counts(database, NEW)
    assert values(database) == before
