"""年度结息 as staff see it: begin a run or a trial, follow it, look into it; the rate as a policy."""

from __future__ import annotations

from hpf.deposit.v1 import deposit_events_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit.domain.interest import (
    check_fund_year,
    check_rate,
    end_day,
    posting_day,
)
from services.deposit.errors import (
    INTEREST_RATE_MISSING,
    INTEREST_RATE_SETTLED,
    INTEREST_TOO_EARLY,
    INTEREST_TRIAL_MISMATCHED,
    INTEREST_TRIAL_MISSING,
    INTEREST_YEAR_SKIPPED,
    RUN_UNKNOWN,
)
from services.deposit.store import interest, interest_rates, interest_runs
from services.deposit.store.interest_rates import InterestRate
from services.deposit.store.interest_runs import Run
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.days import day_of
from services.kit.errors import DomainError, fact
from services.kit.pages import open_page


def start_interest_run(
    call: Call, request: pb.StartInterestRunRequest
) -> pb.StartInterestRunResponse:
    """Begin a run or a trial. The one run of a year that has begun is reported instead; one that had to leave out
    employers goes on with them once a new trial is clean.

    Raises FUND_YEAR_INVALID, INTEREST_YEAR_SKIPPED, INTEREST_RATE_MISSING, and for a run INTEREST_TOO_EARLY,
    INTEREST_TRIAL_MISSING, INTEREST_TRIAL_MISMATCHED.
    """
    fund_year = request.fund_year
    check_fund_year(fund_year)
    if not request.trial:
        interest_rates.hold(call.connection)
        begun = interest_runs.run_of_year(call.connection, fund_year)
        if begun is not None:
            return pb.StartInterestRunResponse(run=_message(call, _gone_on(call, begun)))
        if business_date(call.now) < end_day(fund_year):
            raise fact(INTEREST_TOO_EARLY, day=end_day(fund_year))
    skipped = interest_runs.unsettled_before(call.connection, end_day(fund_year - 1))
    if skipped is not None:
        raise fact(INTEREST_YEAR_SKIPPED, year=fund_year - 1, account_no=skipped)
    if not request.trial:
        _raise_unless_tried(call, fund_year, rate_bp=_rate_of(call, fund_year))
    run = interest_runs.add_run(
        call.connection,
        fund_year=fund_year,
        trial=request.trial,
        rate_bp=_rate_of(call, fund_year),
        by=call.principal.key,
        now=call.now,
    )
    if run is None:  # somebody else began it at this moment
        run = interest_runs.run_of_year(call.connection, fund_year)
        assert run is not None
    return pb.StartInterestRunResponse(run=_message(call, run))


def _gone_on(call: Call, begun: Run) -> Run:
    """The run of the year, opened again when it has ended and left employers out."""
    totals = interest_runs.totals_of(call.connection, begun.run_no)
    if begun.finished_at is None or not totals.mismatches:
        return begun
    _raise_unless_tried(call, begun.fund_year, rate_bp=begun.rate_bp, after_run=begun)
    interest_runs.go_on(call.connection, begun.run_no)
    return _run(call, begun.run_no)


def _raise_unless_tried(
    call: Call, fund_year: int, *, rate_bp: int, after_run: Run | None = None
) -> None:
    """What a run pays was computed before, and every product was held against its ledger.

    Raises INTEREST_TRIAL_MISSING, INTEREST_TRIAL_MISMATCHED.
    """
    trial = interest_runs.newest_trial(call.connection, fund_year)
    if (
        trial is None
        or trial.rate_bp != rate_bp
        or business_date(trial.started_at) < end_day(fund_year)
        or (after_run is not None and not _begun_since(trial, after_run))
    ):
        raise fact(INTEREST_TRIAL_MISSING, year=fund_year, day=end_day(fund_year))
    mismatches = interest_runs.totals_of(call.connection, trial.run_no).mismatches
    if mismatches:
        raise fact(INTEREST_TRIAL_MISMATCHED, run_no=trial.run_no, count=mismatches)


def _begun_since(trial: Run, run: Run) -> bool:
    assert run.finished_at is not None
    return trial.run_no > run.run_no and trial.started_at >= run.finished_at


def get_interest_run(call: Call, request: pb.GetInterestRunRequest) -> pb.GetInterestRunResponse:
    """How far a run is. Raises RUN_UNKNOWN."""
    return pb.GetInterestRunResponse(run=_message(call, _run(call, request.run_no)))


