"""补缴 (manual §6.2) through both services, with figures worked out by hand: 5000.00 at 22 % is 1100.00 a month."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from itertools import count

import pytest
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events

from services.deposit.store import credits
from services.deposit.store.credits import BackPaymentRow
from services.deposit.store.ledger import Posting
from services.kit.errors import field_errors_of, reason_of
from tests.system.city import City, Refused
from tests.system.deposit_city import (
    back_pay,
    back_payment_row,
    employer_with,
    reverse,
    suspense_of,
    transfer,
    type_back_payment,
)
from tests.system.lists import account_nos, submit, worksheet
from tests.system.people import check_books, open_accounts, outcome, pay_in, person, remit

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED
FULL, ARBITRARY = "正常全额补缴", "不定额补缴"
# Other files count from other places.
_latecomers = count(1_300_000)


def employer_paid_through_august(city: City) -> tuple[str, list[str]]:
    """Two people with 1100.00 a month, July and August remitted, 10000.00 left in suspense."""
    employer_no, accounts = employer_with(city, "5000.00", "5000.00")
    pay_in(city, employer_no, 440_000 + 1_000_000)
    remit(city, employer_no, 201908)
    return employer_no, accounts


def latecomers_of(city: City, employer_no: str) -> list[str]:
    """Two people opened from September on, whose July and August nobody has paid."""
    rows = [person(next(_latecomers), month="201909") for _ in range(2)]
    open_accounts(city, employer_no, rows)
    city.settle()
    return account_nos(city, employer_no)


def test_full_back_payment_posts_a_line_a_row_with_its_months(city: City) -> None:
    employer_no, _ = employer_paid_through_august(city)
    one, two = latecomers_of(city, employer_no)

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
    assert [line.balance_after_fen for line in lines] == [220_000, 110_000]
    assert worksheet(city, employer_no, "back_payment", owner="deposit").worksheet.row_count == 0
    assert check_books(city).clean


def test_an_amount_that_is_not_the_full_one_comes_back_on_its_row(city: City) -> None:
    employer_no, _ = employer_paid_through_august(city)
    one, two = latecomers_of(city, employer_no)

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
    employer_no, _ = employer_paid_through_august(city)
    one, two = latecomers_of(city, employer_no)
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


@pytest.mark.parametrize("kind", [FULL, ARBITRARY])
def test_months_before_the_employers_first_one_come_back_on_their_row(
    city: City, kind: str
) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)

    business = back_pay(
        city,
        employer_no,
        [back_payment_row(one, "7700.00", 201812, 201906)],
        amount="7700.00",
        kind=kind,
    )

    assert business.state == REJECTED
    (error,) = field_errors_of(business.rejection)
    assert (error.path, error.reason) == ("rows[1].from_month", "BACK_BEFORE_FIRST_MONTH")
    assert error.zh == "开始年月不能早于单位首次汇缴年月 201907"


def full_of_august(city: City, employer_no: str, account_no: str) -> business_pb2.Business:
    rows = [back_payment_row(account_no, "1100.00", 201908, 201908)]
    return back_pay(city, employer_no, rows, amount="1100.00", kind=FULL)


def paid_again(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in field_errors_of(refused.value.status)]


PAID_AGAIN = [("rows[1].from_month", "MONTHS_PAID_IN_FULL")]


def test_a_month_that_was_remitted_is_not_paid_in_full_again(city: City) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)

    with pytest.raises(Refused) as refused:
        full_of_august(city, employer_no, one)

    (error,) = field_errors_of(refused.value.status)
    assert (error.path, error.reason) == PAID_AGAIN[0]
    assert error.zh == (
        "该职工 201908 已全额缴存，不能重复办理正常全额补缴；"
        "如因基数或比例调整需补差额，请选择不定额补缴"
    )
    assert suspense_of(city, employer_no) == 1_000_000


def test_a_month_is_back_paid_in_full_once(city: City) -> None:
    employer_no, _ = employer_paid_through_august(city)
    late, _ = latecomers_of(city, employer_no)
    assert full_of_august(city, employer_no, late).state == POSTED

    with pytest.raises(Refused) as refused:
        full_of_august(city, employer_no, late)

    assert paid_again(refused) == PAID_AGAIN
    assert suspense_of(city, employer_no) == 890_000


def test_a_difference_may_follow_a_month_paid_in_full(city: City) -> None:
    employer_no, (one, _) = employer_paid_through_august(city)
    rows = [back_payment_row(one, "22.00", 201907, 201908)]

    assert back_pay(city, employer_no, rows, amount="22.00").state == POSTED


def test_a_difference_does_not_pay_a_month_in_full(city: City) -> None:
    employer_no, _ = employer_paid_through_august(city)
    late, _ = latecomers_of(city, employer_no)
    rows = [back_payment_row(late, "22.00", 201907, 201908)]
    back_pay(city, employer_no, rows, amount="22.00")

    assert full_of_august(city, employer_no, late).state == POSTED


def test_a_full_back_payment_that_was_taken_back_may_be_made_again(city: City) -> None:
    employer_no, _ = employer_paid_through_august(city)
    late, _ = latecomers_of(city, employer_no)
    reverse(city, full_of_august(city, employer_no, late).registration_no)

    assert full_of_august(city, employer_no, late).state == POSTED
    assert check_books(city).clean


def test_a_month_that_another_employer_paid_is_not_paid_in_full_again(city: City) -> None:
    former, (one, _) = employer_paid_through_august(city)
    employer_no, _ = employer_paid_through_august(city)
    transfer(city, former, employer_no, [one])

    with pytest.raises(Refused) as refused:
        full_of_august(city, employer_no, one)

    assert paid_again(refused) == PAID_AGAIN


def test_a_month_that_is_paid_before_the_posting_comes_back_on_its_row(city: City) -> None:
    """What was true at 提交 is held against the ledger once more where the money moves."""
    employer_no, _ = employer_paid_through_august(city)
    late, _ = latecomers_of(city, employer_no)
    rows = [back_payment_row(late, "2200.00", 201907, 201908)]
    type_back_payment(city, employer_no, rows, amount="2200.00", kind=FULL, people=1)
    accepted = submit(city, employer_no, "back_payment", owner="deposit")
    posting = Posting("elsewhere", employer_no, date(2019, 9, 20), "02", "1220")
    with city.runtimes["deposit"].database.transaction() as connection:
        # Of nothing, so that the books stay in balance.
        credits.credit_rows(connection, posting, [BackPaymentRow(1, late, 201908, 201908, 0)])
    city.settle()

    business = outcome(city, employer_no, accepted.registration_no)

    assert (business.state, reason_of(business.rejection)) == (REJECTED, "WORKSHEET_HAS_ERRORS")
    (error,) = field_errors_of(business.rejection)
    assert (error.path, error.reason) == PAID_AGAIN[0]
    assert error.zh.startswith("该职工 201908 已全额缴存")
    left = worksheet(city, employer_no, "back_payment", owner="deposit")
    assert [error.reason for row in left.rows for error in row.errors] == ["MONTHS_PAID_IN_FULL"]
    assert suspense_of(city, employer_no) == 1_000_000
    remit(city, employer_no, 201909)  # the employer is free again


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
