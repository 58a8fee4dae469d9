"""Every business of collection in one employer's life, to its closing; each leaves its receipt (manual 五)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.common.v1.business_pb2 import (
    BUSINESS_KIND_CLOSE_EMPLOYER,
    BUSINESS_STATE_POSTED,
    Business,
)
from hpf.receipt.v1.receipt_service_pb2 import RECEIPT_STATE_READY, VERDICT_GENUINE

from client.errors import HallError
from client.hall import Hall
from tests.e2e.town import Employer, Town, eventually, wait_until

#: Last month one person at 6000.00 and 10 % + 8 %; this month another at 5000.00 too: 1080.00 + 1980.00.
DUE_FEN = 306_000


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    """Two people at 5000.00, from last month on; nothing paid yet."""
    return town.settle(months_ago=1, headcount=2, paid_fen=DUE_FEN)


@pytest.fixture(scope="module")
def target(town: Town) -> Employer:
    """Where the people go."""
    return town.settle(headcount=1)


def test_bases_are_changed_from_the_next_month_due(employer: Employer, tmp_path: Path) -> None:
    hall, [first, _] = employer.hall, accounts(employer)

    business = done(hall, "base_change", [{"account_no": first, "base": "6000.00"}])

    assert business.headcount == 1
    # 6000.00 and 5000.00 at 12 % + 10 %
    assert hall.people().totals.monthly_fen == 242_000
    assert_receipt_is_there(hall, business, tmp_path)


def test_rates_outside_the_new_limits_are_moved(employer: Employer, tmp_path: Path) -> None:
    hall = employer.hall
    limits = events.RateLimits(
        employer_rate_min=10, employer_rate_max=10, employee_rate_min=8, employee_rate_max=8
    )

    reply = hall.change_rates(limits)

    assert reply.moved_headcount == 2
    assert hall.people().totals.monthly_fen == 198_000
    assert_receipt_is_there(hall, reply.business, tmp_path)


def test_the_profile_changes_as_typed(employer: Employer, tmp_path: Path) -> None:
    hall = employer.hall

    reply = hall.change_profile({"address": "张家口市宣化区新路2号"})

    assert [(each.title, each.after) for each in reply.changes] == [
        ("单位地址", "张家口市宣化区新路2号")
    ]
    assert hall.employer().address == "张家口市宣化区新路2号"
    assert_receipt_is_there(hall, reply.business, tmp_path)


def test_nothing_is_due_for_a_sealed_person(employer: Employer, tmp_path: Path) -> None:
    hall, [_, second] = employer.hall, accounts(employer)
    row = {
        "account_no": second,
        "seal_reason": "与单位终止劳动关系",
        "effective_month": str(employer.first_month),
    }

    business = done(hall, "seal", [row])

    due = hall.preview_remittance(employer.first_month.to_int())
    assert (due.headcount, due.amount_fen) == (1, 108_000)
    assert_receipt_is_there(hall, business, tmp_path)


def test_an_unsealed_person_is_due_again(employer: Employer, town: Town, tmp_path: Path) -> None:
    hall, [_, second] = employer.hall, accounts(employer)
    row = {
        "account_no": second,
        "base": "5000.00",
        "effective_month": str(town.month),
        "unseal_kind": "正常启封",
    }

    business = done(hall, "unseal", [row])

    due = hall.preview_remittance(town.month.to_int())
    assert [month.amount_fen for month in due.months] == [108_000, 198_000]
    assert_receipt_is_there(hall, business, tmp_path)


def test_an_employer_with_people_cannot_be_closed(employer: Employer) -> None:
    with pytest.raises(HallError) as refused:
        employer.hall.close_employer("01")

    assert refused.value.reason == "OPEN_ACCOUNTS_LEFT"


def test_people_take_their_whole_balance_along(
    employer: Employer, target: Employer, town: Town, tmp_path: Path
) -> None:
    hall = employer.hall
    assert hall.outcome(hall.submit_remittance(town.month.to_int())).amount_fen == DUE_FEN
    rows = [{"account_no": each} for each in accounts(employer)]

    business = done(hall, "transfer", rows, header={"target_employer_no": target.employer_no})

    assert (business.headcount, business.amount_fen) == (2, DUE_FEN)
    assert hall.people().totals.headcount == 0
    assert wait_until(lambda: target.hall.people().totals.headcount == 3)
    assert wait_until(lambda: target.hall.people().totals.balance_fen == DUE_FEN)
    assert_receipt_is_there(hall, business, tmp_path)


def test_an_empty_employer_is_closed_and_only_its_receipts_stay_open(
    employer: Employer, town: Town, tmp_path: Path
) -> None:
    hall = employer.hall

    business = hall.outcome(hall.close_employer("01"))

    assert business.state == BUSINESS_STATE_POSTED
    assert wait_until(lambda: employer_is_gone(hall))
    assert_receipt_is_there(hall, business, tmp_path)
    with pytest.raises(HallError) as refused:
        hall.people()
    assert refused.value.reason == "EMPLOYER_GONE"
    with pytest.raises(HallError) as refused:
        town.log_in(employer)
    assert refused.value.reason == "LOGIN_REFUSED"


def test_the_receipt_of_a_closing_is_handed_out_at_the_counter(
    employer: Employer, town: Town, tmp_path: Path
) -> None:
    [closing] = [
        each
        for each in town.staff.employer_receipts(employer.employer_no).receipts
        if each.kind == BUSINESS_KIND_CLOSE_EMPLOYER
    ]

    paper = town.staff.hand_out_receipt(closing.registration_no, tmp_path / "closing.pdf")

    assert paper.path.read_bytes().startswith(b"%PDF-")
    with Hall(town.instance.edge_target, ca_pem=town.instance.ca_pem.read_bytes()) as anyone:
        verdict = anyone.verify(content=paper.path.read_bytes())
    assert verdict.verdict == VERDICT_GENUINE
    assert verdict.document.print_no == 2


def test_the_books_are_clean_after_all_of_it(town: Town, employer: Employer) -> None:
    books = town.staff.check_books()

    assert books.clean, books.findings


def employer_is_gone(hall: Hall) -> bool:
    try:
        hall.ask_session()
    except HallError as error:
        return error.reason == "EMPLOYER_GONE"
    return False


def accounts(employer: Employer) -> list[str]:
    """The employer's account numbers in the order of opening."""
    return sorted(person.account_no for person in employer.hall.people().people)


def done(
    hall: Hall, business: str, rows: list[dict[str, str]], *, header: dict[str, str] | None = None
) -> Business:
    """One list typed and submitted."""
    sheet = hall.worksheet(business)
    sheet.save(rows, header=header or {})
    decided = hall.outcome(sheet.submit())
    assert decided.state == BUSINESS_STATE_POSTED
    return decided


def assert_receipt_is_there(hall: Hall, business: Business, folder: Path) -> None:
    """Its receipt can be downloaded, and is listed as ready."""
    number = business.registration_no
    paper = eventually(
        lambda: hall.download_receipt(number, folder / f"{number}.pdf"),
        reasons=("RECEIPT_UNKNOWN",),
    )
    assert paper.path.read_bytes().startswith(b"%PDF")
    assert hall.receipt(number).state == RECEIPT_STATE_READY
