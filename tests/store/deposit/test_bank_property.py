"""Random days at the bank and random slips of staff against a simple model: whatever was typed wrongly, reversed by
mistake, put aside or recalled, it can be put right, and then every day's file of the bank agrees."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.kit.calls import handle_event
from services.kit.clock import business_date
from services.kit.events import Event, Poison, event_type
from services.kit.ids import new_id
from services.kit.money import format_yuan
from tests.store.deposit.desk import Desk, agent_of

_T = TypeVar("_T")

EMPLOYERS = ("e1", "e2")
NOBODY = "e9"


@dataclass
class Payment:
    """What really happened at the bank."""

    reference: str
    employer_no: str
    fen: int
    day: date
    went: date | None = None


@dataclass
class Booking:
    """The last booking of a reference, and where its money is."""

    number: str
    employer_no: str
    fen: int
    day: date
    place: str  # suspense, waits, gone
    #: what is taken back to have the money leave the account, and what before that when it was allocated
    root: str = ""
    allocation: str = ""
    went: date | None = None
    before: list[tuple[str, int, date]] = field(default_factory=list)


class Hall:
    """The real books and the model, doing the same."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.rng = desk, random.Random(seed)
        # Examples share a store and each has days of its own.
        desk.clock.moment += timedelta(days=60)
        self.first = self.today
        self.paid: dict[str, Payment] = {}
        self.booked: dict[str, Booking] = {}
        self.begun_with = self._suspense()

    @property
    def today(self) -> date:
        return business_date(self.desk.clock.now())

    # ------------------------------------------------------------ steps

    def bank_is_paid(self) -> None:
        day = self.today + timedelta(days=self.rng.randint(-3, 3))
        employer_no = self.rng.choice([*EMPLOYERS, NOBODY])
        made = Payment(new_id(), employer_no, self.rng.randint(1, 99), day)
        self.paid[made.reference] = made

    def bank_takes_back(self) -> None:
        for each in self._some(self.paid.values()):
            if each.went is None and each.day <= self.today:
                each.went = self.today

    def bank_reports(self) -> None:
        for each in self._some(self.paid.values()):
            known = self.booked.get(each.reference)
            what = (each.employer_no, each.fen, each.day)
            is_same = known is not None and what in self._versions(known)
            if known is None or is_same:
                self._hear(each)
            else:
                with pytest.raises(Poison):
                    self._hear(each)
            if known is None:
                place = "waits" if each.employer_no == NOBODY else "suspense"
                number = self._number_of(each.reference)
                self.booked[each.reference] = Booking(number, *what, place, root=number)

    def staff_type(self) -> None:
        """Right, wrong, or what the bank never had."""
        unknown = [each for each in self.paid.values() if each.reference not in self.booked]
        for each in self._some(unknown):
            fen = self.rng.choice([each.fen, each.fen + 1])
            day = self.rng.choice([each.day, each.day - timedelta(days=1)])
            self._record(each.reference, fen=fen, day=day)
        if self.rng.random() < 0.2:
            self._record(new_id(), fen=7, day=self.today)

    def staff_reverse(self) -> None:
        for each in self._some(self.booked.values()):
            if each.place != "gone" and not each.allocation:
                self._take_away(each, recalled_on=None)

    def staff_put_aside(self) -> None:
        for each in self._some(self.booked.values()):
            if each.place == "suspense" and not each.allocation:
                each.root, each.place = self._reverse(each.root, aside=True), "waits"

    def staff_allocate(self) -> None:
        for reference, each in self._some(self.booked.items()):
            if each.place == "waits":
                request = pb.AllocatePaymentRequest(
                    bank_reference=reference, employer_no=self.rng.choice(EMPLOYERS)
                )
                reply = self.desk.call(request, pb.AllocatePaymentResponse)
                each.allocation, each.place = reply.business.registration_no, "suspense"

    def staff_book_anew(self) -> None:
        for reference, each in self._some(self.booked.items()):
            if each.place == "gone":
                self._record(reference, fen=each.fen + self.rng.randint(0, 1), day=each.day)

    def a_day_passes(self) -> None:
        self.desk.clock.moment += timedelta(days=1)

    # ------------------------------------------------------------ the end

    def put_right(self) -> None:
        """What staff do when the comparison of the days has shown them what is wrong."""
        for reference, payment in self.paid.items():
            known = self.booked.get(reference)
            if known is None or (known.fen, known.day) != (payment.fen, payment.day):
                if known is not None and known.place != "gone":
                    self._take_away(known, recalled_on=None)
                self._record(reference, fen=payment.fen, day=payment.day)
            known = self.booked[reference]
            if known.place == "gone" and known.went != payment.went:
                self._record(reference, fen=payment.fen, day=payment.day)
            known = self.booked[reference]
            if payment.went is not None and known.place != "gone":
                self._take_away(known, recalled_on=payment.went)
        for reference in self.booked.keys() - self.paid.keys():
            known = self.booked[reference]
            if known.place == "gone" and known.went != known.day:
                self._record(reference, fen=known.fen, day=known.day)
            known = self.booked[reference]
            if known.place != "gone":
                self._take_away(known, recalled_on=known.day)

    def check_every_day(self) -> None:
        days = (self.today - self.first).days + 8
        for number in range(-4, days):
            day = self.first + timedelta(days=number)
            came = [(each.reference, each.fen) for each in self.paid.values() if each.day == day]
            went = [(each.reference, -each.fen) for each in self.paid.values() if each.went == day]
            lines = "".join(f"{day},{ref},{format_yuan(fen)}\n" for ref, fen in came + went)
            request = pb.ReconcileBankRequest(
                value_date=day.isoformat(),
                format=pb.BANK_FILE_FORMAT_CSV,
                content=f"value_date,bank_reference,amount\n{lines}".encode(),
            )
            reply = self.desk.call(request, pb.ReconcileBankResponse)
            assert reply.agrees, (day, reply)
            assert (
                reply.bank_total_fen == reply.book_total_fen == sum(fen for _, fen in came + went)
            )

    def check_the_books(self) -> None:
        assert self.desk.check_books().clean
        waits = pb.ListUnallocatedPaymentsRequest(page_size=500)
        listed = self.desk.call(waits, pb.ListUnallocatedPaymentsResponse).payments
        fen = {each.bank_reference: each.amount_fen for each in listed}
        for reference, each in self.booked.items():
            assert fen.get(reference) == (each.fen if each.place == "waits" else None)
        in_suspense = sum(each.fen for each in self.booked.values() if each.place == "suspense")
        assert self._suspense() - self.begun_with == in_suspense

    # ------------------------------------------------------------ leaves

    def _some(self, things: Iterable[_T]) -> list[_T]:
        found = list(things)
        return self.rng.sample(found, min(len(found), self.rng.randint(0, 2)))

    def _suspense(self) -> int:
        return sum(
            self.desk.call(
                pb.GetSuspenseRequest(), pb.GetSuspenseResponse, by=agent_of(each)
            ).available_fen
            for each in EMPLOYERS
        )

    def _record(self, reference: str, *, fen: int, day: date) -> None:
        """Staff record a payment for the first time, or anew when it is gone; twice, as people do."""
        known = self.booked.get(reference)
        what = self.rng.choice(EMPLOYERS), fen, day
        request = pb.RecordBankPaymentRequest(
            employer_no=what[0],
            bank_reference=reference,
            amount_fen=fen,
            value_date=day.isoformat(),
            replaces_registration_no=known.number if known else "",
        )
        first, again = (self._ask_to_record(request) for _ in range(2))
        assert first == again
        before = self._versions(known) if known else []
        self.booked[reference] = Booking(first, *what, "suspense", root=first, before=before)

    def _ask_to_record(self, request: pb.RecordBankPaymentRequest) -> str:
        request.request_id = new_id()
        reply = self.desk.call(request, pb.RecordBankPaymentResponse)
        assert reply.reversed_by_registration_no == ""
        return reply.business.registration_no

    def _hear(self, payment: Payment) -> None:
        """The bank's message, with an id that nobody has seen."""
        told = events.BankPaymentReported(
            employer_no=payment.employer_no,
            bank_reference=payment.reference,
            amount_fen=payment.fen,
            value_date=payment.day.isoformat(),
        )
        event = Event(
            event_id=new_id(),
            type=event_type(told),
            source="bank",
            subject=payment.employer_no,
            version=0,
            occurred_at=self.desk.clock.now(),
            correlation_id="",
            causation_id="",
            traceparent="",
            body=told.SerializeToString(),
        )
        bank = next(each for each in self.desk.runtime.app.subscriptions if each.source == "bank")
        handle_event(self.desk.runtime, bank, event)

    def _take_away(self, known: Booking, *, recalled_on: date | None) -> None:
        """The money of a booking leaves the account, from wherever it lies."""
        if known.allocation:
            self._reverse(known.allocation)
            known.allocation = ""
        self._reverse(known.root, recalled_on=recalled_on)
        known.place, known.went = "gone", recalled_on or max(self.today, known.day)

    def _reverse(self, number: str, *, aside: bool = False, recalled_on: date | None = None) -> str:
        request = pb.ReverseBusinessRequest(
            registration_no=number,
            reason="误操作",
            to_unallocated=aside,
            recalled_on=recalled_on.isoformat() if recalled_on else "",
        )
        return self.desk.call(request, pb.ReverseBusinessResponse).business.registration_no

    def _number_of(self, reference: str) -> str:
        query = text("SELECT registration_no FROM bank_payment WHERE bank_reference = :reference")
        with self.desk.runtime.database.engine.connect() as connection:
            return str(connection.execute(query, {"reference": reference}).scalar_one())

    @staticmethod
    def _versions(known: Booking) -> list[tuple[str, int, date]]:
        return [*known.before, (known.employer_no, known.fen, known.day)]


STEPS: dict[str, Callable[[Hall], None]] = {
    name: step
    for name, step in vars(Hall).items()
    if name.startswith(("bank_", "staff_", "a_day_"))
}


@pytest.fixture(scope="module")
def shared_desk(
    new_store: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    made = Desk(new_store("deposit"), tmp_path_factory.mktemp("desk"))
    for employer_no in EMPLOYERS:
        made.open_employer(employer_no)
    yield made
    made.close()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
def test_whatever_went_wrong_can_be_put_right_and_every_day_agrees(
    shared_desk: Desk, seed: int, steps: list[str]
) -> None:
    hall = Hall(shared_desk, seed)
    for _ in range(3):
        hall.bank_is_paid()
    for step in steps:
        STEPS[step](hall)

    hall.check_the_books()
    hall.put_right()

    hall.check_the_books()
    hall.check_every_day()
