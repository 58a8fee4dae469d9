"""Random sequences of everything that moves money against a simple model, under double deliveries and deaths: after
each step the books check is clean and every figure is the model's."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.system.city import City
from tests.system.deposit_books import Books
from tests.system.read_side import check_read_side, story_of

STEPS_MAX = 36

#: How often each step comes, among all of them.
STEPS = {
    Books.pay_in: 4,
    Books.pay_in_for_nobody: 2,
    Books.allocate: 3,
    Books.recall: 1,
    Books.take_back_payment: 2,
    Books.remit: 8,
    Books.back_pay: 3,
    Books.back_pay_in_full: 3,
    Books.take_back_credit: 3,
    Books.seal: 2,
    Books.unseal: 2,
    Books.change_base: 2,
    Books.transfer: 2,
    Books.let_time_pass: 5,
    Books.settle_year: 1,
}

#: Each step by its place and a number: the simplest sequence, which is always tried, is one of many kinds of steps.
sequences = st.lists(st.integers(0, 2**32), min_size=STEPS_MAX, max_size=STEPS_MAX)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(choices=sequences, seed=st.integers(0, 2**16))
def test_any_sequence_of_businesses_keeps_the_books_right(
    new_store: Callable[[str], str],
    tmp_path: Path,
    choices: list[int],
    seed: int,
) -> None:
    city = City(new_store, tmp_path)
    try:
        books = Books(city, seed)
        for place, choice in enumerate(choices):
            rng = random.Random(place * 2**33 + choice)
            (step,) = rng.choices(list(STEPS), list(STEPS.values()))
            note(f"{books.today} {step.__name__} {place} {choice}")
            step(books, rng)
            books.check()
        check_read_side(city, story_of(city), new_store)
    finally:
        city.close()
