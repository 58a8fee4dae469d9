"""Random sequences of everything that moves money against a simple model, under double deliveries and deaths: after
each step the books check is clean and every figure is the model's."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from hpf.common.v1 import business_pb2
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.kit.clock import business_date
from services.kit.errors import field_errors_of, reason_of
from services.kit.ids import new_id
from services.kit.money import format_yuan
from services.kit.months import YearMonth
from tests.system.city import City, Refused
from tests.system.deposit_city import (
    back_pay,
    back_payment_row,
    employer_with,
    find,
    move_clock,
    reverse,
    run_interest,
    transfer,
)
from tests.system.deposit_model import Credit, Model, Payment, Person, Stay
from tests.system.people import check_books, pay_in, remit
from tests.system.read_side import check_read_side, story_of

POSTED = business_pb2.BUSINESS_STATE_POSTED

# Bases with awkward shares: 22 % of 1234.56 is 148.15 + 123.46.
BASES = {"5000.00": 110_000, "1834.56": 40_361, "16317.00": 358_974}


class Books:
    """The real city and the model, doing the same. Each step takes its choices from its own `rng`."""

    def __init__(self, city: City, seed: int) -> None:
        self.city = city
        self.model = Model()
        self.year = 2020  # the next fund year to settle
        first, _ = self._employer("5000.00", "1834.56")
        second, _ = self._employer("16317.00")
        third, _ = self._employer()
        self.employers = [first, second, third]
        city.faults.random = random.Random(seed)
        city.faults.twice = 0.3
        city.faults.dies_before_commit = city.faults.dies_after_commit = 0.08

    def _employer(self, *bases: str) -> tuple[str, list[str]]:
        employer_no, accounts = employer_with(self.city, *bases)
        self.model.suspense[employer_no] = 0
        for base, account_no in zip(bases, accounts, strict=True):
            stay = Stay(employer_no, self.model.first_month)
            self.model.people[account_no] = Person(
                account_no, employer_no, BASES[base], [stay], settled_before=self.today
            )
        return employer_no, accounts

    # ------------------------------------------------------------ the bank

    def pay_in(self, rng: random.Random) -> None:
        employer_no, fen = rng.choice(self.employers), rng.randint(1, 3_000_000)
        business = pay_in(self.city, employer_no, fen, reference=new_id())
        self.model.pay_in(Payment(business.registration_no, employer_no, fen))

    def take_back_payment(self, rng: random.Random) -> None:
        if not self.model.payments:
            return
        payment = rng.choice(self.model.payments)
        spent = payment.amount_fen > self.model.suspense[payment.employer]
        refused = self._reverse(payment.registration_no)
        assert refused == ({"SUSPENSE_SPENT"} if spent else set())
        if not spent:
            self.model.take_back_payment(payment)

    # ------------------------------------------------------------ 缴存业务

    def remit(self, rng: random.Random) -> None:
        employer_no = rng.choice(self.employers)
        first = self.model.next_due(employer_no)
        last = min(first + rng.randint(0, 2), YearMonth.of(self.today))
        owed = self.model.due(employer_no, last)
        if not owed:
            return
        business = remit(self.city, employer_no, last.to_int())
        due = sum(owed.values())
        if due > self.model.suspense[employer_no]:
            assert reason_of(business.rejection) == "INSUFFICIENT_SUSPENSE"
            return
        assert (business.state, business.amount_fen) == (POSTED, due)
        number = business.registration_no
        credit = Credit(number, employer_no, self.today, first, last, owed)
        self.model.credit(credit, remitted=True)

    def back_pay(self, rng: random.Random) -> None:
        first_month = self.model.first_month
        people = [
            each
            for each in self.model.people.values()
            if self.model.next_due(each.employer) > first_month
        ]
        if not people:
            return
        person, fen = rng.choice(people), rng.randint(1, 400_000)
        last = max(self.model.next_due(person.employer) - 1 - rng.randint(0, 1), first_month)
        first = max(last - rng.randint(0, 3), first_month)
        refused, number = self._back_pay(person, fen, first, last)
        short = fen > self.model.suspense[person.employer]
        assert refused == ({"INSUFFICIENT_SUSPENSE"} if short else set())
        if not short:
            amounts = {person.account_no: fen}
            credit = Credit(number, person.employer, self.today, first, last, amounts)
            self.model.credit(credit, remitted=False)

    def take_back_credit(self, rng: random.Random) -> None:
        standing = [*self.model.remittances, *self.model.back_payments]
        if not standing:
            return
        credit = rng.choice(standing)
        obstacles = self.model.obstacles(credit)
        assert self._reverse(credit.registration_no) == obstacles
        if not obstacles:
            self.model.take_back(credit, today=self.today)

    # ------------------------------------------------------------ people and time

    def transfer(self, rng: random.Random) -> None:
        person = rng.choice(list(self.model.people.values()))
        target = rng.choice([each for each in self.employers if each != person.employer])
        transfer(self.city, person.employer, target, [person.account_no])
        self.model.transfer(person.account_no, target)

    def let_time_pass(self, rng: random.Random) -> None:
        days = timedelta(days=rng.randint(1, 120))
        self._go_to(min(self.today + days, date(self.year, 7, 20)))

    def settle_year(self, rng: random.Random) -> None:
        late = timedelta(days=rng.choice([0, 0, 3]))
        self._go_to(max(self.today, date(self.year, 7, 1) + late))
        run_interest(self.city, self.year)
        self.model.settle_year(self.year)
        self.year += 1

    # ------------------------------------------------------------ what must hold

    def check(self) -> None:
        checked = check_books(self.city)
        assert not checked.findings
        sums = {
            line.account_code: line.debit_fen - line.credit_fen for line in checked.trial_balance
        }
        people = self.model.people.values()
        assert sums == {
            "1001": self.model.bank_fen,
            "2001": -sum(self.model.suspense.values()),
            "2002": -sum(each.balance_fen for each in people),
            "2009": 0,
            "6001": self.model.interest_fen,
        }
        engine = self.city.runtimes["deposit"].database.engine
        with engine.connect() as connection:
            funds = connection.execute(
                text("SELECT account_no, employer_no, balance_fen FROM account_fund")
            )
            suspense = connection.execute(
                text("SELECT employer_no, suspense_fen, pending_registration_no FROM employer_fund")
            )
            assert sorted(map(tuple, funds)) == sorted(
                (each.account_no, each.employer, each.balance_fen) for each in people
            )
            assert sorted(map(tuple, suspense)) == sorted(
                (employer_no, fen, None) for employer_no, fen in self.model.suspense.items()
            )

    # ------------------------------------------------------------ leaves

    @property
    def today(self) -> date:
        return business_date(self.city.clock.now())

    def _go_to(self, day: date) -> None:
        move_clock(self.city, day.year, day.month, day.day)

    def _back_pay(
        self, person: Person, fen: int, first: YearMonth, last: YearMonth
    ) -> tuple[set[str], str]:
        """Pay some months back; why not, and the registration number when it was posted."""
        yuan = format_yuan(fen)
        rows = [back_payment_row(person.account_no, yuan, first.to_int(), last.to_int())]
        try:
            business = back_pay(self.city, person.employer, rows, amount=yuan)
        except Refused as refused:
            return {each.reason for each in field_errors_of(refused.status)}, ""
        assert (business.state, business.amount_fen) == (POSTED, fen)
        return set(), business.registration_no

    def _reverse(self, registration_no: str) -> set[str]:
        """Take a business back; the reasons why not, none when it was."""
        try:
            reversal = reverse(self.city, registration_no)
        except Refused as refused:
            return {each.reason for each in field_errors_of(refused.status)} or {refused.reason}
        assert reversal.state == POSTED
        found = find(self.city, registration_no)
        assert found.reversed_by_registration_no == reversal.registration_no
        return set()


#: How often each step comes, among all of them.
STEPS = {
    Books.pay_in: 4,
    Books.remit: 6,
    Books.back_pay: 4,
    Books.take_back_credit: 3,
    Books.take_back_payment: 1,
    Books.transfer: 2,
    Books.let_time_pass: 3,
    Books.settle_year: 1,
}

sequences = st.lists(
    st.tuples(
        st.sampled_from([step for step, often in STEPS.items() for _ in range(often)]),
        st.integers(0, 2**32),
    ),
    min_size=30,
    max_size=30,
)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(steps=sequences, seed=st.integers(0, 2**16))
def test_any_sequence_of_businesses_keeps_the_books_right(
    new_store: Callable[[str], str],
    tmp_path: Path,
    steps: list[tuple[Callable[[Books, random.Random], None], int]],
    seed: int,
) -> None:
    city = City(new_store, tmp_path)
    try:
        books = Books(city, seed)
        for step, choice in steps:
            note(f"{books.today} {step.__name__} {choice}")
            step(books, random.Random(choice))
            books.check()
        check_read_side(city, story_of(city), new_store)
    finally:
        city.close()
