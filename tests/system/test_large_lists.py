"""2000 rows of every list of manual 五: five bad ones refuse the whole list and are named; 2001 rows are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.common.v1 import business_pb2

from services.kit.errors import field_errors_of
from tests.system.city import City, Refused
from tests.system.lists import account_nos, submit, type_rows, worksheet
from tests.system.people import open_accounts, outcome, person, register

ROWS = 2000
#: Rows that are spoiled, counted from 0.
BAD = (0, 3, 999, 1500, 1999)
NOBODY = "2079999999990"

_employers = count(60_000)
_people = count(1_200_000)


@dataclass(frozen=True)
class Case:
    """One list about existing accounts: how a good row looks and how it is spoiled."""

    business: str
    row: Callable[[str], dict[str, str]]
    field: str
    wrong: str


CASES = (
    Case(
        "seal",
        lambda number: {
            "account_no": number,
            "seal_reason": "01",
            "effective_month": "201909",
        },
        "effective_month",
        "201906",
    ),
    Case(
        "unseal",
        lambda number: {
            "account_no": number,
            "base": "6000",
            "effective_month": "201909",
            "unseal_kind": "01",
        },
        "base",
        "1.00",
    ),
    Case(
        "base_change",
        lambda number: {"account_no": number, "base": "7000"},
        "base",
        "99999999.00",
    ),
    Case("transfer", lambda number: {"account_no": number}, "account_no", NOBODY),
)


def test_every_list_takes_2000_rows_whole_or_names_exactly_the_bad_ones(city: City) -> None:
    employer_no, target_no = (register(city, next(_employers)) for _ in range(2))
    open_accounts(city, employer_no, [person(next(_people)) for _ in range(ROWS)])
    city.settle()
    numbers = account_nos(city, employer_no)

    for case in CASES:
        header = {"target_employer_no": target_no} if case.business == "transfer" else {}
        rows = [case.row(number) for number in numbers]
        for index in BAD:
            rows[index] = {**rows[index], case.field: _wrong(case, index)}
        type_rows(city, employer_no, case.business, rows, header=header)
        with pytest.raises(Refused) as refused:
            submit(city, employer_no, case.business)
        named = sorted(each.path for each in field_errors_of(refused.value.status))
        assert named == sorted(f"rows[{index + 1}].{case.field}" for index in BAD)
        assert worksheet(city, employer_no, case.business).worksheet.bad_row_count == len(BAD)

        rows = [case.row(number) for number in numbers]
        type_rows(city, employer_no, case.business, rows, header=header)
        business = submit(city, employer_no, case.business)
        city.settle()
        ended = outcome(city, employer_no, business.registration_no, owner="collection")
        assert (ended.state, ended.headcount) == (business_pb2.BUSINESS_STATE_POSTED, ROWS)

    moved = city.last_event(events.AccountsTransferredIn, target_no)
    assert {each.base_fen for each in moved.accounts} == {700_000}


def _wrong(case: Case, index: int) -> str:
    """Numbers of nobody differ, or the rows would be refused for being alike."""
    return f"{int(case.wrong) + index}" if case.wrong == NOBODY else case.wrong


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.business)
def test_2001_rows_of_a_list_are_refused_and_nothing_is_kept(city: City, case: Case) -> None:
    employer_no = register(city, next(_employers))
    rows = [case.row(f"{2_070_000_000_000 + number}") for number in range(ROWS + 1)]

    with pytest.raises(Refused) as refused:
        type_rows(city, employer_no, case.business, rows)

    assert refused.value.reason == "ROW_LIMIT_EXCEEDED"
    assert worksheet(city, employer_no, case.business).worksheet.row_count == 0
