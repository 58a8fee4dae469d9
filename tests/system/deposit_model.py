"""The books as simply as they can be thought: plain lists in memory, every figure counted anew from its history.

Nothing here is fast or clever; that is what makes it worth comparing with. Money in fen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from services.kit.months import YearMonth

RATE_BP = 150


@dataclass
class Stay:
    """A person's contributions in one employer: from `first` to before `end`."""

    employer: str
    first: YearMonth
    end: YearMonth | None = None

    def covers(self, month: YearMonth) -> bool:
        return self.first <= month and (self.end is None or month < self.end)


@dataclass
class Person:
    account_no: str
    employer: str
    monthly_fen: int
    stays: list[Stay]
    transfers: int = 0
    moves: list[tuple[date, int]] = field(default_factory=list)
    settled_before: date = date(2019, 7, 1)

    @property
    def balance_fen(self) -> int:
        return sum(fen for _, fen in self.moves)

    def interest_fen(self, end: date) -> int:
        """What the days from the last settlement to before `end` earn."""
        product, day = 0, self.settled_before
        while day < end:
            product += sum(fen for on, fen in self.moves if on <= day) // 100
            day += timedelta(days=1)
        return (2 * product * RATE_BP + 36_000) // 72_000


@dataclass
class Credit:
    """A remittance or back payment that stands: who got how much."""

    registration_no: str
    employer: str
    posted_on: date
    first: YearMonth
    last: YearMonth
    amounts: dict[str, int]
    transfers: dict[str, int] = field(default_factory=dict)  # of each person when it was posted

    @property
    def amount_fen(self) -> int:
        return sum(self.amounts.values())


@dataclass
class Payment:
    registration_no: str
    employer: str
    amount_fen: int


class Model:
    """Employers with suspense, people with their moves, and what may still be taken back."""

    def __init__(self) -> None:
        self.first_month = YearMonth(2019, 7)
        self.suspense: dict[str, int] = {}
        self.people: dict[str, Person] = {}
        self.remittances: list[Credit] = []
        self.back_payments: list[Credit] = []
        self.payments: list[Payment] = []
        self.unallocated: dict[str, int] = {}
        self.bank_fen = 0
        self.interest_fen = 0

    # ------------------------------------------------------------ what is

    def people_of(self, employer: str) -> list[Person]:
        return [each for each in self.people.values() if each.employer == employer]

    def next_due(self, employer: str) -> YearMonth:
        standing = [each.last for each in self.remittances if each.employer == employer]
        return max(standing) + 1 if standing else self.first_month

    def due(self, employer: str, to_month: YearMonth) -> dict[str, int]:
        """What each person owes from the next month on."""
        owed: dict[str, int] = {}
        for month in self.next_due(employer).through(to_month):
            for each in self.people.values():
                if any(stay.employer == employer and stay.covers(month) for stay in each.stays):
                    owed[each.account_no] = owed.get(each.account_no, 0) + each.monthly_fen
        return owed

    def obstacles(self, credit: Credit) -> set[str]:
        """Why a remittance or back payment may not be taken back."""
        found = set()
        for account_no, fen in credit.amounts.items():
            person = self.people[account_no]
            came_back = person.employer == credit.employer and credit in self.back_payments
            if person.transfers > credit.transfers[account_no] and not came_back:
                found.add("PEOPLE_LEFT")
            if person.balance_fen < fen:
                found.add("BALANCE_SPENT")
            if person.settled_before > credit.posted_on:
                found.add("INTEREST_SINCE")
        if credit in self.remittances:
            same = [each for each in self.remittances if each.employer == credit.employer]
            if any(each.last > credit.last for each in same):
                found.add("LATER_REMITTANCE")
            if any(self._relies_on(each, credit) for each in self.back_payments):
                found.add("LATER_BACK_PAYMENT")
        return found

    def _relies_on(self, back_payment: Credit, remittance: Credit) -> bool:
        return (
            back_payment.employer == remittance.employer
            and back_payment.registration_no > remittance.registration_no
            and back_payment.last >= remittance.first
        )

    # ------------------------------------------------------------ what happens

    def pay_in(self, payment: Payment) -> None:
        self.payments.append(payment)
        self.suspense[payment.employer] += payment.amount_fen
        self.bank_fen += payment.amount_fen

    def credit(self, credit: Credit, *, remitted: bool) -> None:
        (self.remittances if remitted else self.back_payments).append(credit)
        self.suspense[credit.employer] -= credit.amount_fen
        for account_no, fen in credit.amounts.items():
            self.people[account_no].moves.append((credit.posted_on, fen))
            credit.transfers[account_no] = self.people[account_no].transfers

    def take_back(self, credit: Credit, *, today: date) -> None:
        for standing in (self.remittances, self.back_payments):
            if credit in standing:
                standing.remove(credit)
        self.suspense[credit.employer] += credit.amount_fen
        for account_no, fen in credit.amounts.items():
            self.people[account_no].moves.append((today, -fen))

    def take_back_payment(self, payment: Payment) -> None:
        self.payments.remove(payment)
        self.suspense[payment.employer] -= payment.amount_fen
        self.bank_fen -= payment.amount_fen

    def transfer(self, account_no: str, target: str) -> None:
        person = self.people[account_no]
        person.stays[-1].end = self.next_due(person.employer)
        person.stays.append(Stay(target, self.next_due(target)))
        person.employer = target
        person.transfers += 1

    def settle_year(self, fund_year: int) -> None:
        end = date(fund_year, 7, 1)
        for person in self.people.values():
            earned = person.interest_fen(end)
            person.moves.append((date(fund_year, 6, 30), earned))
            person.settled_before = end
            self.interest_fen += earned
