"""The books as simply as they can be thought: plain lists in memory, every figure counted anew from its history.

Nothing here is fast or clever; that is what makes it worth comparing with. Money in fen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.kit.months import YearMonth

RATE_BP = 150


# Bases with awkward shares, and what 12 % + 10 % of them come to: of 1234.56 it is 148.15 + 123.46.
MONTHLY_FEN = {"5000.00": 110_000, "1834.56": 40_361, "16317.00": 358_974, "4321.99": 95_084}


@dataclass(frozen=True)
class Term:
    """What counts from a month on: a base, and whether anything is due."""

    since: YearMonth
    base: str
    active: bool = True

    @property
    def monthly_fen(self) -> int:
        return MONTHLY_FEN[self.base]


@dataclass
class Stay:
    """A person's contributions in one employer: terms in the order of their months, none from `end` on."""

    employer: str
    terms: list[Term]
    end: YearMonth | None = None

    @property
    def first(self) -> YearMonth:
        return self.terms[0].since

    @property
    def last_term(self) -> Term:
        return self.terms[-1]

    def term_in(self, month: YearMonth) -> Term | None:
        """The term that counts in a month."""
        begun = [each for each in self.terms if each.since <= month]
        return begun[-1] if begun and (self.end is None or month < self.end) else None

    def renew(self, *fresh: Term) -> None:
        """From the first one's month on these terms count and no others."""
        self.terms = [*(each for each in self.terms if each.since < fresh[0].since), *fresh]

    def fen_in(self, month: YearMonth) -> int:
        """What is due for a month."""
        term = self.term_in(month)
        return term.monthly_fen if term and term.active else 0


@dataclass
class Person:
    account_no: str
    employer: str
    stays: list[Stay]
    transfers: int = 0
    moves: list[tuple[date, int]] = field(default_factory=list)
    settled_before: date = date(2019, 7, 1)

    @property
    def here(self) -> Stay:
        """The stay in the present employer."""
        return self.stays[-1]

    @property
    def balance_fen(self) -> int:
        return sum(fen for _, fen in self.moves)

    def term_today(self, today: date) -> Term:
        """What is shown of the person; before the first term has begun that one is."""
        return self.here.term_in(YearMonth.of(today)) or self.here.terms[0]

    def is_settled(self, today: date, *, active: bool) -> bool:
        """Whether the person is active (or sealed) and stays so, as far as is known today."""
        return self.term_today(today).active == self.here.last_term.active == active

    def interest_fen(self, end: date) -> int:
        """What the days from the last settlement to before `end` earn."""
        product, day = 0, self.settled_before
        while day < end:
            product += sum(fen for on, fen in self.moves if on <= day) // 100
            day += timedelta(days=1)
        return (2 * product * RATE_BP + 36_000) // 72_000


@dataclass
class Credit:
    """A remittance or back payment that stands: who got how much, for which months, and which of them are paid in full
    by it."""

    registration_no: str
    employer: str
    posted_on: date
    first: YearMonth
    last: YearMonth
    amounts: dict[str, int]
    months: dict[str, list[YearMonth]]
    full: dict[str, list[YearMonth]]
    transfers: dict[str, int] = field(default_factory=dict)  # of each person when it was posted

    @property
    def amount_fen(self) -> int:
        return sum(self.amounts.values())


@dataclass
class Payment:
    """Money in an employer's suspense; `put_there_by` is who put it among the unallocated before staff allocated it."""

    registration_no: str
    employer: str
    amount_fen: int
    reference: str
    put_there_by: str = ""


@dataclass
class Waiting:
    """Money that nobody can be credited with; taking back what put it there gives it back to the bank."""

    reference: str
    amount_fen: int
    put_there_by: str


