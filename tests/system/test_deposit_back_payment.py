"""补缴 (manual §6.2) through both services, with figures worked out by hand: 5000.00 at 22 % is 1100.00 a month."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events

from services.kit.errors import field_errors_of, reason_of
from tests.system.city import City, Refused
from tests.system.deposit_city import (
    back_pay,
    back_payment_row,
    employer_with,
    suspense_of,
    type_back_payment,
)
from tests.system.lists import submit, worksheet
from tests.system.people import check_books, outcome, pay_in, remit

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED
FULL, ARBITRARY = "正常全额补缴", "不定额补缴"


def employer_paid_through_august(city: City) -> tuple[str, list[str]]:
    """Two people with 1100.00 a month, July and August remitted, 10000.00 left in suspense."""
    employer_no, accounts = employer_with(city, "5000.00", "5000.00")
    pay_in(city, employer_no, 440_000 + 1_000_000)
    remit(city, employer_no, 201908)
    return employer_no, accounts


def test_full_back_payment_posts_a_line_a_row_with_its_months(city: City) -> None:
    employer_no, (one, two) = employer_paid_through_august(city)

    business = back_pay(
        city,
        employer_no,
        [
            back_payment_row(one, "2200.00", 201907, 201908),
            back_payment_row(two, "1100", 201908, 201908),
        ],
        amount="3300.00",
        kind=FULL,
        people=2,
    )

    assert (business.state, business.headcount, business.amount_fen) == (POSTED, 2, 330_000)
    posted = city.last_event(events.BackPaymentPosted, employer_no)
    assert posted.kind == events.BACK_PAYMENT_KIND_FULL
    assert (posted.suspense_out_fen, posted.suspense_in_fen, posted.suspense_after_fen) == (
        330_000,
        0,
        670_000,
    )
    lines = city.last_event(events.LedgerLinesPosted, employer_no).lines
    assert [
        (line.account_no, line.summary, line.credit_fen, line.from_month, line.to_month)
        for line in lines
    ] == [(one, "1220", 220_000, 201907, 201908), (two, "1220", 110_000, 201908, 201908)]
    assert [line.balance_after_fen for line in lines] == [440_000, 330_000]
    assert worksheet(city, employer_no, "back_payment", owner="deposit").worksheet.row_count == 0
    assert check_books(city).clean


def test_an_amount_that_is_not_the_full_one_comes_back_on_its_row(city: City) -> None:
    employer_no, (one, two) = employer_paid_through_august(city)

    business = back_pay(
        city,
        employer_no,
        [
            back_payment_row(one, "1100", 201907, 201907),
            back_payment_row(two, "1100.01", 201907, 201907),
        ],
        amount="2200.01",
        kind=FULL,
        people=2,
    )

    assert business.state == REJECTED
    assert reason_of(business.rejection) == "WORKSHEET_HAS_ERRORS"
    assert [each.path for each in field_errors_of(business.rejection)] == ["rows[2].amount"]
    left = worksheet(city, employer_no, "back_payment", owner="deposit")
    assert [row.cells["amount"] for row in left.rows] == ["1100", "1100.01"]
    assert [[error.reason for error in row.errors] for row in left.rows] == [
        [],
        ["BACK_AMOUNT_NOT_FULL"],
    ]
    assert left.worksheet.header["amount"] == "2200.01"
    assert suspense_of(city, employer_no) == 1_000_000
    remit(city, employer_no, 201909)  # the employer is free again
    assert check_books(city).clean


def test_a_late_refusal_finds_its_row_on_a_list_that_is_nearly_full_again(city: City) -> None:
    employer_no, (one, two) = employer_paid_through_august(city)
    submitted = [
        back_payment_row(one, "1100.01", 201907, 201907),
        back_payment_row(two, "1100", 201907, 201907),
    ]
    type_back_payment(city, employer_no, submitted, amount="2200.01", kind=FULL, people=2)
    accepted = submit(city, employer_no, "back_payment", owner="deposit")
    # Meanwhile the clerk types the next list: 1999 rows, one short of the limit.
    typed_since = [back_payment_row(two, "1100", 201908, 201908)] * 1999
    type_back_payment(city, employer_no, typed_since, amount="1", kind=FULL, people=1)
    city.settle()

    business = outcome(city, employer_no, accepted.registration_no)
    assert [each.path for each in field_errors_of(business.rejection)] == ["rows[2000].amount"]
    assert worksheet(city, employer_no, "back_payment", owner="deposit").worksheet.row_count == 2000


def test_arbitrary_amounts_are_posted_as_they_are(city: City) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)

    business = back_pay(
        city, employer_no, [back_payment_row(one, "0.01", 201907, 201907)], amount="0.01"
    )

    assert (business.state, business.amount_fen) == (POSTED, 1)
    (line,) = city.last_event(events.LedgerLinesPosted, employer_no).lines
    assert (line.summary, line.business_kind) == ("1222", "02")


def test_unpaid_months_are_refused(city: City) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)

    business = back_pay(
        city, employer_no, [back_payment_row(one, "5.00", 201908, 201909)], amount="5.00"
    )

    assert business.state == REJECTED
    (error,) = field_errors_of(business.rejection)
    assert (error.path, error.reason) == ("rows[1].to_month", "BACK_MONTHS_NOT_PAID")


def test_everything_wrong_with_the_list_is_named_at_once(city: City) -> None:
    employer_no, (one, two) = employer_paid_through_august(city)
    _, (else_where,) = employer_with(city, "5000.00")
    rows = [
        back_payment_row(one, "100", 201907, 201908),
        back_payment_row(one, "100", 201908, 201908),
        back_payment_row(else_where, "100", 201907, 201907),
        back_payment_row(two, "100", 201908, 201907),
        back_payment_row(two, "100", 201910, 201910),
    ]

    with pytest.raises(Refused) as refused:
        back_pay(city, employer_no, rows, amount="20000", people=9)

    assert [(each.path, each.reason) for each in field_errors_of(refused.value.status)] == [
        ("header.amount", "AMOUNT_DISAGREES"),
        ("header.headcount", "HEADCOUNT_DISAGREES"),
        ("header.amount", "INSUFFICIENT_SUSPENSE"),
        ("rows[1].from_month", "MONTHS_REPEATED"),
        ("rows[2].from_month", "MONTHS_REPEATED"),
        ("rows[3].account_no", "ACCOUNT_UNKNOWN"),
        ("rows[4].to_month", "MONTHS_BACKWARDS"),
        ("rows[5].to_month", "MONTH_AHEAD"),
    ]


def test_an_account_number_is_answered_with_name_and_masked_id(city: City) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)

    type_back_payment(
        city,
        employer_no,
        [back_payment_row(one, "1", 201907, 201907)],
        amount="1",
        kind=ARBITRARY,
        people=1,
    )

    (row,) = worksheet(city, employer_no, "back_payment", owner="deposit").rows
    assert row.echo["name"].startswith("试验")
    assert row.echo["id_number"].startswith("130****")


def test_nothing_else_starts_while_a_back_payment_has_no_outcome(city: City) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)
    type_back_payment(
        city,
        employer_no,
        [back_payment_row(one, "1", 201907, 201907)],
        amount="1",
        kind=ARBITRARY,
        people=1,
    )
    submit(city, employer_no, "back_payment", owner="deposit")

    with pytest.raises(Refused) as refused:
        remit(city, employer_no, 201909)

    assert refused.value.reason == "EMPLOYER_BUSY"
    city.settle()
    remit(city, employer_no, 201909)


@pytest.mark.parametrize("seed", range(4))
def test_deaths_and_double_deliveries_post_once(city: City, seed: int) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)
    city.faults.random = random.Random(seed)
    city.faults.twice = 0.5
    city.faults.dies_before_commit = city.faults.dies_after_commit = 0.25

    business = back_pay(
        city, employer_no, [back_payment_row(one, "7.00", 201907, 201907)], amount="7.00"
    )

    city.faults.dies_before_commit = city.faults.dies_after_commit = 0
    assert business.state == POSTED
    assert suspense_of(city, employer_no) == 999_300
    assert check_books(city).clean


def test_the_policys_row_limit_holds_for_back_payments_too(own_city: City) -> None:
    employer_no, (one, two) = employer_paid_through_august(own_city)
    listed = own_city.call(
        "collection", collection.ListPoliciesRequest(), collection.ListPoliciesResponse
    )
    row = listed.policies[0]
    row.valid_from, row.row_limit = "2020-01-01", 1
    own_city.call(
        "collection", collection.SetPolicyRequest(policy=row), collection.SetPolicyResponse
    )
    own_city.clock.moment = datetime(2020, 1, 2, 2, tzinfo=UTC)

    refused = back_pay(
        own_city,
        employer_no,
        [back_payment_row(each, "1100.00", 201907, 201907) for each in (one, two)],
        amount="2200.00",
        kind=ARBITRARY,
        people=2,
    )

    assert (refused.state, reason_of(refused.rejection)) == (REJECTED, "ROW_LIMIT_EXCEEDED")
    assert suspense_of(own_city, employer_no) == 1_000_000
    assert (
        worksheet(own_city, employer_no, "back_payment", owner="deposit").worksheet.row_count == 2
    )


def test_the_screen_shows_where_the_money_comes_from(city: City) -> None:
    """单位补缴信息 of manual §6.2, with titles for whoever draws it."""
    employer_no, (one, _) = employer_paid_through_august(city)
    rows = [back_payment_row(one, "1234.56", 201907, 201907)]
    type_back_payment(city, employer_no, rows, amount="1234.56", kind=ARBITRARY, people=1)

    reply = worksheet(city, employer_no, "back_payment", owner="deposit")

    titles = {each.key: each.title_zh for each in reply.header_echo_columns}
    assert {titles[key]: text for key, text in reply.worksheet.header_echo.items()} == {
        "暂存款可用余额": "10000.00",
        "缴款方式": "暂存款",
        "暂存款转入金额": "0.00",
        "暂存款转出金额": "1234.56",
        "实际缴款金额": "1234.56",
    }
