"""After a change of the data key the hall goes on without the old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.kit.reseal import reseal
from services.kit.vault import Vault
from tests.system.city import City
from tests.system.people import open_accounts, pay_in, person, register, remit

NEW_KEY = b"n" * 32


@pytest.fixture
def city(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """On stores of its own: the other tests' rows keep their key."""
    made = City(new_store, tmp_path)
    yield made
    made.close()


def test_the_hall_works_with_the_new_key_alone(city: City) -> None:
    employer_no = register(city, 88_001)
    open_accounts(city, employer_no, [person(188_001)])
    city.settle()
    both = Vault("k2", {**city.vault.keys, "k2": NEW_KEY}, city.vault.index_key)

    for runtime in city.runtimes.values():
        assert sum(reseal(runtime.database, both).values()) > 0
        runtime.vault = Vault("k2", {"k2": NEW_KEY}, city.vault.index_key)

    pay_in(city, employer_no, 330_000)
    assert remit(city, employer_no, 201909).amount_fen == 330_000
