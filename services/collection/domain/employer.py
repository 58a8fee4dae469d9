"""An employer (manual §4.2) and the rules for opening one at the counter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.collection.domain import codes
from services.collection.domain.policy import Policy
from services.collection.errors import (
    BRANCH_UNKNOWN,
    CODE_UNKNOWN,
    FIRST_MONTH_OUTSIDE,
    ID_NUMBER_INVALID,
    MOBILE_INVALID,
    RATE_OUTSIDE_POLICY,
    USCC_INVALID,
)
from services.kit import idnumbers
from services.kit.days import parse_day
from services.kit.errors import DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, FieldError, Reason
from services.kit.months import YearMonth
from services.kit.plain_text import NOT_PLAIN_ZH, is_plain


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Upper and lower limit of one side, whole percent (manual §5.6)."""

    low: int
    high: int

    def __contains__(self, rate: int) -> bool:
        return self.low <= rate <= self.high

    def nearest(self, rate: int) -> int:
        """The rate itself when it lies within, else the limit it is closest to."""
        return min(max(rate, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of both sides from a month on (manual §5.6)."""

    from_month: YearMonth
    employer: RateLimits
    employee: RateLimits


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields of manual §4.2 as the counter types them."""

    name: str
    uscc: str
    address: str
    postcode: str
    founded_on: str
    supervising_department: str
    unit_kind: str
    ownership: str
    affiliation: str
    economic_type: str
    industry: str
    legal_representative: str
    legal_representative_id_type: str
    legal_representative_id_number: str
    pay_day: int
    agent_name: str
    agent_mobile: str


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer as it stands. Months are None before they exist; `held_by` is the business (登记号) that holds the roster
    until it has its outcome, whichever it is."""

    employer_no: str
    profile: Profile
    branch_code: str
    branch_name: str
    status: str
    opened_on: date
    closed_on: date | None
    first_month: YearMonth
    paid_through: YearMonth | None
    rates: tuple[Rates, ...]  # by month, the first one counting from the beginning
    held_by: str | None

    @property
    def next_month(self) -> YearMonth:
        """The next month due: after paid_through, or the first contribution month."""
        return self.paid_through + 1 if self.paid_through else self.first_month

    def paid_to(self, month: YearMonth | None) -> Employer:
        """The employer when this month is the last one paid: 正常 from its first remittance on, and 开户 again when that was
        taken back and none is left. Other states are somebody's decision and stay."""
        status = self.status
        if status in (codes.EMPLOYER_OPENED, codes.EMPLOYER_NORMAL):
            status = codes.EMPLOYER_NORMAL if month else codes.EMPLOYER_OPENED
        return replace(self, paid_through=month, status=status)

    def rates_in(self, month: YearMonth) -> Rates:
        """The limits that count in a month."""
        begun = [each for each in self.rates if each.from_month <= month]
        return begun[-1] if begun else self.rates[0]


# Fields that must not be empty when an employer is opened; the rest can be maintained later (manual §5.5).
_REQUIRED = (
    ("name", "单位名称"),
    ("uscc", "统一社会信用代码"),
    ("address", "单位地址"),
    ("legal_representative", "法人代表姓名"),
    ("agent_name", "经办人姓名"),
    ("agent_mobile", "经办人手机号码"),
)
_CODED = (codes.UNIT_KIND, codes.OWNERSHIP, codes.AFFILIATION, codes.ECONOMIC_TYPE, codes.INDUSTRY)
_TEXT_MAX = 200
_POSTCODE = re.compile(r"[0-9]{6}")
#: First months from five years back to the next year's. Nothing is remitted or back-paid from before the first month.
FIRST_MONTH_BACK_MAX = 60
FIRST_MONTH_AHEAD_MAX = 12
#: No employer that pays today was founded earlier; a year before is a slip of the keyboard.
FOUNDED_FROM = date(1900, 1, 1)


def faults_of_profile(
    profile: Profile,
    *,
    known_codes: Mapping[str, Mapping[str, str]],
    on: date,
    prefix: str = "profile.",
) -> Iterator[FieldError]:
    """Everything wrong with a profile, each with its field; nothing when it can be taken."""
    for field, title in _REQUIRED:
        if not getattr(profile, field).strip():
            yield FieldError(prefix + field, FIELD_REQUIRED.code, f"{title}不能为空")
    for field in Profile.__dataclass_fields__:
        if len(str(getattr(profile, field))) > _TEXT_MAX:
            yield FieldError(prefix + field, FIELD_INVALID.code, f"内容超过 {_TEXT_MAX} 个字")
        if not is_plain(str(getattr(profile, field))):
            yield FieldError(prefix + field, FIELD_INVALID.code, NOT_PLAIN_ZH)
    for field in _CODED:
        value = getattr(profile, field)
        if value and value not in known_codes.get(field, {}):
            yield _fault(prefix + field, CODE_UNKNOWN)
    yield from _faults_of_numbers(profile, on=on, prefix=prefix)


def _faults_of_numbers(profile: Profile, *, on: date, prefix: str) -> Iterator[FieldError]:
    if profile.uscc and not idnumbers.is_uscc(profile.uscc):
        yield _fault(prefix + "uscc", USCC_INVALID)
    if profile.agent_mobile and not idnumbers.is_mobile(profile.agent_mobile):
        yield _fault(prefix + "agent_mobile", MOBILE_INVALID)
    if not 0 <= profile.pay_day <= 31:
        yield FieldError(prefix + "pay_day", FIELD_INVALID.code, "单位发薪日应为 1 至 31")
    if profile.postcode and not _POSTCODE.fullmatch(profile.postcode):
        yield FieldError(prefix + "postcode", FIELD_INVALID.code, "单位邮编应为 6 位数字")
    yield from _faults_of_founding(profile.founded_on, on=on, field=prefix + "founded_on")
    number, id_type = profile.legal_representative_id_number, profile.legal_representative_id_type
    if id_type and id_type not in idnumbers.ID_TYPE_TITLES_ZH:
        yield _fault(prefix + "legal_representative_id_type", CODE_UNKNOWN)
    elif number:
        fault = idnumbers.id_number_fault(idnumbers.IdType(id_type or "01"), number, on=on)
        if fault is not None:
            field = prefix + "legal_representative_id_number"
            yield FieldError(field, ID_NUMBER_INVALID.code, fault.value)


def _faults_of_founding(written: str, *, on: date, field: str) -> Iterator[FieldError]:
    if not written:
        return
    founded: date | None
    try:
        founded = parse_day(written)
    except ValueError:
        founded = None
    if founded is None:
        yield _fault(field, DATE_INVALID)
    elif not FOUNDED_FROM <= founded <= on:
        zh = f"单位设立日期应在 {FOUNDED_FROM} 至 {on} 之间"
        yield FieldError(field, DATE_INVALID.code, zh)


def faults_of_rates(limits: RateLimits, *, policy: Policy, field: str) -> Iterator[FieldError]:
    """Why a pair of limits is refused; nothing when it is not."""
    if not policy.rate_floor <= limits.low <= limits.high <= policy.rate_ceiling:
        zh = RATE_OUTSIDE_POLICY.zh.format(floor=policy.rate_floor, ceiling=policy.rate_ceiling)
        yield FieldError(field, RATE_OUTSIDE_POLICY.code, zh)


def faults_of_first_month(month: YearMonth, *, current: YearMonth) -> Iterator[FieldError]:
    """Why an employer cannot begin to contribute in a month; nothing when it can."""
    floor, ceiling = current - FIRST_MONTH_BACK_MAX, current + FIRST_MONTH_AHEAD_MAX
    if not floor <= month <= ceiling:
        zh = FIRST_MONTH_OUTSIDE.zh.format(floor=floor, ceiling=ceiling)
        yield FieldError("first_month", FIRST_MONTH_OUTSIDE.code, zh)


def faults_of_branch(branch_code: str, *, branches: Mapping[str, str]) -> Iterator[FieldError]:
    if branch_code not in branches:
        yield _fault("branch_code", BRANCH_UNKNOWN)


def _fault(field: str, reason: Reason) -> FieldError:
    return FieldError(field, reason.code, reason.zh)
