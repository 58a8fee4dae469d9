"""The real city and the simple model of its money side by side: each step is done to both, and compared."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb
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
from tests.system.deposit_model import (
    MONTHLY_FEN,
    Credit,
    Model,
    Payment,
    Person,
    Stay,
    Term,
    Waiting,
)
from tests.system.lists import submit_rows
from tests.system.people import check_books, pay_in, remit
from tests.system.test_deposit_bank import report, waiting

POSTED = business_pb2.BUSINESS_STATE_POSTED

#: The number of no employer.
NOBODY = "99999999999"

FULL, ARBITRARY = "正常全额补缴", "不定额补缴"


class Books:
    """The real city and the model, doing the same. Each step takes its choices from its own `rng`."""

    def __init__(self, city: City, seed: int) -> None:
        self.city = city
        self.model = Model()
        self.year = 2020  # the next fund year to settle
        first, _ = self._employer("5000.00", "1834.56")
        # Opened late: their first months are for 补缴 to pay.
        second, _ = self._employer("16317.00", "4321.99", since=self.model.first_month + 2)
        third, _ = self._employer()
        self.employers = [first, second, third]
        city.faults.random = random.Random(seed)
        city.faults.twice = 0.3
        city.faults.dies_before_commit = city.faults.dies_after_commit = 0.08

    def _employer(self, *bases: str, since: YearMonth | None = None) -> tuple[str, list[str]]:
        since = since or self.model.first_month
        employer_no, accounts = employer_with(self.city, *bases, since=since.to_int())
        self.model.suspense[employer_no] = 0
        for base, account_no in zip(bases, accounts, strict=True):
            stay = Stay(employer_no, [Term(since, base)])
            self.model.people[account_no] = Person(
                account_no, employer_no, [stay], settled_before=self.today
            )
        return employer_no, accounts

    # ------------------------------------------------------------ the bank

    def pay_in(self, rng: random.Random) -> None:
        employer_no, fen = rng.choice(self.employers), rng.randint(1, 8_000_000)
        reference = new_id()
        business = pay_in(self.city, employer_no, fen, reference=reference)
        self.model.pay_in(Payment(business.registration_no, employer_no, fen, reference))

    def pay_in_for_nobody(self, rng: random.Random) -> None:
        reference, fen = new_id(), rng.randint(1, 3_000_000)
        report(self.city, NOBODY, fen, reference=reference, day=self.today.isoformat())
        (payment,) = waiting(self.city, reference)
        self.model.pay_in_for_nobody(Waiting(reference, fen, payment.registration_no))

    def allocate(self, rng: random.Random) -> None:
        if not self.model.unallocated:
            return
        found, employer_no = self._any_waiting(rng), rng.choice(self.employers)
        request = pb.AllocatePaymentRequest(bank_reference=found.reference, employer_no=employer_no)
        business = self.city.call("deposit", request, pb.AllocatePaymentResponse).business
        payment = Payment(
            business.registration_no,
            employer_no,
            found.amount_fen,
            found.reference,
            found.put_there_by,
        )
        self.model.allocate(found, payment)

    def recall(self, rng: random.Random) -> None:
        if not self.model.unallocated:
            return
        found = self._any_waiting(rng)
        assert self._reverse(found.put_there_by) == set()
        self.model.recall(found)

    def take_back_payment(self, rng: random.Random) -> None:
        if not self.model.payments:
            return
        payment, keep = rng.choice(self.model.payments), rng.random() < 0.5
        spent = payment.amount_fen > self.model.suspense[payment.employer]
        refused = self._reverse(payment.registration_no, to_unallocated=keep)
        assert refused == ({"SUSPENSE_SPENT"} if spent else set())
        if spent:
            return
        if payment.put_there_by:
            self.model.put_aside(payment, put_there_by=payment.put_there_by)
        elif keep:
            found = find(self.city, payment.registration_no)
            self.model.put_aside(payment, put_there_by=found.reversed_by_registration_no)
        else:
            self.model.take_back_payment(payment)

    # ------------------------------------------------------------ 缴存业务

    def remit(self, rng: random.Random) -> None:
        current = YearMonth.of(self.today)
        owing = [each for each in self.employers if self.model.due(each, current)[0]]
        if not owing:
            return
        employer_no = rng.choice(owing)
        first = self.model.next_due(employer_no)
        last = min(first + rng.randint(0, 2), current)
        owed, months = self.model.due(employer_no, last)
        if not owed:
            return
        business = remit(self.city, employer_no, last.to_int())
        due = sum(owed.values())
        if due > self.model.suspense[employer_no]:
            assert reason_of(business.rejection) == "INSUFFICIENT_SUSPENSE"
            return
        assert (business.state, business.amount_fen) == (POSTED, due)
        number = business.registration_no
        credit = Credit(number, employer_no, self.today, first, last, owed, months, months)
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
        self._back_pay(person, fen, first, last, kind=ARBITRARY)

    def back_pay_in_full(self, rng: random.Random) -> None:
        """Mostly months that a person has not been credited with; now and then one that is paid, or a fen too much."""
        if not (found := self._active()):
            return
        person = rng.choice(found)
        months = list(self.model.first_month.through(self.model.next_due(person.employer) - 1))
        paid = self.model.paid_in_full(person.account_no)
        open_months = [each for each in months if each not in paid]
        if rng.random() < 0.2:
            open_months = months
        if not open_months:
            return
        first = last = rng.choice(open_months)
        while last + 1 in open_months and rng.random() < 0.7:
            last = last + 1
        fen = person.term_today(self.today).monthly_fen * (last - first + 1)
        too_much = rng.random() < 0.2
        self._back_pay(person, fen + too_much, first, last, kind=FULL, wrong=too_much)

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

    def seal(self, rng: random.Random) -> None:
        if not (found := self._active()):
            return
        person = rng.choice(found)
        month = max(self.model.next_due(person.employer), person.here.first) + rng.randint(0, 2)
        row = {"account_no": person.account_no, "seal_reason": "01", "effective_month": str(month)}
        self._submit("seal", person, row)
        self.model.seal(person, month)

    def unseal(self, rng: random.Random) -> None:
        found = self._people(active=False)
        if not found:
            return
        person, base = rng.choice(found), rng.choice(list(MONTHLY_FEN))
        first = max(self.model.next_due(person.employer), person.here.last_term.since)
        month = first + rng.randint(0, 1)
        row = {
            "account_no": person.account_no,
            "base": base,
            "unseal_kind": "01",
            "effective_month": str(month),
        }
        self._submit("unseal", person, row)
        self.model.unseal(person, month, base)

    def change_base(self, rng: random.Random) -> None:
        if not (found := self._active()):
            return
        person = rng.choice(found)
        base = rng.choice([each for each in MONTHLY_FEN if each != person.here.last_term.base])
        self._submit("base_change", person, {"account_no": person.account_no, "base": base})
        self.model.change_base(person, base)

    def transfer(self, rng: random.Random) -> None:
        """Not of who is about to be sealed or unsealed: that would be lost."""
        found = [*self._active(), *self._people(active=False)]
        if not found:
            return
        person = rng.choice(found)
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
            "2009": -sum(each.amount_fen for each in self.model.unallocated.values()),
            "6001": self.model.interest_fen,
        }
        assert self._rows(
            "deposit",
            "SELECT account_no, employer_no, balance_fen, paid_through_month FROM account_fund",
        ) == sorted(
            (
                each.account_no,
                each.employer,
                each.balance_fen,
                self.model.paid_through(each.account_no),
            )
            for each in people
        )
        assert self._rows(
            "deposit",
            "SELECT employer_no, suspense_fen, pending_registration_no FROM employer_fund",
        ) == sorted((employer_no, fen, None) for employer_no, fen in self.model.suspense.items())
        assert self._rows(
            "deposit", "SELECT bank_reference, amount_fen FROM unallocated_payment"
        ) == sorted((each.reference, each.amount_fen) for each in self.model.unallocated.values())
        assert self._rows(
            "collection",
            "SELECT employer_no, coalesce(paid_through_month, 0), held_by FROM employer",
        ) == sorted((each, self._paid_through(each), None) for each in self.model.suspense)

    # ------------------------------------------------------------ leaves

    @property
    def today(self) -> date:
        return business_date(self.city.clock.now())

    def _go_to(self, day: date) -> None:
        move_clock(self.city, day.year, day.month, day.day)
        self.city.tick("collection", "show what has begun")
        self.city.settle()

    def _rows(self, service: str, query: str) -> list[tuple[object, ...]]:
        with self.city.runtimes[service].database.engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(text(query)))

    def _paid_through(self, employer_no: str) -> int:
        due = self.model.next_due(employer_no)
        return (due - 1).to_int() if due > self.model.first_month else 0

    def _any_waiting(self, rng: random.Random) -> Waiting:
        return rng.choice(list(self.model.unallocated.values()))

    def _people(self, *, active: bool) -> list[Person]:
        """Those who are active, or sealed, and stay so as far as is known."""
        people = self.model.people.values()
        return [each for each in people if each.is_settled(self.today, active=active)]

    def _active(self) -> list[Person]:
        return self._people(active=True)

    def _submit(self, business: str, person: Person, row: dict[str, str]) -> None:
        submit_rows(self.city, person.employer, business, [row])
        self.city.settle()

    def _back_pay(
        self,
        person: Person,
        fen: int,
        first: YearMonth,
        last: YearMonth,
        *,
        kind: str,
        wrong: bool = False,
    ) -> None:
        """Pay some months back, unless there is not enough, or the amount is wrong for its kind."""
        yuan = format_yuan(fen)
        rows = [back_payment_row(person.account_no, yuan, first.to_int(), last.to_int())]
        months = {person.account_no: list(first.through(last))}
        full = months if kind == FULL else {}
        expected = set()
        if fen > self.model.suspense[person.employer]:
            expected.add("INSUFFICIENT_SUSPENSE")
        if full and self.model.paid_in_full(person.account_no) & set(months[person.account_no]):
            expected.add("MONTHS_PAID_IN_FULL")
        try:
            business = back_pay(self.city, person.employer, rows, amount=yuan, kind=kind)
        except Refused as refused:
            reasons = {each.reason for each in field_errors_of(refused.status)}
            assert expected
            assert reasons == expected
            return
        assert not expected
        if wrong:
            reasons = {each.reason for each in field_errors_of(business.rejection)}
            assert reasons == {"BACK_AMOUNT_NOT_FULL"}
            return
        assert (business.state, business.amount_fen) == (POSTED, fen)
        amounts = {person.account_no: fen}
        number = business.registration_no
        credit = Credit(number, person.employer, self.today, first, last, amounts, months, full)
        self.model.credit(credit, remitted=False)

    def _reverse(self, registration_no: str, *, to_unallocated: bool = False) -> set[str]:
        """Take a business back; the reasons why not, none when it was."""
        try:
            reversal = reverse(self.city, registration_no, to_unallocated=to_unallocated)
        except Refused as refused:
            return {each.reason for each in field_errors_of(refused.status)} or {refused.reason}
        assert reversal.state == POSTED
        found = find(self.city, registration_no)
        assert found.reversed_by_registration_no == reversal.registration_no
        return set()
