"""年度结息 interrupted by kill -9 in the middle and started again pays everyone exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import text

from services.deposit.handlers import interest_run
from tests.store.deposit.desk import Desk

EMPLOYERS = 60
PEOPLE = 50
# 1000.00 yuan from 1 July 2019 to 30 June 2020, 366 days, at 1.50 %: 1525 fen each.
INTEREST_FEN = 1_525

# A process that does batches of one employer each and says so after every one.
WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from services.deposit.handlers import interest_run
from tests.store.deposit.desk import Desk
desk = Desk(sys.argv[1], Path(sys.argv[2]), now=datetime(2020, 7, 1, 4, tzinfo=UTC))
while interest_run.do_batch(desk.runtime):
    print("batch", flush=True)
"""

CITY = """
    INSERT INTO employer_fund (employer_no, name, branch_name, agent_name, status, balance_fen)
        SELECT to_char(n, 'FM0000'), 'n', 'b', 'a', '01', 100000 * {people} FROM generate_series(1, {employers}) n;
    INSERT INTO account_fund (account_no, employer_no, balance_fen, paid_through_month, product_from, product_through)
        SELECT to_char(n, 'FM0000') || to_char(p, 'FM0000'), to_char(n, 'FM0000'), 100000, 201907,
            '2019-07-01', '2019-07-01'
        FROM generate_series(1, {employers}) n, generate_series(1, {people}) p;
    INSERT INTO account_holder (account_no, name, id_type, id_number_sealed, status, opened_on, revision)
        SELECT account_no, 'n', '01', '', '01', product_from, 1 FROM account_fund;
    INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind, summary,
            credit_fen, balance_after_fen, base_fen, from_month, to_month)
        SELECT account_no, employer_no, 'r' || employer_no, '2019-07-01', '01', '1219', 100000, 100000, 0, 201907, 201907
        FROM account_fund;
    INSERT INTO remitted_month SELECT employer_no, 201907, 'r' || employer_no, {people}, balance_fen FROM employer_fund;
    INSERT INTO bank_payment SELECT 'b' || employer_no, employer_no, balance_fen, '2019-07-01', 'n', 'p' || employer_no,
        '2019-07-01' FROM employer_fund;
    INSERT INTO journal_entry (registration_no, posted_on, memo, bank_reference)
        SELECT 'p' || employer_no, date '2019-07-01', 'm', 'b' || employer_no FROM employer_fund UNION ALL
        SELECT 'r' || employer_no, '2019-07-01', 'm', '' FROM employer_fund;
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
            suspense_in_fen, suspense_after_fen, balance_after_fen)
        SELECT employer_no, 'p' || employer_no, '2019-07-01', 12, '1213', 0, balance_fen, balance_fen, balance_fen, 0
        FROM employer_fund;
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
            suspense_out_fen, suspense_after_fen, balance_after_fen, from_month, to_month)
        SELECT employer_no, 'r' || employer_no, '2019-07-01', 10, '1219', {people}, balance_fen, balance_fen, 0,
            balance_fen, 201907, 201907 FROM employer_fund;
    INSERT INTO journal_leg SELECT entry_no, leg, code, substr(registration_no, 2), side * 100000 * {people}
        FROM journal_entry JOIN (VALUES ('p', 1, '1001', 1), ('p', 2, '2001', -1), ('r', 1, '2001', 1), ('r', 2, '2002', -1))
            AS l(business, leg, code, side) ON business = left(registration_no, 1)
"""


def test_a_run_killed_in_the_middle_pays_everyone_once(desk: Desk, tmp_path: Path) -> None:
    url = desk.runtime.database.url
    with desk.runtime.database.transaction() as connection:
        connection.execute(text(CITY.format(employers=EMPLOYERS, people=PEOPLE)))
    desk.clock.moment = desk.clock.moment.replace(year=2020, month=7, day=1)
    desk.call(pb.StartInterestRunRequest(fund_year=2020, trial=True), pb.StartInterestRunResponse)
    while interest_run.do_batch(desk.runtime):
        pass
    desk.call(pb.StartInterestRunRequest(fund_year=2020), pb.StartInterestRunResponse)

    for batches in (7, 11):
        kill_after(batches, url, tmp_path)
    done = desk.call(pb.GetInterestRunRequest(), pb.GetInterestRunResponse).run
    assert not done.finished
    assert 18 <= done.employers_done < EMPLOYERS
    assert desk.check_books().clean  # in the middle of it too
    while interest_run.do_batch(desk.runtime):
        pass

    run = desk.call(pb.GetInterestRunRequest(), pb.GetInterestRunResponse).run
    assert run.finished
    assert (run.accounts, run.amount_fen) == (
        EMPLOYERS * PEOPLE,
        EMPLOYERS * PEOPLE * INTEREST_FEN,
    )
    assert len(desk.events(events.AnnualInterestPosted)) == EMPLOYERS
    told = [line for event in desk.events(events.LedgerLinesPosted) for line in event.lines]
    assert len({line.account_no for line in told}) == len(told) == EMPLOYERS * PEOPLE
    assert {line.credit_fen for line in told} == {INTEREST_FEN}
    assert desk.check_books().clean


def kill_after(batches: int, url: str, folder: Path) -> None:
    """Let a process do so many batches, then end it without a word."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(folder)],
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DEPOSIT_INTEREST_EMPLOYERS_PER_BATCH": "1",
        },
    )
    assert worker.stdout is not None
    for _ in range(batches):
        assert worker.stdout.readline() == b"batch\n"
    time.sleep(0.002)  # somewhere inside the next batch
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(timeout=10) == -signal.SIGKILL
    worker.stdout.close()
