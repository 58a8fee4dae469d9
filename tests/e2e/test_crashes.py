"""`kill -9` of any process in the middle of a submission: nothing is lost, nothing is posted twice, nobody locked.

Each case kills one process a moment after a remittance was sent, starts it again and sees how it ended.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hpf.common.v1.business_pb2 import BUSINESS_STATE_POSTED, Business

from client.errors import HallError
from tests.e2e.town import Employer, Town

MONTHLY_FEN = 2 * 110_000

#: Process and pause between sending and killing: at once, and in the middle of the saga's steps.
CASES = (
    ("deposit", 0.0),
    ("deposit", 0.02),
    ("collection", 0.01),
    ("collection", 0.03),
    ("edge", 0.02),
    ("query", 0.02),
    ("receipt", 0.03),
    ("workers", 0.03),
    ("auth", 0.0),
)


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    months = 2 * len(CASES)
    return town.settle(months_ago=months, headcount=2, paid_fen=MONTHLY_FEN * months)


@pytest.mark.parametrize(("process", "pause_s"), CASES)
def test_a_killed_process_leaves_the_business_posted_once_or_refused(
    town: Town, employer: Employer, tmp_path: Path, process: str, pause_s: float
) -> None:
    hall = employer.hall
    before_fen, paid_through = hall.suspense_fen(), hall.employer().paid_through_month
    next_month = employer.first_month + (employer_months_paid(employer, paid_through))

    with ThreadPoolExecutor(max_workers=1) as clerk:
        submission = clerk.submit(submit, employer, next_month.to_int())
        time.sleep(pause_s)
        town.instance.kill(process)
        town.instance.start_process(process)
        town.instance.wait_ready(processes=[process])
        business = submission.result(timeout=60)

    posted = business is not None and business.state == BUSINESS_STATE_POSTED
    assert hall.suspense_fen() == before_fen - (MONTHLY_FEN if posted else 0)
    assert hall.employer().paid_through_month == (next_month.to_int() if posted else paid_through)
    assert town.staff.check_books().clean
    follower = next_month + 1 if posted else next_month
    after = hall.outcome(hall.submit_remittance(follower.to_int()))
    assert after.state == BUSINESS_STATE_POSTED
    assert after.amount_fen == MONTHLY_FEN
    assert hall.people().totals.balance_fen == statement_fen(employer)
    assert hall.download_receipt(after.registration_no, tmp_path / "after.pdf").size_bytes > 1000


def test_after_all_that_the_session_can_be_renewed_and_a_new_login_works(
    town: Town, employer: Employer
) -> None:
    employer.hall._caller._renew(refused=employer.hall.session().access_token)
    assert employer.hall.ask_session().employer_no == employer.employer_no

    town.log_in(employer)

    assert employer.hall.people().totals.headcount == 2


def test_no_message_was_given_up(town: Town) -> None:
    assert town.dead_letters() == []


def submit(employer: Employer, to_month: int) -> Business | None:
    """What a patient clerk does; None when the hall refused."""
    try:
        return employer.hall.outcome(employer.hall.submit_remittance(to_month))
    except HallError:
        return None


def employer_months_paid(employer: Employer, paid_through: int) -> int:
    """How many months from the first one are paid."""
    if not paid_through:
        return 0
    first = employer.first_month
    return (paid_through // 100 - first.year) * 12 + paid_through % 100 - first.month + 1


def statement_fen(employer: Employer) -> int:
    """Everything remitted, by the employer's own statement."""
    lines = employer.hall.statement(from_date="2000-01-01", to_date="2099-12-31", page_size=500)
    return sum(line.amount_fen for line in lines.lines if line.suspense_out_fen)