class Model:
    """Employers with suspense, people with their moves, and what may still be taken back."""

    def __init__(self) -> None:
        self.first_month = YearMonth(2019, 7)
        self.suspense: dict[str, int] = {}
        self.people: dict[str, Person] = {}
        self.remittances: list[Credit] = []
        self.back_payments: list[Credit] = []
        self.payments: list[Payment] = []
        self.unallocated: dict[str, Waiting] = {}
        self.bank_fen = 0
        self.interest_fen = 0

    # ------------------------------------------------------------ what is

    def people_of(self, employer: str) -> list[Person]:
        return [each for each in self.people.values() if each.employer == employer]

    def next_due(self, employer: str) -> YearMonth:
        standing = [each.last for each in self.remittances if each.employer == employer]
        return max(standing) + 1 if standing else self.first_month

    def due(
        self, employer: str, to_month: YearMonth
    ) -> tuple[dict[str, int], dict[str, list[YearMonth]]]:
        """What each person owes from the next month on, and for which months."""
        owed: dict[str, int] = {}
        months: dict[str, list[YearMonth]] = {}
        for month in self.next_due(employer).through(to_month):
            for each in self.people.values():
                stays = [stay for stay in each.stays if stay.employer == employer]
                fen = sum(stay.fen_in(month) for stay in stays)
                if fen:
                    owed[each.account_no] = owed.get(each.account_no, 0) + fen
                    months.setdefault(each.account_no, []).append(month)
        return owed, months

    def paid_through(self, account_no: str) -> int:
        """The last month that anything which stands has paid, YYYYMM; 0 for none."""
        standing = [*self.remittances, *self.back_payments]
        paid = [each.months[account_no][-1] for each in standing if account_no in each.months]
        return max(paid).to_int() if paid else 0

    def paid_in_full(self, account_no: str) -> set[YearMonth]:
        """Months that anything which stands has paid in full, in whichever employer."""
        standing = [*self.remittances, *self.back_payments]
        return {month for each in standing for month in each.full.get(account_no, [])}

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

    def pay_in_for_nobody(self, waiting: Waiting) -> None:
        self.unallocated[waiting.reference] = waiting
        self.bank_fen += waiting.amount_fen

    def allocate(self, waiting: Waiting, payment: Payment) -> None:
        del self.unallocated[waiting.reference]
        self.payments.append(payment)
        self.suspense[payment.employer] += payment.amount_fen

    def recall(self, waiting: Waiting) -> None:
        del self.unallocated[waiting.reference]
        self.bank_fen -= waiting.amount_fen

    def put_aside(self, payment: Payment, *, put_there_by: str) -> None:
        """A payment is taken back and kept: it waits for its employer."""
        self.payments.remove(payment)
        self.suspense[payment.employer] -= payment.amount_fen
        self.unallocated[payment.reference] = Waiting(
            payment.reference, payment.amount_fen, put_there_by
        )

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

    def seal(self, person: Person, month: YearMonth) -> None:
        person.here.renew(Term(month, person.here.last_term.base, active=False))

    def unseal(self, person: Person, month: YearMonth, base: str) -> None:
        person.here.renew(Term(month, base))

    def change_base(self, person: Person, base: str) -> None:
        """From the next month due on, in the terms that are known for later too."""
        stay = person.here
        month = max(self.next_due(person.employer), stay.first)
        counting = stay.term_in(month)
        assert counting is not None
        later = [each for each in stay.terms if each.since > month]
        stay.renew(*(replace(each, base=base) for each in (replace(counting, since=month), *later)))

    def transfer(self, account_no: str, target: str) -> None:
        """What counted in the target at an earlier stay says nothing any more."""
        person = self.people[account_no]
        stay = person.here
        stay.end = self.next_due(person.employer)
        joined = replace(stay.last_term, since=self.next_due(target))
        elsewhere = [each for each in person.stays if each.employer != target]
        person.stays = [*elsewhere, Stay(target, [joined])]
        person.employer = target
        person.transfers += 1

    def settle_year(self, fund_year: int) -> None:
        end = date(fund_year, 7, 1)
        for person in self.people.values():
            earned = person.interest_fen(end)
            person.moves.append((date(fund_year, 6, 30), earned))
            person.settled_before = end
            self.interest_fen += earned
