"""Random sequences of the roster's businesses against a simple model: same roster, same amounts due, any order.

Every event is delivered twice half of the time, and processes die before or after their commits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kit.events import Event
from services.kit.money import format_yuan
from services.kit.months import YearMonth
from tests.system.city import City
from tests.system.lists import account_nos, due, submit_rows
from tests.system.people import (
    agent_of,
    check_books,
    open_accounts,
    outcome,
    pay_in,
    person,
    preview,
    register,
    remit,
)
from tests.system.read_side import story_of
from tests.system.roster_model import Model, ModelEmployer, ModelPerson, ModelTerm
from tests.system.two_keys import TwoKeys

POSTED = business_pb2.BUSINESS_STATE_POSTED
FIRST = YearMonth(2019, 7)
STEPS = 14

_employers = count(40_000)
_people = count(700_000)


class Hall:
    """The real city and the model, doing the same."""

    def __init__(self, city: City, rng: random.Random) -> None:
        self.city = city
        self.rng = rng
        self.model = Model()
        self.current = YearMonth(2019, 9)
        city.clock.moment = datetime(2019, 9, 20, 2, tzinfo=UTC)
        for _ in range(2):
            employer_no = register(city, next(_employers))
            self.model.employers[employer_no] = ModelEmployer(employer_no, FIRST, [(FIRST, 12, 10)])
            city.settle()
            self.open_accounts(employer_no)

    def step(self) -> None:
        businesses: list[Callable[[str], None]] = [
            self.open_accounts,
            self.seal,
            self.unseal,
            self.change_base,
            self.change_rates,
            self.remit,
            self.transfer,
            self.next_month,
        ]
        business = self.rng.choice(businesses)
        business(self.rng.choice(list(self.model.employers)))
        self.city.settle()

    # ------------------------------------------------------------ businesses

    def open_accounts(self, employer_no: str) -> None:
        employer = self.model.employers[employer_no]
        month = employer.next_month + self.rng.randint(0, 2)
        bases = [self.rng.randint(150_000, 2_500_000) for _ in range(self.rng.randint(1, 3))]
        rows = [person(next(_people), base=format_yuan(base), month=str(month)) for base in bases]
        open_accounts(self.city, employer_no, rows)
        for account_no, base in zip(account_nos(self.city, employer_no), bases, strict=True):
            opened = ModelPerson(account_no, employer_no)
            opened.renew(employer_no, employer.terms_from(month, base))
            self.model.people[account_no] = opened

    def seal(self, employer_no: str) -> None:
        found = self._anyone(employer_no, active=True)
        if found is None:
            return
        first = max(self.model.employers[employer_no].next_month, found.here[0].since)
        month = first + self.rng.randint(0, 2)
        row = {
            "account_no": found.account_no,
            "seal_reason": "01",
            "effective_month": str(month),
        }
        submit_rows(self.city, employer_no, "seal", [row])
        last = found.last
        sealed = ModelTerm(month, False, last.base_fen, last.employer_rate, last.employee_rate)
        found.renew(employer_no, [sealed])

    def unseal(self, employer_no: str) -> None:
        found = self._anyone(employer_no, active=False)
        if found is None:
            return
        employer = self.model.employers[employer_no]
        month = self._month_after(employer_no, found)
        base = self.rng.randint(150_000, 2_500_000)
        row = {
            "account_no": found.account_no,
            "base": format_yuan(base),
            "effective_month": str(month),
            "unseal_kind": "01",
        }
        submit_rows(self.city, employer_no, "unseal", [row])
        found.renew(employer_no, employer.terms_from(month, base))

    def change_base(self, employer_no: str) -> None:
        found = self._anyone(employer_no, active=True)
        if found is None:
            return
        base = found.last.base_fen + self.rng.choice([-100, 100, 12_345])
        base = min(max(base, 150_000), 2_500_000)
        if base == found.last.base_fen:
            return
        row = {"account_no": found.account_no, "base": format_yuan(base)}
        submit_rows(self.city, employer_no, "base_change", [row])
        month = max(self.model.employers[employer_no].next_month, found.here[0].since)
        counting = found.counting(employer_no, month)
        assert counting is not None
        later = [each for each in found.here if each.since > month]
        fresh = [
            ModelTerm(since, term.active, base, term.employer_rate, term.employee_rate)
            for since, term in [(month, counting), *((each.since, each) for each in later)]
        ]
        found.renew(employer_no, fresh)

    def change_rates(self, employer_no: str) -> None:
        employer = self.model.employers[employer_no]
        rates = self.rng.randint(5, 12), self.rng.randint(5, 12)
        month = employer.next_month + self.rng.randint(0, 2)
        if rates == employer.rates_in(month):
            return
        request = collection.ChangeRatesRequest(
            limits=events.RateLimits(
                employer_rate_min=rates[0],
                employer_rate_max=rates[0],
                employee_rate_min=rates[1],
                employee_rate_max=rates[1],
            ),
            effective_month=month.to_int(),
        )
        self.city.call(
            "collection", request, collection.ChangeRatesResponse, by=agent_of(employer_no)
        )
        employer.set_rates(month, rates)
        for found in self.model.people_of(employer_no):
            self._move_rates(found, employer, month)

    def _move_rates(self, found: ModelPerson, employer: ModelEmployer, month: YearMonth) -> None:
        counting = found.counting(employer.employer_no, month)
        ahead = [each for each in found.here if each.since > month]
        moved = [] if counting is None else [(month, counting)]
        for since, term in [*moved, *((each.since, each) for each in ahead)]:
            if term.active:
                rates = employer.rates_in(since)
                found.put(employer.employer_no, ModelTerm(since, True, term.base_fen, *rates))

    def remit(self, employer_no: str) -> None:
        employer = self.model.employers[employer_no]
        if employer.next_month > self.current:
            return
        months = list(employer.next_month.through(self.current))
        months = months[: self.rng.randint(1, len(months))]
        amount = sum(self.model.due(employer_no, month)[1] for month in months)
        if not amount:
            return
        pay_in(self.city, employer_no, amount)
        to_month = months[-1].to_int()
        business = remit(
            self.city, employer_no, to_month, due=preview(self.city, employer_no, to_month)
        )
        assert (business.state, business.amount_fen) == (POSTED, amount)
        employer.paid_through = months[-1]

    def transfer(self, employer_no: str) -> None:
        (target_no,) = [each for each in self.model.employers if each != employer_no]
        found = self._anyone(employer_no, active=self.rng.random() < 0.8)
        if found is None or self._status_now(found) != found.last.active:
            return
        business = submit_rows(
            self.city,
            employer_no,
            "transfer",
            [{"account_no": found.account_no}],
            header={"target_employer_no": target_no},
        )
        self.city.settle()
        done = outcome(self.city, employer_no, business.registration_no, owner="collection")
        assert done.state == POSTED
        self._move_person(found, target_no)

    def _move_person(self, found: ModelPerson, target_no: str) -> None:
        source = self.model.employers[found.employer_no]
        target = self.model.employers[target_no]
        last = found.last
        found.terms[target_no] = []
        left = ModelTerm(
            source.next_month, False, last.base_fen, last.employer_rate, last.employee_rate
        )
        found.renew(source.employer_no, [left])
        joined = target.terms_from(target.next_month, last.base_fen, active=last.active)
        found.renew(target_no, joined)
        found.employer_no = target_no

    def next_month(self, _employer_no: str) -> None:
        self.current = self.current + 1
        day = self.current.first_day()
        self.city.clock.moment = datetime(day.year, day.month, 15, 2, tzinfo=UTC)
        self.city.tick("collection", "show what has begun")

    # ------------------------------------------------------------ choices and checks

    def _anyone(self, employer_no: str, *, active: bool) -> ModelPerson | None:
        """Somebody whose present status and newest term agree on being active or not."""
        found = [
            each
            for each in self.model.people_of(employer_no)
            if each.last.active == active and self._status_now(each) == active
        ]
        return self.rng.choice(found) if found else None

    def _status_now(self, found: ModelPerson) -> bool:
        counting = found.counting(found.employer_no, self.current)
        return (counting or found.here[0]).active

    def _month_after(self, employer_no: str, found: ModelPerson) -> YearMonth:
        first = max(self.model.employers[employer_no].next_month, found.last.since)
        return first + self.rng.randint(0, 2)

    def check(self) -> None:
        """The roster and everything due are the model's, for every employer and month that can be remitted."""
        for employer in self.model.employers.values():
            if employer.next_month > self.current:
                continue
            months = list(employer.next_month.through(self.current))
            expected = [self.model.due(employer.employer_no, month) for month in months]
            if not sum(heads for heads, _ in expected):
                continue
            found = due(self.city, employer.employer_no, self.current.to_int())
            assert [(each.headcount, each.amount_fen) for each in found.months] == expected