def list_interest_shares(
    call: Call, request: pb.ListInterestSharesRequest
) -> pb.ListInterestSharesResponse:
    """What a run came to, employer by employer. Raises RUN_UNKNOWN, PAGE_TOKEN_INVALID."""
    run = _run(call, request.run_no)
    page = open_page(
        call.vault,
        scope=("ListInterestShares", str(run.run_no)),
        size=request.page_size,
        token=request.page_token,
    )
    after = str(page.after[0]) if page.after else ""
    found = interest_runs.page_of_shares(call.connection, run.run_no, after=after, limit=page.fetch)
    shown, token = page.cut(found, lambda share: (share.employer_no,))
    return pb.ListInterestSharesResponse(
        shares=[
            pb.InterestShare(
                employer_no=share.employer_no,
                registration_no=share.registration_no,
                accounts=share.accounts,
                product_yuan_days=share.product_yuan_days,
                amount_fen=share.amount_fen,
                mismatches=share.mismatches,
            )
            for share in shown
        ],
        next_page_token=token,
    )


def list_account_interest(
    call: Call, request: pb.ListAccountInterestRequest
) -> pb.ListAccountInterestResponse:
    """Person by person. Raises FUND_YEAR_INVALID, INTEREST_RATE_MISSING, PAGE_TOKEN_INVALID."""
    fund_year = request.fund_year
    check_fund_year(fund_year)
    page = open_page(
        call.vault,
        scope=("ListAccountInterest", str(fund_year), request.employer_no, request.account_no),
        size=request.page_size,
        token=request.page_token,
    )
    found = interest.expected(
        call.connection,
        interest.Terms(fund_year, _rate_of(call, fund_year)),
        request.employer_no,
        account_no=request.account_no,
        after=str(page.after[0]) if page.after else "",
        limit=page.fetch,
    )
    shown, token = page.cut(found, lambda each: (each.account_no,))
    return pb.ListAccountInterestResponse(
        accounts=[
            pb.AccountInterest(
                account_no=each.account_no,
                product_yuan_days=each.product,
                amount_fen=each.interest_fen,
                balance_before_fen=each.balance_before_fen,
                balance_after_fen=each.balance_before_fen + each.interest_fen,
                posted=each.posted,
            )
            for each in shown
        ],
        next_page_token=token,
    )


def set_interest_rate(call: Call, request: pb.SetInterestRateRequest) -> pb.SetInterestRateResponse:
    """The rate from a day on. Raises DATE_INVALID, INTEREST_RATE_INVALID, INTEREST_RATE_SETTLED."""
    valid_from = day_of(request.valid_from, field="valid_from")
    check_rate(request.rate_bp)
    interest_rates.hold(call.connection)
    posted = interest_runs.last_posted_year(call.connection)
    if posted is not None and valid_from <= posting_day(posted):
        raise fact(INTEREST_RATE_SETTLED, day=posting_day(posted))
    rate = InterestRate(valid_from, request.rate_bp, call.principal.key)
    interest_rates.put_rate(call.connection, rate)
    call.emit(
        deposit_events_pb2.InterestRateSet(
            valid_from=rate.valid_from.isoformat(), rate_bp=rate.rate_bp, set_by=rate.set_by
        ),
        subject="",
    )
    return pb.SetInterestRateResponse(rate=_rate_message(rate))


def list_interest_rates(
    call: Call, request: pb.ListInterestRatesRequest
) -> pb.ListInterestRatesResponse:
    rates = interest_rates.all_rates(call.connection)
    return pb.ListInterestRatesResponse(rates=[_rate_message(rate) for rate in rates])


def _rate_of(call: Call, fund_year: int) -> int:
    """The rate of the day on which the interest is posted counts for the whole year."""
    rate = interest_rates.rate_on(call.connection, posting_day(fund_year))
    if rate is None:
        raise fact(INTEREST_RATE_MISSING, day=posting_day(fund_year))
    return rate.rate_bp


def _run(call: Call, run_no: int) -> Run:
    run = interest_runs.load_run(call.connection, run_no)
    if run is None:
        raise DomainError(RUN_UNKNOWN)
    return run


def _message(call: Call, run: Run) -> pb.InterestRun:
    totals = interest_runs.totals_of(call.connection, run.run_no)
    return pb.InterestRun(
        run_no=run.run_no,
        fund_year=run.fund_year,
        trial=run.trial,
        rate_bp=run.rate_bp,
        employers=run.employers,
        employers_done=interest_runs.employers_through(call.connection, run.cursor),
        accounts=totals.accounts,
        product_yuan_days=totals.product_yuan_days,
        amount_fen=totals.amount_fen,
        mismatches=totals.mismatches,
        finished=run.finished_at is not None,
        started_at=run.started_at.isoformat(),
        finished_at=run.finished_at.isoformat() if run.finished_at else "",
        started_by=run.started_by,
    )


def _rate_message(rate: InterestRate) -> pb.InterestRate:
    return pb.InterestRate(
        valid_from=rate.valid_from.isoformat(), rate_bp=rate.rate_bp, set_by=rate.set_by
    )
