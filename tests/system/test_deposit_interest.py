"""年度结息 (manual §4.4) through the real code, with a clock that is moved by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit.handlers import interest_run
from tests.system.city import City, Refused
from tests.system.deposit_city import (
    begin_interest,
    begin_tried_interest,
    employer_with,
    followed,
    move_clock,
    run_interest,
    transfer,
)
from tests.system.people import agent_of, check_books, pay_in, remit


def interest_of(city: City, employer_no: str, fund_year: int) -> list[pb.AccountInterest]:
    request = pb.ListAccountInterestRequest(fund_year=fund_year, employer_no=employer_no)
    return list(city.call("deposit", request, pb.ListAccountInterestResponse).accounts)


def employer_of_the_manual(city: City) -> tuple[str, list[str]]:
    """1600.00 at 22 % is 352.00; two months remitted on 2018-06-19, twelve days before 1 July: 8448 yuan-days."""
    move_clock(city, 2018, 6, 1)
    employer_no, accounts = employer_with(city, "1600.00", first_month=201805)
    pay_in(city, employer_no, 1_000_000)
    move_clock(city, 2018, 6, 19)
    remit(city, employer_no, 201806)
    return employer_no, accounts


def remit_the_manuals_year(city: City, employer_no: str) -> None:
    days = ((7, 13), (8, 16), (9, 25), (10, 25), (11, 19), (12, 14))
    for month, day in days:
        move_clock(city, 2018, month, day)
        remit(city, employer_no, 201800 + month)


def test_the_manuals_ledger_comes_out_to_the_fen(own_city: City) -> None:
    employer_no, _ = employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    run_interest(own_city, 2018)
    remit_the_manuals_year(own_city, employer_no)
    move_clock(own_city, 2019, 7, 1)

    run = run_interest(own_city, 2019)

    lines = [
        line
        for event in own_city.events_of(events.LedgerLinesPosted, employer_no)
        for line in event.lines
    ]
    assert [
        (line.posted_on, line.summary, line.credit_fen, line.balance_after_fen, line.from_month)
        for line in lines
    ] == [
        ("2018-06-19", "1219", 35_200, 35_200, 201805),
        ("2018-06-19", "1219", 35_200, 70_400, 201806),
        ("2018-06-30", "1231", 35, 70_435, 0),
        ("2018-07-13", "1219", 35_200, 105_635, 201807),
        ("2018-08-16", "1219", 35_200, 140_835, 201808),
        ("2018-09-25", "1219", 35_200, 176_035, 201809),
        ("2018-10-25", "1219", 35_200, 211_235, 201810),
        ("2018-11-19", "1219", 35_200, 246_435, 201811),
        ("2018-12-14", "1219", 35_200, 281_635, 201812),
        ("2019-06-30", "1231", 3_451, 285_086, 0),
    ]
    assert (run.product_yuan_days, run.amount_fen, run.rate_bp) == (828_256, 3_451, 150)
    posted = own_city.last_event(events.AnnualInterestPosted, employer_no)
    assert (posted.fund_year, posted.headcount, posted.amount_fen) == (2019, 1, 3_451)
    assert posted.money.balance_fen == 285_086
    assert check_books(own_city).clean


def test_a_trial_reports_and_posts_nothing(own_city: City) -> None:
    employer_no, accounts = employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    run_interest(own_city, 2018)
    remit_the_manuals_year(own_city, employer_no)

    run = run_interest(
        own_city, 2019, trial=True
    )  # in December already: as if nothing more came in

    assert (run.trial, run.accounts, run.product_yuan_days, run.amount_fen) == (
        True,
        1,
        828_256,
        3_451,
    )
    assert run.mismatches == 0
    (only,) = interest_of(own_city, employer_no, 2019)
    assert (only.account_no, only.amount_fen, only.posted) == (accounts[0], 3_451, False)
    assert (only.balance_before_fen, only.balance_after_fen) == (281_635, 285_086)
    assert len(own_city.events_of(events.AnnualInterestPosted, employer_no)) == 1


def test_a_year_is_paid_once_however_often_it_is_run(own_city: City) -> None:
    employer_no, _ = employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)

    first, second = run_interest(own_city, 2018), run_interest(own_city, 2018)

    assert first.run_no == second.run_no
    (only,) = interest_of(own_city, employer_no, 2018)
    assert (only.amount_fen, only.posted, only.balance_after_fen) == (35, True, 70_435)
    assert check_books(own_city).clean


def test_interest_is_refused_until_the_years_last_day_is_over(own_city: City) -> None:
    move_clock(own_city, 2019, 6, 30)

    with pytest.raises(Refused) as refused:
        begin_interest(own_city, 2019)

    assert refused.value.reason == "INTEREST_TOO_EARLY"


def test_what_comes_in_on_the_years_last_day_earns_that_day(own_city: City) -> None:
    """1100.00 × 1 day × 1.50 % / 360 is 0.0458 yuan."""
    employer_no, _ = employer_with(own_city, "5000.00", first_month=201905)
    pay_in(own_city, employer_no, 110_000)
    move_clock(own_city, 2020, 6, 30)
    remit(own_city, employer_no, 201905)
    move_clock(own_city, 2020, 7, 1)

    run = run_interest(own_city, 2020)

    assert (run.product_yuan_days, run.amount_fen) == (1_100, 5)
    assert check_books(own_city).clean


def test_a_business_of_the_old_year_that_is_late_is_waited_for(own_city: City) -> None:
    """Both employers remit on 30 June; what one of them submitted is still on its way when the run begins."""
    late, _ = employer_with(own_city, "5000.00", first_month=201905)
    other, _ = employer_with(own_city, "5000.00", first_month=201905)
    for employer_no in (late, other):
        pay_in(own_city, employer_no, 110_000)
    move_clock(own_city, 2020, 6, 30)
    remit(own_city, other, 201905)
    request = pb.SubmitRemittanceRequest(to_month=201905)
    own_city.call("deposit", request, pb.SubmitRemittanceResponse, by=agent_of(late))
    move_clock(own_city, 2020, 7, 1)
    begin_tried_interest(own_city, 2020)
    for _ in range(3):
        own_city.tick("deposit", "interest")

    waiting = own_city.call("deposit", pb.GetInterestRunRequest(), pb.GetInterestRunResponse).run
    own_city.settle()
    run = run_interest(own_city, 2020)

    assert (waiting.finished, waiting.amount_fen) == (False, 5)
    assert (run.finished, run.accounts, run.amount_fen) == (True, 2, 10)
    assert [each.amount_fen for each in interest_of(own_city, late, 2020)] == [5]
    assert check_books(own_city).clean


def test_nothing_is_posted_while_calls_of_the_last_day_may_still_run(own_city: City) -> None:
    employer_of_the_manual(own_city)
    own_city.clock.moment = datetime(2018, 6, 30, 16, 4, 59, tzinfo=UTC)  # 00:04:59 in China
    begin_tried_interest(own_city, 2018)

    own_city.tick("deposit", "interest")

    run = own_city.call("deposit", pb.GetInterestRunRequest(), pb.GetInterestRunResponse).run
    assert (run.finished, run.accounts) == (False, 0)
    own_city.clock.moment += timedelta(seconds=1)
    assert run_interest(own_city, 2018).amount_fen == 35


def test_a_year_cannot_be_skipped(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2019, 7, 1)

    with pytest.raises(Refused) as refused:
        run_interest(own_city, 2019)

    assert refused.value.reason == "INTEREST_YEAR_SKIPPED"


def test_a_late_run_pays_as_if_it_had_run_on_30_june(own_city: City) -> None:
    """The July remittance comes before the run: it earns nothing for the old year, and the interest, once posted,
    counts from 1 July as if it had been there."""
    employer_no, _ = employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 13)
    remit(own_city, employer_no, 201807)

    late = run_interest(own_city, 2018)

    assert late.amount_fen == 35
    assert check_books(own_city).clean  # the products too
    for month, day in ((8, 16), (9, 25), (10, 25), (11, 19), (12, 14)):
        move_clock(own_city, 2018, month, day)
        remit(own_city, employer_no, 201800 + month)
    move_clock(own_city, 2019, 7, 3)
    assert run_interest(own_city, 2019).amount_fen == 3_451
    assert check_books(own_city).clean


def test_the_rate_of_30_june_counts_for_the_year(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    rate = pb.SetInterestRateRequest(valid_from="2018-06-30", rate_bp=300)
    own_city.call("deposit", rate, pb.SetInterestRateResponse)

    run = run_interest(own_city, 2018)

    assert (run.rate_bp, run.amount_fen) == (300, 70)  # 8448 × 3.00 % / 360 = 0.704


def test_people_who_change_employers_during_a_run_are_paid_once(own_city: City) -> None:
    first, _ = employer_with(own_city)
    second, accounts = employer_with(own_city, "5000.00", "5000.00")
    assert first < second
    pay_in(own_city, second, 660_000)
    remit(own_city, second, 201909)
    move_clock(own_city, 2020, 7, 1)
    begin_tried_interest(own_city, 2020)
    with own_city.runtimes["deposit"].database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE interest_run SET cursor = %s", (first,))
    transfer(own_city, second, first, accounts[:1])

    run = run_interest(own_city, 2020)

    # 3300 yuan each from 20 September to 30 June, 285 days: 940500 × 1.50 % / 360 = 39.19.
    assert (run.accounts, run.amount_fen) == (2, 2 * 3_919)
    assert [each.amount_fen for each in interest_of(own_city, first, 2020)] == [3_919]
    assert [each.amount_fen for each in interest_of(own_city, second, 2020)] == [3_919]
    assert check_books(own_city).clean


def test_what_an_employer_is_paid_in_two_goes_is_added_up(own_city: City) -> None:
    """The first employer is done when somebody joins it: the run comes back for them."""
    first, _ = employer_with(own_city, "5000.00")
    second, accounts = employer_with(own_city, "5000.00")
    for employer_no in (first, second):
        pay_in(own_city, employer_no, 330_000)
        remit(own_city, employer_no, 201909)
    move_clock(own_city, 2020, 7, 1)
    begin_tried_interest(own_city, 2020)
    deposit = own_city.runtimes["deposit"]
    one_by_one = deposit.settings.model_copy(update={"interest_employers_per_batch": 1})
    interest_run.do_batch(replace(deposit, settings=one_by_one))
    transfer(own_city, second, first, accounts)

    run = run_interest(own_city, 2020)

    request = pb.ListInterestSharesRequest(run_no=run.run_no)
    shares = own_city.call("deposit", request, pb.ListInterestSharesResponse).shares
    assert [(each.employer_no, each.accounts, each.amount_fen) for each in shares] == [
        (first, 2, 2 * 3_919)
    ]
    assert [each.product_yuan_days for each in shares] == [2 * 940_500]
    assert len(own_city.events_of(events.AnnualInterestPosted, first)) == 2
    assert check_books(own_city).clean


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_dies_again_and_again_pays_everyone_once(own_city: City, seed: int) -> None:
    employers = []
    for _ in range(3):
        employer_no, _ = employer_with(own_city, "5000.00")
        pay_in(own_city, employer_no, 330_000)
        remit(own_city, employer_no, 201909)
        employers.append(employer_no)
    move_clock(own_city, 2020, 7, 1)
    own_city.faults.random = random.Random(seed)
    own_city.faults.dies_before_commit = own_city.faults.dies_after_commit = 0.3

    run = run_interest(own_city, 2020)

    own_city.faults.dies_before_commit = own_city.faults.dies_after_commit = 0
    assert (run.accounts, run.amount_fen) == (3, 3 * 3_919)
    for employer_no in employers:
        assert len(own_city.events_of(events.AnnualInterestPosted, employer_no)) == 1
    assert check_books(own_city).clean


# ---------------------------------------------------------------- only what was tried and agrees with the ledger


def refusal_of_run(city: City, fund_year: int) -> str:
    with pytest.raises(Refused) as refused:
        begin_interest(city, fund_year)
    return refused.value.reason


def spoil_product(city: City, account_no: str, yuan_days: int = 1) -> None:
    """The kept product of one account is wrong by some yuan-days."""
    with city.runtimes["deposit"].database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE account_fund SET product_yuan_days = product_yuan_days + %s"
            " WHERE account_no = %s",
            (yuan_days, account_no),
        )


def two_employers_with_110000_yuan_days(city: City) -> tuple[str, str, str]:
    """1100.00 each from 22 March to 30 June 2020, 101 days: 111100 × 1.50 % / 360 = 4.63; the second one's account."""
    first, _ = employer_with(city, "5000.00", first_month=202001)
    second, accounts = employer_with(city, "5000.00", first_month=202001)
    move_clock(city, 2020, 3, 22)
    for employer_no in (first, second):
        pay_in(city, employer_no, 110_000)
        remit(city, employer_no, 202001)
    move_clock(city, 2020, 7, 1)
    return first, second, accounts[0]


