"""Random sequences of everything that moves money against a simple model, under double deliveries and deaths: after
each step the books check is clean and every figure is the model's."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from hpf.common.v1 import business_pb2
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from services.kit.clock import business_date
from services.kit.errors import field_errors_of, reason_of
from services.kit.ids import new_id
from services.kit.migrate import migrate
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

POSTED = business_pb2.BUSINESS_STATE_POSTED

# Bases with awkward shares: 22 % of 1234.56 is 148.15 + 123.46.
BASES = {"5000.00": 110_000, "1834.56": 40_360, "16317.00": 358_974}

Pick = st.integers(0, 1_000_000)


class Books(RuleBasedStateMachine):
    """The real city and the model, doing the same."""

    make_city: Callable[[], City]

    @initialize(seed=st.integers(0, 2**16))
    def open(self, seed: int) -> None:
        self.city = self.make_city()
        self.model = Model()
        self.city.faults.random = random.Random(seed)
        first, _ = self._employer("5000.00", "1834.56")
        second, _ = self._employer("16317.00")
        third, _ = self._employer()
        self.employers = [first, second, third]
        self.year = 2020  # the next fund year to settle
        self.city.faults.twice = 0.3
        self.city.faults.dies_before_commit = self.city.faults.dies_after_commit = 0.08

    def teardown(self) -> None:
        if hasattr(self, "city"):
            self.city.close()

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

    @rule(which=Pick, fen=st.integers(1, 3_000_000))
    def money_comes_in(self, which: int, fen: int) -> None:
        employer_no = self._pick(self.employers, which)
        business = pay_in(self.city, employer_no, fen, reference=new_id())
        self.model.pay_in(Payment(business.registration_no, employer_no, fen))

    @precondition(lambda self: self.model.payments)
    @rule(which=Pick)
    def a_payment_is_taken_back(self, which: int) -> None:
        payment = self._pick(self.model.payments, which)
        spent = payment.amount_fen > self.model.suspense[payment.employer]
        refused = self._reverse(payment.registration_no)
        assert refused == ({"SUSPENSE_SPENT"} if spent else set())
        if not spent:
            self.model.take_back_payment(payment)

    # ------------------------------------------------------------ 缴存业务

    @rule(which=Pick, months=st.integers(1, 3))
    def an_employer_remits(self, which: int, months: int) -> None:
        employer_no = self._pick(self.employers, which)
        first = self.model.next_due(employer_no)
        last = min(first + (months - 1), YearMonth.of(self.today))
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

    @precondition(lambda self: self._may_be_back_paid())
    @rule(which=Pick, back=st.integers(0, 3), fen=st.integers(1, 400_000))
    def a_person_is_back_paid(self, which: int, back: int, fen: int) -> None:
        person = self._pick(self._may_be_back_paid(), which)
        employer_no = person.employer
        last = self.model.next_due(employer_no) - 1
        first = last - back
        rows = [
            back_payment_row(person.account_no, format_yuan(fen), first.to_int(), last.to_int())
        ]
        try:
            business = back_pay(self.city, employer_no, rows, amount=format_yuan(fen))
        except Refused as refused:
            assert fen > self.model.suspense[employer_no]
            reasons = {each.reason for each in field_errors_of(refused.status)}
            assert reasons == {"INSUFFICIENT_SUSPENSE"}
            return
        assert (business.state, business.amount_fen) == (POSTED, fen)
        number = business.registration_no
        amounts = {person.account_no: fen}
        credit = Credit(number, employer_no, self.today, first, last, amounts)
        self.model.credit(credit, remitted=False)

    @precondition(lambda self: self.model.remittances or self.model.back_payments)
    @rule(which=Pick)
    def a_credit_is_taken_back(self, which: int) -> None:
        credit = self._pick([*self.model.remittances, *self.model.back_payments], which)
        obstacles = self.model.obstacles(credit)
        refused = self._reverse(credit.registration_no)
        assert refused == obstacles
        if not obstacles:
            self.model.take_back(credit, today=self.today)

    # ------------------------------------------------------------ people and time

    @rule(who=Pick, where=Pick)
    def a_person_changes_employers(self, who: int, where: int) -> None:
        person = self._pick(list(self.model.people.values()), who)
        others = [each for each in self.employers if each != person.employer]
        target = self._pick(others, where)
        business = transfer(self.city, person.employer, target, [person.account_no])
        note(f"transfer {business.registration_no}")
        self.model.transfer(person.account_no, target)

    @rule(days=st.integers(1, 120))
    def time_passes(self, days: int) -> None:
        self._go_to(min(self.today + timedelta(days=days), date(self.year, 7, 20)))

    @rule(late=st.sampled_from([0, 0, 3]))
    def the_year_is_settled(self, late: int) -> None:
        self._go_to(max(self.today, date(self.year, 6, 30) + timedelta(days=late)))
        run_interest(self.city, self.year)
        self.model.settle_year(self.year)
        self.year += 1

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_books_are_clean_and_the_models(self) -> None:
        if not hasattr(self, "city"):
            return
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

    def _pick(self, some: list, which: int):  # type: ignore[no-untyped-def]  # one of whatever is given
        return some[which % len(some)]

    def _may_be_back_paid(self) -> list[Person]:
        first = self.model.first_month
        people = self.model.people.values()
        return [each for each in people if self.model.next_due(each.employer) > first]

    def _reverse(self, registration_no: str) -> set[str]:
        """Take a business back; the reasons why not, none when it was."""
        try:
            reversal = reverse(self.city, registration_no)
        except Refused as refused:
            assert refused.reason == "REVERSAL_BLOCKED"  # noqa: PT017  # posted or refused, both are fine
            return {each.reason for each in field_errors_of(refused.status)}
        assert reversal.state == POSTED
        found = find(self.city, registration_no)
        assert found.reversed_by_registration_no == reversal.registration_no
        return set()


def test_any_sequence_of_businesses_keeps_the_books_right(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    def make_city(_: Books) -> City:
        urls = {service: new_database() for service in ("collection", "deposit")}
        for service, url in urls.items():
            migrate(service, url)
        return City(urls.__getitem__, tmp_path)

    machine = type("BooksOnDatabases", (Books,), {"make_city": make_city})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=5,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