@pytest.fixture(scope="module")
def lasting_city(
    service_db: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
    stories: list[Event],
) -> Iterator[City]:
    made = City(service_db, Path(tmp_path_factory.mktemp("city")))
    yield made
    stories += story_of(made)
    made.close()


@pytest.fixture(scope="module")
def city_of_two_keys(
    service_db: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
    stories: list[Event],
) -> Iterator[City]:
    made = TwoKeys(service_db, Path(tmp_path_factory.mktemp("two_keys")))
    yield made
    stories += story_of(made)
    made.close()


any_sequence = given(seed=st.integers(0, 2**32))
lasting = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


@settings(lasting, max_examples=12)
@any_sequence
def test_any_sequence_leaves_the_models_roster_and_amounts(lasting_city: City, seed: int) -> None:
    play(lasting_city, seed)


@settings(lasting, max_examples=4)
@any_sequence
def test_any_sequence_that_a_second_key_approves_leaves_the_same(
    city_of_two_keys: City, seed: int
) -> None:
    play(city_of_two_keys, seed)


def play(city: City, seed: int) -> None:
    """Some steps, each compared with the model's."""
    hall = Hall(city, random.Random(seed))
    faults = city.faults
    faults.random = random.Random(seed)
    faults.twice, faults.dies_before_commit, faults.dies_after_commit = 0.5, 0.05, 0.05
    for _ in range(STEPS):
        hall.step()
        hall.check()
    faults.dies_before_commit = faults.dies_after_commit = 0
    city.settle()  # what is left would be told by the next city on these databases
    assert check_books(city).clean
