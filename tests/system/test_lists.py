"""The lists of manual 五 through collection's real table, with the manual's figures."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest
from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as events

from services.kit.errors import field_errors_of
from tests.system.city import City, Refused
from tests.system.lists import account_nos, due, submit, submit_rows, type_rows, worksheet
from tests.system.people import open_accounts, pay_in, person, register, remit

_employers = count(20_000)
_people = count(300_000)


def employer_with(city: City, *bases: str) -> tuple[str, list[str]]:
    """An employer whose people have these bases from July 2019; its number and theirs."""
    employer_no = register(city, next(_employers))
    rows = [person(next(_people), base=base) for base in bases]
    open_accounts(city, employer_no, rows)
    city.settle()
    return employer_no, account_nos(city, employer_no)


def fields_of(status: status_pb2.Status) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in field_errors_of(status)]


def test_sealing_reduces_the_monthly_by_the_persons_amount(city: City) -> None:
    employer_no, accounts = employer_with(city, "16317.00", "5000.00")

    business = submit_rows(
        city,
        employer_no,
        "seal",
        [{"account_no": accounts[0], "seal_reason": "01", "effective_month": "201908"}],
    )

    assert business.amount_fen == 358_974
    sealed = city.last_event(events.AccountsSealed, employer_no)
    assert sealed.people[0].seal_reason_title == "与单位终止劳动关系"
    assert [each.status for each in sealed.accounts] == ["02"]
    months = due(city, employer_no, 201909).months
    assert [(each.headcount, each.amount_fen) for each in months] == [
        (2, 468_974),
        (1, 110_000),
        (1, 110_000),
    ]


def test_unsealing_resumes_with_a_new_base_from_its_month(city: City) -> None:
    employer_no, accounts = employer_with(city, "16317.00", "5000.00")
    seal = {"account_no": accounts[0], "seal_reason": "02", "effective_month": "201907"}
    submit_rows(city, employer_no, "seal", [seal])

    submit_rows(
        city,
        employer_no,
        "unseal",
        [
            {
                "account_no": accounts[0],
                "base": "6000",
                "effective_month": "201909",
                "unseal_kind": "01",
            }
        ],
    )

    months = due(city, employer_no, 201909).months
    assert [each.amount_fen for each in months] == [110_000, 110_000, 242_000]


def test_a_future_effective_month_takes_effect_in_that_month(city: City) -> None:
    employer_no, accounts = employer_with(city, "5000.00", "6000.00")
    submit_rows(
        city,
        employer_no,
        "seal",
        [{"account_no": accounts[0], "seal_reason": "01", "effective_month": "201911"}],
    )
    before = city.last_event(events.AccountsSealed, employer_no).accounts[0].status

    city.tick("collection", "show what has begun")
    city.clock.moment = datetime(2019, 11, 2, 2, tzinfo=UTC)
    city.tick("collection", "show what has begun")
    city.tick("collection", "show what has begun")
    city.settle()

    assert before == "01"
    shown = city.events_of(events.AccountsRefreshed, employer_no)
    assert [[each.status for each in event.accounts] for event in shown] == [["02"]]
    months = due(city, employer_no, 201911).months
    assert [each.headcount for each in months] == [2, 2, 2, 2, 1]


def test_the_base_receipt_shows_the_manuals_sums_before_and_after(city: City) -> None:
    # 29 people of 16317.00 and one of 8627.00 come to 481820.00; 22 % of it is 106000.40.
    employer_no, accounts = employer_with(city, *["16317.00"] * 29, "8627.00")

    submit_rows(city, employer_no, "base_change", [{"account_no": accounts[29], "base": "8837.00"}])

    changed = city.last_event(events.BasesChanged, employer_no)
    assert changed.total_base_before_fen == 48_182_000
    assert changed.total_base_after_fen == 48_203_000
    assert changed.total_monthly_before_fen == 10_600_040
    assert changed.total_monthly_after_fen == 10_604_660
    assert changed.changes[0].monthly_after_fen == 194_414


def test_an_account_number_is_answered_with_who_it_is(city: City) -> None:
    employer_no, accounts = employer_with(city, "5000.00")
    pay_in(city, employer_no, 110_000)
    remit(city, employer_no, 201907)

    type_rows(city, employer_no, "seal", [{"account_no": accounts[0]}])

    echo = dict(worksheet(city, employer_no, "seal").rows[0].echo)
    assert echo["status"] == "正常"
    assert echo["balance"] == "1,100.00"
    assert "***" in echo["id_number"]


def echo_of_row(city: City, employer_no: str, business: str, row: dict[str, str]) -> dict[str, str]:
    type_rows(city, employer_no, business, [row])
    return dict(worksheet(city, employer_no, business).rows[0].echo)


def test_a_row_of_a_new_account_is_answered_with_its_monthly(city: City) -> None:
    """16317.00 at 12 % and 10 %: 1958.04 + 1631.70; without a base nothing is known yet."""
    employer_no, _ = employer_with(city, "5000.00")
    typed = person(next(_people), base="16317.00")

    assert echo_of_row(city, employer_no, "open_accounts", typed) == {
        "employer_share": "1,958.04",
        "employee_share": "1,631.70",
        "monthly": "3,589.74",
    }
    assert echo_of_row(city, employer_no, "open_accounts", {**typed, "base": ""}) == {}


def test_a_row_of_an_unsealing_is_answered_with_its_new_monthly(city: City) -> None:
    employer_no, accounts = employer_with(city, "5000.00")
    row = {"account_no": accounts[0], "seal_reason": "退休", "effective_month": "201907"}
    submit_rows(city, employer_no, "seal", [row])
    typed = {"account_no": accounts[0], "base": "16317.00", "effective_month": "201909"}

    echo = echo_of_row(city, employer_no, "unseal", typed)

    assert (echo["status"], echo["monthly"]) == ("封存", "3,589.74")
    assert "monthly" not in echo_of_row(city, employer_no, "unseal", {"account_no": accounts[0]})


def test_the_list_of_a_transfer_names_the_employer_that_is_left(city: City) -> None:
    employer_no, accounts = employer_with(city, "5000.00")
    type_rows(city, employer_no, "transfer", [{"account_no": accounts[0]}])

    shown = dict(worksheet(city, employer_no, "transfer").worksheet.header_echo)

    assert shown["source_employer_no"] == employer_no
    assert shown["source_name"].startswith("张家口试验")
    assert "target_name" not in shown


def test_two_thousand_rows_with_five_bad_ones_are_refused_whole_with_those_five(
    city: City,
) -> None:
    employer_no = register(city, next(_employers))
    rows = [person(next(_people)) for _ in range(2000)]
    bad = {3: "base", 500: "mobile", 999: "id_number", 1500: "effective_month", 1999: "name"}
    wrong = {
        "base": "100.00",
        "mobile": "12",
        "id_number": "130702199003070015",
        "effective_month": "201906",
        "name": "",
    }
    for index, field in bad.items():
        rows[index][field] = wrong[field]
    type_rows(city, employer_no, "open_accounts", rows)

    with pytest.raises(Refused) as refused:
        submit(city, employer_no, "open_accounts")

    named = {path for path, _ in fields_of(refused.value.status)}
    first = {f"rows[{index + 1}].{field}" for index, field in bad.items()}
    assert named == first
    assert worksheet(city, employer_no, "open_accounts").worksheet.row_count == 2000
    assert city.events_of(events.AccountsOpened, employer_no) == []


def test_two_thousand_and_one_rows_are_refused(city: City) -> None:
    employer_no = register(city, next(_employers))
    rows = [person(next(_people)) for _ in range(2001)]

    with pytest.raises(Refused) as refused:
        type_rows(city, employer_no, "open_accounts", rows)

    assert refused.value.reason == "ROW_LIMIT_EXCEEDED"
    assert worksheet(city, employer_no, "open_accounts").worksheet.row_count == 0


def test_rows_of_the_same_person_are_errors_of_both(city: City) -> None:
    employer_no = register(city, next(_employers))
    twice = person(next(_people))
    type_rows(city, employer_no, "open_accounts", [twice, twice])

    with pytest.raises(Refused) as refused:
        submit(city, employer_no, "open_accounts")

    assert fields_of(refused.value.status) == [
        ("rows[1].id_number", "ROW_REPEATED"),
        ("rows[2].id_number", "ROW_REPEATED"),
    ]
