"""The main job through every process: open accounts, pay in, remit, query, print (manual §5.1, §6.1, 四)."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from hpf.common.v1.business_pb2 import BUSINESS_KIND_REMITTANCE, BUSINESS_STATE_POSTED
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from pypdf import PdfReader

from client.errors import HallError
from services.kit.ids import new_id
from tests.e2e.town import Employer, Town, wait_until

HEADCOUNT = 10
#: 5000.00 at 12 % + 10 % = 1100.00 each (DOMAIN: monthly contribution).
MONTHLY_FEN = 110_000 * HEADCOUNT

GET_SUSPENSE = "/hpf.deposit.v1.DepositService/GetSuspense"


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    return town.settle(months_ago=3, headcount=HEADCOUNT, paid_fen=4 * MONTHLY_FEN)


def test_accounts_are_there_as_soon_as_the_submission_is_answered(
    town: Town, employer: Employer
) -> None:
    reply = employer.hall.people()

    assert reply.totals.headcount == HEADCOUNT
    assert reply.totals.monthly_fen == 1_100_000
    assert sorted(p.name for p in reply.people) == sorted(row["name"] for row in employer.people)


def test_money_paid_in_twice_under_one_reference_counts_once(
    town: Town, employer: Employer
) -> None:
    assert employer.hall.suspense_fen() == 4_400_000


def test_a_remittance_sent_twice_posts_once(town: Town, employer: Employer) -> None:
    hall, request_id = employer.hall, new_id()
    to_month = (employer.first_month + 1).to_int()

    first = hall.outcome(hall.submit_remittance(to_month, request_id=request_id))
    again = hall.outcome(hall.submit_remittance(to_month, request_id=request_id))

    assert first.state == BUSINESS_STATE_POSTED
    assert again == first
    assert first.amount_fen == 2_200_000
    assert hall.suspense_fen() == 2_200_000
    assert hall.people().totals.balance_fen == 2_200_000
    assert hall.employer().paid_through_month == to_month


def test_the_same_request_id_with_another_month_is_refused(town: Town, employer: Employer) -> None:
    hall, request_id = employer.hall, new_id()
    month = employer.first_month + 2
    hall.outcome(hall.submit_remittance(month.to_int(), request_id=request_id))

    with pytest.raises(HallError) as refused:
        hall.submit_remittance((month + 1).to_int(), request_id=request_id)

    assert refused.value.reason == "REQUEST_ID_REUSED"
    assert hall.employer().paid_through_month == month.to_int()


def test_more_than_the_suspense_is_refused_with_both_figures(
    town: Town, employer: Employer
) -> None:
    poor = town.settle(months_ago=1, headcount=2, paid_fen=300_000)

    with pytest.raises(HallError) as refused:
        poor.hall.submit_remittance(town.month.to_int())

    assert refused.value.reason == "INSUFFICIENT_SUSPENSE"
    assert refused.value.refusal.facts == {"due": "4400.00", "available": "3000.00"}
    assert poor.hall.suspense_fen() == 300_000
    one_month = poor.hall.submit_remittance(poor.first_month.to_int())
    assert poor.hall.outcome(one_month).amount_fen == 220_000


def test_a_person_with_an_account_elsewhere_is_refused_by_name_of_the_rule(
    town: Town, employer: Employer
) -> None:
    other = town.settle(headcount=1)
    sheet = other.hall.worksheet("open_accounts")
    taken = {**employer.people[0], "effective_month": str(other.first_month)}
    sheet.clear()
    sheet.add([taken, *town.new_people(1, effective_month=other.first_month)])

    with pytest.raises(HallError) as refused:
        sheet.submit()

    assert [(field.path, field.reason) for field in refused.value.fields] == [
        ("rows[1].id_number", "ACCOUNT_ACTIVE_ELSEWHERE")
    ]
    assert other.hall.people().totals.headcount == 1
    assert [row.cells["name"] for row in sheet.whole(bad_rows_only=True).rows] == [taken["name"]]


def test_the_receipt_says_what_was_posted_and_counts_its_prints(
    town: Town, employer: Employer, tmp_path: Path
) -> None:
    kind = BUSINESS_KIND_REMITTANCE
    assert wait_until(lambda: kind in [r.kind for r in employer.hall.receipts().receipts])
    remittance = next(r for r in employer.hall.receipts().receipts if r.kind == kind)

    first = employer.hall.download_receipt(remittance.registration_no, tmp_path / "1.pdf")
    employer.hall.download_receipt(remittance.registration_no, tmp_path / "2.pdf")

    text = "".join(page.extract_text() for page in PdfReader(first.path).pages)
    assert employer.name in text
    assert remittance.registration_no in text
    assert employer.hall.receipt(remittance.registration_no).print_count == 2


def test_the_statement_and_a_ledger_tell_the_same_story(town: Town, employer: Employer) -> None:
    hall = employer.hall
    account_no = hall.people().people[0].account_no

    ledger = hall.ledger(account_no)
    statement = hall.statement(from_date="2000-01-01", to_date="2099-12-31")

    assert [entry.credit_fen for entry in ledger.entries] == [110_000] * 3
    assert ledger.entries[0].balance_fen == 330_000
    assert [line.amount_fen for line in statement.lines] == [1_100_000, 2_200_000, 4_400_000]
    assert statement.lines[0].suspense_after_fen == 1_100_000


def test_a_token_taken_before_the_logout_opens_nothing_a_second_later(town: Town) -> None:
    visitor = town.register()
    town.log_in(visitor)
    token = visitor.hall.session().access_token

    visitor.hall.logout()

    def refused() -> bool:
        try:
            town.call(GET_SUSPENSE, deposit.GetSuspenseRequest(), token=token)
        except grpc.RpcError as error:
            return error.code() is grpc.StatusCode.UNAUTHENTICATED
        return False

    assert wait_until(refused, timeout_s=1.0)


def test_the_books_are_clean(town: Town, employer: Employer) -> None:
    books = town.staff.check_books()

    assert books.clean, books.findings