def test_a_trial_goes_on_beside_a_run_that_waits(own_city: City) -> None:
    """A remittance of 30 June has no outcome yet: the run of the year waits for it, a trial need not."""
    employer_no, _ = employer_with(own_city, "5000.00", first_month=202004)
    pay_in(own_city, employer_no, 1_000_000)
    move_clock(own_city, 2020, 5, 1)
    remit(own_city, employer_no, 202004)
    move_clock(own_city, 2020, 6, 30)
    late = pb.SubmitRemittanceRequest(to_month=202006)
    by = agent_of(employer_no)
    own_city.call("deposit", late, pb.SubmitRemittanceResponse, by=by)
    move_clock(own_city, 2020, 7, 1)
    run = begin_tried_interest(own_city, 2020)
    own_city.tick("deposit", "interest")

    trial = followed(own_city, begin_interest(own_city, 2020, trial=True))

    assert trial.finished
    asked = pb.GetInterestRunRequest(run_no=run.run_no)
    assert not own_city.call("deposit", asked, pb.GetInterestRunResponse).run.finished
    own_city.settle()
    assert followed(own_city, run).accounts == 1
    own_city.settle()
    assert check_books(own_city).clean


def test_nothing_is_paid_that_was_not_tried(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)

    assert refusal_of_run(own_city, 2018) == "INTEREST_TRIAL_MISSING"


