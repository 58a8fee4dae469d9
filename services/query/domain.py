"""What the queries of manual 四 accept, and the national codes they show. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from services.kit.days import day_of
from services.kit.errors import DomainError, FieldError, Reason
from services.kit.idnumbers import IdType
from services.query.errors import (
    DATE_RANGE_REQUIRED,
    DATE_RANGE_REVERSED,
    FILTER_CODE_UNKNOWN,
    ID_TYPE_REQUIRED,
)

ACCOUNT_ACTIVE = "01"
ACCOUNT_SEALED = "02"

ACCOUNT_STATUS_TITLES_ZH = {
    ACCOUNT_ACTIVE: "正常",
    ACCOUNT_SEALED: "封存",
    "03": "合并销户",
    "04": "外部转出销户",
    "05": "提取销户",
    "06": "冻结",
    "99": "其他",
}

TRANSACTION_TYPE_TITLES_ZH = {
    "0": "正常",
    "1": "红字",
    "2": "蓝字",
    "6": "撤销",
    "7": "当日冲正",
    "8": "冲账",
    "9": "抹账",
}

EMPLOYER_STATUS_TITLES_ZH = {"01": "正常", "02": "开户", "03": "缓缴", "04": "销户", "05": "封存"}


#: Names of the code tables: 摘要, and those of an employer's profile (named like its columns).
SUMMARY = "summary"
PROFILE_CODES = ("unit_kind", "ownership", "affiliation", "economic_type", "industry")


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people of an employer are asked for (manual §4.3); an empty field does not filter."""

    id_type: str = ""
    id_number: str = ""
    account_no: str = ""
    status: str = ""

    @property
    def given(self) -> frozenset[str]:
        """The fields that filter."""
        return frozenset(each.name for each in fields(self) if getattr(self, each.name))

    def parts(self) -> tuple[str, ...]:
        """What a page token is bound to."""
        return (self.id_type, self.id_number, self.account_no, self.status)


def people_filter(
    *, id_type: str, id_number: str, account_no: str, status: str, path: str
) -> PeopleFilter:
    """A filter as typed, checked. Raises FILTER_CODE_UNKNOWN and ID_TYPE_REQUIRED with the field below `path`."""
    if id_type and id_type not in set(IdType):
        raise _refused(FILTER_CODE_UNKNOWN, f"{path}.id_type")
    if status and status not in ACCOUNT_STATUS_TITLES_ZH:
        raise _refused(FILTER_CODE_UNKNOWN, f"{path}.status")
    number = id_number.strip().upper()
    if number and not id_type:
        raise _refused(ID_TYPE_REQUIRED, f"{path}.id_type")
    return PeopleFilter(id_type, number, account_no.strip(), status)


@dataclass(frozen=True, slots=True)
class Order:
    """A list sorted by a column; whatever is unique breaks ties in the same direction."""

    column: str
    descending: bool = False

    def parts(self) -> tuple[str, ...]:
        """What a page token is bound to."""
        return (self.column, str(self.descending))


#: By number of `PeopleOrder` in the proto.
_PEOPLE_ORDERS = (
    Order("opened_on"),
    Order("opened_on", descending=True),
    Order("account_no"),
    Order("balance_fen", descending=True),
    Order("balance_fen"),
    Order("base_fen", descending=True),
    Order("base_fen"),
    Order("paid_through_month"),
)
#: By number of `LineOrder` in the proto.
_LINE_ORDERS = (Order("posted_on", descending=True), Order("posted_on"))


def people_order(number: int, *, path: str) -> Order:
    """An order of people by its number. Raises FILTER_CODE_UNKNOWN."""
    return _order(_PEOPLE_ORDERS, number, path)


def line_order(number: int, *, path: str) -> Order:
    """An order of ledger or statement lines by its number. Raises FILTER_CODE_UNKNOWN."""
    return _order(_LINE_ORDERS, number, path)


def _order(declared: tuple[Order, ...], number: int, path: str) -> Order:
    if not 0 <= number < len(declared):
        raise _refused(FILTER_CODE_UNKNOWN, path)
    return declared[number]


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; None leaves a side open."""

    first: date | None
    last: date | None

    @property
    def given(self) -> frozenset[str]:
        """The sides that are not open."""
        return frozenset(each.name for each in fields(self) if getattr(self, each.name))

    def parts(self) -> tuple[str, ...]:
        """What a page token is bound to."""
        return tuple(day.isoformat() if day else "" for day in (self.first, self.last))


def open_period(*, from_date: str, to_date: str) -> Period:
    """A period whose sides may be left empty (manual §4.4). Raises DATE_INVALID, DATE_RANGE_REVERSED."""
    period = Period(_day(from_date, "from_date"), _day(to_date, "to_date"))
    if period.first and period.last and period.last < period.first:
        raise _refused(DATE_RANGE_REVERSED, "to_date")
    return period


def closed_period(*, from_date: str, to_date: str) -> Period:
    """A period with both sides (manual §4.1: 开始日期和结束日期不能为空). Raises DATE_RANGE_REQUIRED too."""
    dates = {"from_date": from_date, "to_date": to_date}
    missing = [name for name, text in dates.items() if not text.strip()]
    if missing:
        raise _refused(DATE_RANGE_REQUIRED, *missing)
    return open_period(from_date=from_date, to_date=to_date)


def _day(text: str, field: str) -> date | None:
    written = text.strip()
    if not written:
        return None
    return day_of(written, field=field)


def _refused(reason: Reason, *paths: str) -> DomainError:
    return DomainError(reason, fields=[FieldError(path, reason.code, reason.zh) for path in paths])
