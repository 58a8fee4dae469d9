"""The staff's money businesses as typed: a payment to nobody, reconciling, 补缴 and its reversal, 年度结息."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from client.cli.main import run
from services.kit.clock import business_date
from tests.e2e.town import Employer, Town

Hpf = Callable[..., tuple[int, Any]]

#: A payment, and a back payment of half of it.
PAID_FEN = 40_000


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    """One person whose first month is paid."""
    employer = town.settle(months_ago=1, headcount=1, paid_fen=110_000)
    employer.hall.outcome(employer.hall.submit_remittance(employer.first_month.to_int()))
    return employer


@pytest.fixture
def hpf(
    town: Town,
    employer: Employer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hpf:
    """Runs `hpf … --json`; exit code and reply."""
    settings = tmp_path / "hpf.toml"
    settings.write_text(town.config(employer).to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(settings))

    def command(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = run([*arguments, "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out or told.err)

    return command


def test_a_payment_to_the_wrong_employer_finds_its_way(town: Town, hpf: Hpf) -> None:
    wrong, right = town.register(), town.register()
    paid = town.pay_in(wrong, PAID_FEN)

    code, found = hpf(
        "admin", "reverse", paid.registration_no, "--reason", "错记单位", "--to-unallocated", "-y"
    )
    assert (code, found["business"]["state"]) == (0, "BUSINESS_STATE_POSTED")
    [waiting] = [
        each
        for each in hpf("admin", "unallocated", "list")[1]["payments"]
        if each["registration_no"] == paid.registration_no
    ]
    assert waiting["amount_fen"] == str(PAID_FEN)
    code, booked = hpf(
        "admin", "unallocated", "allocate", waiting["bank_reference"], right.employer_no, "-y"
    )

    assert (code, booked["business"]["amount_fen"]) == (0, str(PAID_FEN))
    town.log_in(right)
    assert right.hall.suspense_fen() == PAID_FEN


def test_a_payment_reversed_by_mistake_is_booked_anew(town: Town, hpf: Hpf) -> None:
    employer = town.register()
    paid = town.pay_in(employer, PAID_FEN).registration_no
    day = business_date(datetime.now(UTC)).isoformat()
    assert hpf("admin", "reverse", paid, "--reason", "误操作", "--recalled-on", day, "-y")[0] == 0
    reference = f"ANEW{paid}"
    typed = ("--reference", reference, "--date", day)
    code, first = hpf(
        "admin", "payment", "record", employer.employer_no, "--amount", "1.00", *typed
    )
    assert code == 0
    number = first["business"]["registration_no"]
    assert hpf("admin", "reverse", number, "--reason", "金额录错", "-y")[0] == 0

    code, again = hpf(
        "admin", "payment", "record", employer.employer_no, "--amount", "1.00", *typed
    )
    assert (code, again["business"]["registration_no"]) == (1, number)
    assert again["reversed_by_registration_no"]
    code, anew = hpf(
        "admin", "payment", "record", employer.employer_no, "--amount", "400.00", *typed,
        "--replaces", number,
    )  # fmt: skip

    assert code == 0
    found = hpf("admin", "business", anew["business"]["registration_no"])[1]
    assert found["replaces_registration_no"] == number
    town.log_in(employer)
    assert employer.hall.suspense_fen() == PAID_FEN


def test_what_the_bank_has_and_the_books_have_not_is_named(hpf: Hpf, tmp_path: Path) -> None:
    # A day on which nothing was booked.
    file = tmp_path / "20200102.csv"
    file.write_text("value_date,bank_reference,amount\n2020-01-02,NEVER-BOOKED,12.34\n")

    code, found = hpf("admin", "reconcile", str(file), "--date", "2020-01-02")

    assert code == 1
    assert [(each["bank_reference"], each["bank_fen"]) for each in found["differences"]] == [
        ("NEVER-BOOKED", "1234")
    ]
    assert hpf("admin", "reconcile", str(file), "--date", "2020-01-03")[0] == 0


def test_a_back_payment_is_posted_and_taken_back(town: Town, employer: Employer, hpf: Hpf) -> None:
    town.pay_in(employer, PAID_FEN)
    [person] = employer.hall.people().people
    month = str(employer.first_month)
    half = ("--amount", "200.00", "--headcount", "1")
    assert hpf("back-payment", "header", "--kind", "不定额补缴", *half)[0] == 0
    cells = (f"account_no={person.account_no}", "amount=200.00")
    span = (f"from_month={month}", f"to_month={month}")
    assert hpf("back-payment", "add", *cells, *span)[0] == 0

    code, posted = hpf("back-payment", "submit", "-y")
    assert (code, posted["business"]["amount_fen"]) == (0, "20000")
    assert employer.hall.people().totals.balance_fen == 130_000
    number = posted["business"]["registration_no"]
    code, taken_back = hpf("admin", "reverse", number, "--reason", "重复补缴", "-y")

    assert (code, taken_back["reverses_registration_no"]) == (0, number)
    assert (
        hpf("admin", "business", number)[1]["reversed_by_registration_no"]
        == (taken_back["business"]["registration_no"])
    )
    assert employer.hall.suspense_fen() == PAID_FEN


def test_a_remittance_taken_back_can_be_made_again(employer: Employer, hpf: Hpf) -> None:
    hall, month = employer.hall, employer.first_month.to_int()
    [first] = [
        line for line in hall.statement(from_date="2000-01-01", to_date="2099-12-31").lines
        if line.from_month == month and line.amount_fen == 110_000
    ]  # fmt: skip

    code, found = hpf("admin", "reverse", first.registration_no, "--reason", "测试", "-y")

    assert (code, found["business"]["state"]) == (0, "BUSINESS_STATE_POSTED")
    assert hall.outcome(hall.submit_remittance(month)).amount_fen == 110_000
    assert hpf("admin", "books", "check")[0] == 0


def test_a_trial_of_the_interest_posts_nothing(employer: Employer, hpf: Hpf) -> None:
    year = business_date(datetime.now(UTC)).year

    code, found = hpf("admin", "interest", "--year", str(year + 1), "--trial")

    assert (code, found["run"]["finished"], found["run"]["trial"]) == (0, True, True)
    assert hpf("admin", "interest", "show", found["run"]["run_no"])[1] == found
    [account] = hpf("admin", "interest", "accounts", employer.employer_no, "--year", str(year + 1))[
        1
    ]["accounts"]
    assert account["posted"] is False
    assert int(account["balance_before_fen"]) == 110_000