def test_a_trial_before_the_year_is_over_does_not_count(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 6, 30)
    run_interest(own_city, 2018, trial=True)
    move_clock(own_city, 2018, 7, 1)

    assert refusal_of_run(own_city, 2018) == "INTEREST_TRIAL_MISSING"


def test_a_trial_that_has_not_finished_does_not_count(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    begin_interest(own_city, 2018, trial=True)

    assert refusal_of_run(own_city, 2018) == "INTEREST_TRIAL_MISSING"


def test_a_trial_at_another_rate_does_not_count(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    run_interest(own_city, 2018, trial=True)
    rate = pb.SetInterestRateRequest(valid_from="2018-06-30", rate_bp=300)
    own_city.call("deposit", rate, pb.SetInterestRateResponse)

    assert refusal_of_run(own_city, 2018) == "INTEREST_TRIAL_MISSING"


def test_nothing_is_paid_while_a_product_is_known_to_be_wrong(own_city: City) -> None:
    _, accounts = employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    run_interest(own_city, 2018, trial=True)
    spoil_product(own_city, accounts[0])

    assert run_interest(own_city, 2018, trial=True).mismatches == 1
    assert refusal_of_run(own_city, 2018) == "INTEREST_TRIAL_MISMATCHED"


@pytest.mark.parametrize("yuan_days", [1, -1, 1_000_000])
def test_a_product_that_went_wrong_after_the_trial_leaves_its_employer_out_until_it_is_mended(
    own_city: City, yuan_days: int
) -> None:
    first, second, wrong = two_employers_with_110000_yuan_days(own_city)
    run = begin_tried_interest(own_city, 2020)
    spoil_product(own_city, wrong, yuan_days)

    done = followed(own_city, run)

    assert (done.finished, done.accounts, done.amount_fen, done.mismatches) == (True, 1, 463, 1)
    assert [each.posted for each in interest_of(own_city, first, 2020)] == [True]
    assert [each.posted for each in interest_of(own_city, second, 2020)] == [False]
    assert own_city.events_of(events.AnnualInterestPosted, second) == []
    assert refusal_of_run(own_city, 2020) == "INTEREST_TRIAL_MISSING"

    recounted = own_city.call(
        "deposit", pb.RecountProductsRequest(employer_no=second), pb.RecountProductsResponse
    )
    assert (recounted.accounts, recounted.more) == (1, False)
    told = own_city.last_event(events.ProductsRecounted, second)
    assert [each.before_yuan_days - each.after_yuan_days for each in told.accounts] == [yuan_days]
    again = run_interest(own_city, 2020)

    assert again.run_no == done.run_no
    assert (again.accounts, again.amount_fen, again.mismatches) == (2, 926, 0)
    assert len(own_city.events_of(events.AnnualInterestPosted, first)) == 1
    assert check_books(own_city).clean


def test_an_account_without_money_that_has_a_product_is_a_mismatch(own_city: City) -> None:
    employer_no, accounts = employer_with(own_city, "5000.00", first_month=202001)
    move_clock(own_city, 2020, 7, 1)
    spoil_product(own_city, accounts[0], 5)

    assert run_interest(own_city, 2020, trial=True).mismatches == 1
    own_city.call(
        "deposit", pb.RecountProductsRequest(employer_no=employer_no), pb.RecountProductsResponse
    )
    assert run_interest(own_city, 2020).mismatches == 0
    assert check_books(own_city).clean


@pytest.mark.parametrize(
    ("valid_from", "rate_bp", "reason"),
    [
        ("2018-06-30", 160, "INTEREST_RATE_SETTLED"),
        ("2017-01-01", 160, "INTEREST_RATE_SETTLED"),
        ("2018-07-01", 1_001, "INTEREST_RATE_INVALID"),
        ("2018-07-01", -1, "INTEREST_RATE_INVALID"),
    ],
)
def test_a_rate_that_was_paid_at_or_cannot_be_is_refused(
    own_city: City, valid_from: str, rate_bp: int, reason: str
) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    begin_tried_interest(own_city, 2018)
    request = pb.SetInterestRateRequest(valid_from=valid_from, rate_bp=rate_bp)

    with pytest.raises(Refused) as refused:
        own_city.call("deposit", request, pb.SetInterestRateResponse)

    assert refused.value.reason == reason


def test_a_rate_for_days_to_come_is_taken(own_city: City) -> None:
    employer_of_the_manual(own_city)
    move_clock(own_city, 2018, 7, 1)
    begin_tried_interest(own_city, 2018)
    request = pb.SetInterestRateRequest(valid_from="2018-07-01", rate_bp=1_000)

    reply = own_city.call("deposit", request, pb.SetInterestRateResponse)

    assert (reply.rate.valid_from, reply.rate.rate_bp) == ("2018-07-01", 1_000)
