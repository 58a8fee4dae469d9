"""The books are clean at every moment, not only when the city is at rest: businesses of all kinds begin while others are on
their way, and after each of them, and after each event that is delivered, the check is asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import text

from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.money import format_yuan
from tests.system.city import City, Refused
from tests.system.deposit_city import back_payment_row, employer_with, type_back_payment
from tests.system.lists import submit, submit_rows
from tests.system.people import agent_of, check_books, pay_in

STEPS = 60
MONTHS = (201907, 201908, 201909)


class Counter:
    """People at the counter and the bank, who do not wait for one another; whatever is refused is."""

    def __init__(self, city: City, rng: random.Random) -> None:
        self.city = city
        self.rng = rng
        self.employers = [
            employer_with(city, *bases)[0]
            for bases in (("5000.00", "1834.56"), ("16317.00",), ("4321.99", "7777.77"))
        ]
        for employer_no in self.employers:
            pay_in(city, employer_no, rng.randint(500_000, 2_000_000))

    def step(self) -> None:
        """Something begins, or up to five events are delivered."""
        business = self.rng.choice([*BUSINESSES, *[None] * len(BUSINESSES)])
        if business is not None:
            try:
                business(self, self.rng.choice(self.employers))
            except Refused:
                pass
            self.check()
            return
        for _ in range(self.rng.randint(1, 5)):
            self.city.deliver_one()
            self.check()

    def check(self) -> None:
        assert not check_books(self.city).findings

    # ------------------------------------------------------------ the bank

    def pay_in(self, employer_no: str) -> None:
        pay_in(self.city, employer_no, self.rng.randint(1, 1_000_000))

    def pay_in_for_nobody(self, _employer_no: str) -> None:
        payment = events.BankPaymentReported(
            employer_no="99999999999",
            bank_reference=new_id(),
            amount_fen=self.rng.randint(1, 1_000_000),
            value_date="2019-09-20",
        )
        self.city.publish(
            Event(
                event_id=new_id(),
                type=event_type(payment),
                source="bank",
                subject=payment.employer_no,
                version=1,
                occurred_at=datetime(2019, 9, 20, tzinfo=UTC),
                correlation_id="",
                causation_id="",
                traceparent="",
                body=payment.SerializeToString(),
            )
        )

    def allocate(self, employer_no: str) -> None:
        for reference in self._any("SELECT bank_reference FROM unallocated_payment"):
            request = pb.AllocatePaymentRequest(bank_reference=reference, employer_no=employer_no)
            self.city.call("deposit", request, pb.AllocatePaymentResponse)

    def take_back(self, _employer_no: str) -> None:
        for number in self._any("SELECT registration_no FROM business WHERE state = 2"):
            request = pb.ReverseBusinessRequest(
                registration_no=number, reason="误操作", to_unallocated=self.rng.random() < 0.5
            )
            self.city.call("deposit", request, pb.ReverseBusinessResponse)

    # ------------------------------------------------------------ the employer

    def remit(self, employer_no: str) -> None:
        request = pb.SubmitRemittanceRequest(to_month=self.rng.choice(MONTHS))
        self.city.call("deposit", request, pb.SubmitRemittanceResponse, by=agent_of(employer_no))

    def back_pay(self, employer_no: str) -> None:
        for account_no in self._someone(employer_no):
            yuan = format_yuan(self.rng.randint(1, 50_000))
            rows = [back_payment_row(account_no, yuan, 201907, 201907)]
            type_back_payment(
                self.city, employer_no, rows, amount=yuan, kind="不定额补缴", people=1
            )
            submit(self.city, employer_no, "back_payment", owner="deposit")

    def seal(self, employer_no: str) -> None:
        self._submit(employer_no, "seal", seal_reason="01", effective_month="201909")

    def unseal(self, employer_no: str) -> None:
        self._submit(
            employer_no, "unseal", unseal_kind="01", base="5000.00", effective_month="201909"
        )

    def change_base(self, employer_no: str) -> None:
        self._submit(employer_no, "base_change", base=f"{self.rng.randint(3000, 9000)}.77")

    def transfer(self, employer_no: str) -> None:
        target = self.rng.choice([each for each in self.employers if each != employer_no])
        for account_no in self._someone(employer_no):
            rows = [{"account_no": account_no}]
            header = {"target_employer_no": target}
            submit_rows(self.city, employer_no, "transfer", rows, header=header)

    # ------------------------------------------------------------ leaves

    def _submit(self, employer_no: str, business: str, **cells: str) -> None:
        for account_no in self._someone(employer_no):
            submit_rows(self.city, employer_no, business, [{"account_no": account_no, **cells}])

    def _someone(self, employer_no: str) -> list[str]:
        query = "SELECT account_no FROM account_fund WHERE employer_no = :employer_no"
        return self._any(query, employer_no=employer_no)

    def _any(self, query: str, **values: str) -> list[str]:
        """One of the rows, if there are any."""
        found = sorted(str(row[0]) for row in rows_of(self.city, "deposit", query, **values))
        return [self.rng.choice(found)] if found else []


BUSINESSES: tuple[Callable[[Counter, str], None], ...] = (
    Counter.pay_in,
    Counter.pay_in_for_nobody,
    Counter.allocate,
    Counter.take_back,
    Counter.take_back,
    Counter.remit,
    Counter.remit,
    Counter.back_pay,
    Counter.seal,
    Counter.unseal,
    Counter.change_base,
    Counter.transfer,
)


def rows_of(city: City, service: str, query: str, **values: str) -> list[tuple[object, ...]]:
    with city.runtimes[service].database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


@pytest.mark.parametrize("seed", range(2))
def test_the_books_are_clean_while_businesses_are_on_their_way(own_city: City, seed: int) -> None:
    counter = Counter(own_city, random.Random(seed))
    faults = own_city.faults
    faults.random = random.Random(seed)
    faults.twice, faults.dies_before_commit, faults.dies_after_commit = 0.3, 0.05, 0.05

    for _ in range(STEPS):
        counter.step()
    while own_city.deliver_one():
        counter.check()

    months = "SELECT employer_no, coalesce(max(month), 0) FROM employer_fund LEFT JOIN remitted_month USING (employer_no)"
    paid = "SELECT employer_no, coalesce(paid_through_month, 0) FROM employer"
    assert sorted(rows_of(own_city, "deposit", f"{months} GROUP BY employer_no")) == sorted(
        rows_of(own_city, "collection", paid)
    )
    balances = "SELECT account_no, employer_no, balance_fen FROM {}"
    assert sorted(rows_of(own_city, "deposit", balances.format("account_fund"))) == sorted(
        rows_of(own_city, "collection", balances.format("account"))
    )
    assert not rows_of(own_city, "deposit", "SELECT 1 FROM business WHERE NOT finished")
    assert not rows_of(own_city, "collection", "SELECT 1 FROM employer WHERE held_by IS NOT NULL")
