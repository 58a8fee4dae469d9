"""A roster so simple that it can be believed: lists in memory, figures by the rule, nothing clever.

What the real one must agree with after any sequence of businesses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from services.kit.months import YearMonth


def half_up_percent(base_fen: int, percent: int) -> int:
    """base × percent / 100, half up, in fen."""
    whole, rest = divmod(base_fen * percent, 100)
    return whole + (1 if rest >= 50 else 0)


@dataclass
class ModelTerm:
    """From a month on: active or not, base and rates."""

    since: YearMonth
    active: bool
    base_fen: int
    employer_rate: int
    employee_rate: int

    @property
    def monthly_fen(self) -> int:
        return half_up_percent(self.base_fen, self.employer_rate) + half_up_percent(
            self.base_fen, self.employee_rate
        )


@dataclass
class ModelPerson:
    account_no: str
    employer_no: str
    # Employer → terms in the order of their months.
    terms: dict[str, list[ModelTerm]] = field(default_factory=dict)

    @property
    def here(self) -> list[ModelTerm]:
        """Terms in the present employer."""
        return self.terms.setdefault(self.employer_no, [])

    @property
    def last(self) -> ModelTerm:
        return self.here[-1]

    def put(self, employer_no: str, term: ModelTerm) -> None:
        """A term takes the place of one of the same month."""
        terms = [each for each in self.terms.get(employer_no, []) if each.since != term.since]
        self.terms[employer_no] = sorted([*terms, term], key=lambda each: each.since)

    def renew(self, employer_no: str, terms: list[ModelTerm]) -> None:
        """From the first one's month on these terms count and no others."""
        kept = [each for each in self.terms.get(employer_no, []) if each.since < terms[0].since]
        self.terms[employer_no] = [*kept, *terms]

    def counting(self, employer_no: str, month: YearMonth) -> ModelTerm | None:
        """The term that counts in a month."""
        begun = [each for each in self.terms.get(employer_no, []) if each.since <= month]
        return begun[-1] if begun else None


@dataclass
class ModelEmployer:
    employer_no: str
    first_month: YearMonth
    # Month from which they count, employer's and employee's rate; upper and lower limit are the same.
    rates: list[tuple[YearMonth, int, int]] = field(default_factory=list)
    paid_through: YearMonth | None = None
    suspense_fen: int = 0

    @property
    def next_month(self) -> YearMonth:
        return self.paid_through + 1 if self.paid_through else self.first_month

    def rates_in(self, month: YearMonth) -> tuple[int, int]:
        begun = [each for each in self.rates if each[0] <= month] or self.rates[:1]
        return begun[-1][1:]

    def set_rates(self, month: YearMonth, rates: tuple[int, int]) -> None:
        """Rates set earlier for later months give way."""
        self.rates = [each for each in self.rates if each[0] < month] + [(month, *rates)]

    def terms_from(
        self, month: YearMonth, base_fen: int, *, active: bool = True
    ) -> list[ModelTerm]:
        """A new term and what later rates make of it."""
        months = [month, *(since for since, _, _ in self.rates if since > month)]
        if not active:
            months = months[:1]
        return [ModelTerm(each, active, base_fen, *self.rates_in(each)) for each in months]


@dataclass
class Model:
    """Employers and people by number."""

    employers: dict[str, ModelEmployer] = field(default_factory=dict)
    people: dict[str, ModelPerson] = field(default_factory=dict)

    def people_of(self, employer_no: str) -> list[ModelPerson]:
        return [each for each in self.people.values() if each.employer_no == employer_no]

    def due(self, employer_no: str, month: YearMonth) -> tuple[int, int]:
        """Headcount and fen due from an employer for one month."""
        counting = [person.counting(employer_no, month) for person in self.people.values()]
        active = [term for term in counting if term is not None and term.active]
        return len(active), sum(term.monthly_fen for term in active)
