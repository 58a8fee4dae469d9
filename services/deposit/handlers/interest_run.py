"""年度结息 at work: a run goes through the city batch by batch, each one transaction, and goes on where it stopped."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2
from sqlalchemy import Connection

from services.deposit import wire
from services.deposit.domain import chart
from services.deposit.domain.codes import ANNUAL_INTEREST, SUMMARY_INTEREST
from services.deposit.domain.interest import end_day, posting_day
from services.deposit.handlers.posting import chunks_of, lines_events
from services.deposit.settings import DepositSettings
from services.deposit.store import batches, funds, interest, interest_runs, product
from services.deposit.store.businesses import Business
from services.deposit.store.funds import Employer
from services.deposit.store.interest import Earned, Terms
from services.deposit.store.interest_runs import Run, Share
from services.deposit.store.journal import Statement
from services.deposit.store.ledger import Lines, Posting
from services.kit.app import Runtime
from services.kit.clock import business_date

log = logging.getLogger(__name__)

_KIND = business_pb2.BUSINESS_KIND_ANNUAL_INTEREST

# A call that began before midnight bears the day before: it has ended by then (deadline 30 s), and the clocks of two
# machines differ by less.
QUIET_AFTER_MIDNIGHT = timedelta(minutes=5)
# The ticker looks around after so many batches, so that a process that is to stop does.
BATCHES_PER_TICK = 20


def work(runtime: Runtime) -> None:
    """The ticker: some batches of the oldest unfinished run that can go on."""
    waiting: set[int] = set()
    for _ in range(BATCHES_PER_TICK):
        if not do_batch(runtime, waiting):
            return


def do_batch(runtime: Runtime, waiting: set[int] | None = None) -> bool:
    """One batch in one transaction; False when there is nothing to do, or nothing yet.

    A run that has to wait holds up no other, such as a trial begun beside it. It is noted in `waiting`, and what is
    there is not asked again: that goes through every account.
    """
    waiting = set() if waiting is None else waiting
    now = runtime.clock.now()
    settings: DepositSettings = runtime.settings  # type: ignore[assignment]  # deposit's own
    with runtime.database.transaction() as connection:
        for run in interest_runs.lock_unfinished_runs(connection):
            if run.run_no in waiting:
                continue
            if _go_on(connection, run, settings, now=now):
                return True
            waiting.add(run.run_no)
    return False


def _go_on(connection: Connection, run: Run, settings: DepositSettings, *, now: datetime) -> bool:
    """One batch of a run, or its end; False when it has to wait."""
    end = end_day(run.fund_year)
    if not run.trial and business_date(now - QUIET_AFTER_MIDNIGHT) < end:
        return False
    employers = _next_batch(connection, run, settings)
    if not employers:
        if not run.trial and interest_runs.waits_for_business(connection, end):
            return False
        interest_runs.finish_run(connection, run.run_no, now=now)
        log.info("interest run %d of fund year %d is done", run.run_no, run.fund_year)
        return True
    terms = Terms(run.fund_year, run.rate_bp)
    if run.trial:
        interest.try_out(connection, terms, employers, run_no=run.run_no)
    else:
        _post(connection, run, terms, employers, now=now)
    interest_runs.move_cursor(connection, run.run_no, max(run.cursor, employers[-1]))
    return True


def _next_batch(connection: Connection, run: Run, settings: DepositSettings) -> list[str]:
    """The next employers in the order of their numbers; at last those whom people joined in the meantime, and those
    that were left out."""
    following = interest_runs.next_employers(
        connection,
        run.cursor,
        employers_max=settings.interest_employers_per_batch,
        accounts_max=settings.interest_accounts_per_batch,
    )
    if following or run.trial:
        return following
    return interest_runs.employers_left(
        connection,
        run.run_no,
        end_day=end_day(run.fund_year),
        limit=settings.interest_employers_per_batch,
    )


def _post(
    connection: Connection, run: Run, terms: Terms, wanted: Sequence[str], *, now: datetime
) -> None:
    funds.lock_employers(connection, wanted)
    # A business dated within the year that is still on its way would come too late: its employer comes after it.
    late = interest_runs.with_late_business(connection, wanted, end_day(run.fund_year))
    in_time = [employer_no for employer_no in wanted if employer_no not in late]
    wrong = _left_out(connection, run, in_time)
    employers = [employer_no for employer_no in in_time if employer_no not in wrong]
    day = posting_day(run.fund_year)
    numbers = batches.registration_nos(connection, day, len(employers))
    registration_of = dict(zip(employers, numbers, strict=True))
    earned = interest.post(connection, terms, employers, numbers)
    people_of = {
        employer_no: list(people) for employer_no, people in groupby(earned, key=_employer_of)
    }
    shares = [
        Share(
            run_no=run.run_no,
            employer_no=employer_no,
            registration_no=registration_of[employer_no],
            accounts=len(people),
            product_yuan_days=sum(each.product for each in people),
            amount_fen=sum(each.interest_fen for each in people),
            mismatches=0,
        )
        for employer_no, people in people_of.items()
    ]
    if shares:
        interest_runs.add_shares(connection, shares)
    paid = [share for share in shares if share.amount_fen]
    if paid:
        _tell(connection, run, paid, people_of, now=now)


def _left_out(connection: Connection, run: Run, employers: Sequence[str]) -> set[str]:
    """Employers with an account whose kept product is not its ledger's: nobody of theirs is paid, and the run says
    so."""
    found = product.mismatched(connection, employers, end_day=end_day(run.fund_year))
    if not found:
        return set()
    accounts_of = Counter(each.employer_no for each in found)
    interest_runs.add_shares(
        connection,
        [
            Share(
                run_no=run.run_no,
                employer_no=employer_no,
                registration_no="",
                accounts=0,
                product_yuan_days=0,
                amount_fen=0,
                mismatches=count,
            )
            for employer_no, count in accounts_of.items()
        ],
    )
    log.error("interest run %d leaves out %d employers: products", run.run_no, len(accounts_of))
    return set(accounts_of)


def _tell(
    connection: Connection,
    run: Run,
    paid: Sequence[Share],
    people_of: dict[str, list[Earned]],
    *,
    now: datetime,
) -> None:
    day = posting_day(run.fund_year)
    entries = [
        (each.registration_no, chart.interest(each.employer_no, each.amount_fen)) for each in paid
    ]
    batches.add_entries(connection, entries, posted_on=day, memo="annual interest")
    moved = [(each.employer_no, each.amount_fen) for each in paid]
    after = batches.add_balances(connection, moved)
    credited = [
        [each for each in people_of[share.employer_no] if each.serial_no is not None]
        for share in paid
    ]
    statements = [
        _statement(run, share, employer, headcount=len(people))
        for share, employer, people in zip(paid, after, credited, strict=True)
    ]
    statement_nos = batches.add_statements(connection, statements)
    events = [
        event
        for share, employer, people, statement, number in zip(
            paid, after, credited, statements, statement_nos, strict=True
        )
        for event in _events(run, share, employer, people, (statement, number))
    ]
    versions = batches.append_events(
        connection, events, now=now, correlation_id=f"interest-run-{run.run_no}"
    )
    batches.add_businesses(
        connection,
        [
            _business(run, share, versions, len(each))
            for share, each in zip(paid, credited, strict=True)
        ],
    )


def _events(
    run: Run,
    share: Share,
    employer: Employer,
    people: list[Earned],
    numbered: tuple[Statement, int],
) -> Iterator[
    tuple[str, deposit_events_pb2.AnnualInterestPosted | deposit_events_pb2.LedgerLinesPosted]
]:
    statement, statement_no = numbered
    yield (
        employer.employer_no,
        deposit_events_pb2.AnnualInterestPosted(
            header=wire.header(
                employer,
                registration_no=share.registration_no,
                kind=_KIND,
                day=posting_day(run.fund_year),
                done_by_centre=run.started_by,
            ),
            fund_year=run.fund_year,
            rate_bp=run.rate_bp,
            product_yuan_days=share.product_yuan_days,
            headcount=len(people),
            amount_fen=share.amount_fen,
            money=wire.money_message(employer),
            statement=wire.statement_message(statement, statement_no=statement_no),
            line_chunks=chunks_of(len(people)),
        ),
    )
    for event in lines_events(_lines(run, share, people)):
        yield employer.employer_no, event


def _lines(run: Run, share: Share, people: Sequence[Earned]) -> Lines:
    posting = Posting(
        registration_no=share.registration_no,
        employer_no=share.employer_no,
        posted_on=posting_day(run.fund_year),
        business_kind=ANNUAL_INTEREST,
        summary=SUMMARY_INTEREST,
    )
    # By columns, in the order of Earned: an employer's people are turned round at once.
    _, account_no, _, interest_fen, base_fen, paid_through_month, balance_fen, _, serial_no = zip(
        *people, strict=True
    )
    return Lines(
        posting,
        serial_no=serial_no,
        account_no=account_no,
        credit_fen=interest_fen,
        balance_after_fen=balance_fen,
        base_fen=base_fen,
        paid_through_month=paid_through_month,
    )


def _statement(run: Run, share: Share, employer: Employer, *, headcount: int) -> Statement:
    return Statement(
        employer_no=employer.employer_no,
        registration_no=share.registration_no,
        posted_on=posting_day(run.fund_year),
        kind=_KIND,
        summary=SUMMARY_INTEREST,
        headcount=headcount,
        amount_fen=share.amount_fen,
        suspense_after_fen=employer.suspense_fen,
        balance_after_fen=employer.balance_fen,
    )


def _business(run: Run, share: Share, versions: dict[str, int], headcount: int) -> Business:
    token = business_pb2.ConsistencyToken(
        owner="deposit", employer_no=share.employer_no, version=versions[share.employer_no]
    )
    return Business(
        registration_no=share.registration_no,
        kind=_KIND,
        employer_no=share.employer_no,
        state=business_pb2.BUSINESS_STATE_POSTED,
        business_date=posting_day(run.fund_year),
        headcount=headcount,
        amount_fen=share.amount_fen,
        submitted_by=run.started_by,
        submitted_at=run.started_at,
        asked_at=run.started_at,
        finished=True,
        consistency=business_pb2.Business(consistency=[token]).SerializeToString(),
    )


def _employer_of(each: Earned) -> str:
    return each.employer_no
