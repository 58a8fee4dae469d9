"""`hpf` as a clerk and as the staff use it, against the running hall."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from openpyxl import load_workbook

from client.cli.main import run
from tests.e2e.town import Employer, Town, registration, wait_until

Hpf = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    return town.register(months_ago=1)


@pytest.fixture
def hpf(
    town: Town,
    employer: Employer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hpf:
    """Runs `hpf` with this employer's settings; exit code, output, errors."""
    settings = tmp_path / "hpf.toml"
    settings.write_text(town.config(employer).to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(settings))
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_a_clerk_opens_accounts_and_remits(
    town: Town, employer: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    month, pin = str(employer.first_month), tmp_path / "pin"
    pin.write_text(f"{employer.key.pin}\n")
    assert hpf("people")[0] == 3
    code, _, said = hpf("login", "--pin-file", str(pin), "--code-from-outbox")
    assert code == 0
    assert "首次使用请先打印一份单位缴存证明" in said.replace("\n", "")

    person, wrong = town.new_people(2, effective_month=employer.first_month)
    fields = {"name": "--name", "id_number": "--id-number", "mobile": "--mobile", "base": "--base"}
    typed = [text for key, option in fields.items() for text in (option, person[key])]
    assert hpf("open-accounts", "add", *typed, "--effective-month", month)[0] == 0
    cells = [f"{key}={text}" for key, text in {**wrong, "base": "1.00"}.items()]
    assert hpf("worksheet", "个人账户设立", "add", *cells)[0] == 0
    code, out, err = hpf("open-accounts", "submit", "--yes")
    assert code == 1
    assert "个人缴存基数低于下限" in err
    assert "hpf open-accounts errors" in err
    assert "低于下限" in hpf("open-accounts", "errors")[1]

    assert hpf("open-accounts", "edit", "2", "base=5000")[0] == 0
    code, out, _ = hpf("open-accounts", "submit", "--yes", "--json")
    assert code == 0
    opened = json.loads(out)["business"]
    assert (opened["headcount"], opened["amount_fen"]) == (2, "220000")

    payment = ("--amount", "4400.00", "--reference", f"CLI{employer.employer_no}")
    arrived = ("--date", "2026-01-05")
    for _ in range(2):
        assert hpf("admin", "payment", "record", employer.employer_no, *payment, *arrived)[0] == 0
    assert "4,400.00" in hpf("suspense")[1]
    assert hpf("remit", "submit", "--to", str(town.month), "--yes")[0] == 0
    assert json.loads(hpf("suspense", "--json")[1]) == {"available_fen": "0"}
    listed = json.loads(hpf("operations", "--limit", "2", "--json")[1])["operations"]
    assert [each["business"]["kind"] for each in listed] == [
        "BUSINESS_KIND_REMITTANCE",
        "BUSINESS_KIND_BANK_PAYMENT",
    ]
    assert listed[0]["certificate"]


def test_a_file_with_the_pin_that_is_set_up_logs_in(
    employer: Employer, hpf: Hpf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPF_PIN_FILE", str(tmp_path / "pin"))
    code, _, said = hpf("login", "--code-from-outbox")
    assert code == 2
    assert "无法从" in said
    (tmp_path / "pin").write_text(f"{employer.key.pin}\n")
    assert hpf("login", "--code-from-outbox")[0] == 0


def test_a_clerk_reads_and_prints(hpf: Hpf, tmp_path: Path) -> None:
    people = json.loads(hpf("people", "--json")[1])
    assert people["totals"] == {"headcount": 2, "balance_fen": "440000", "monthly_fen": "220000"}
    code, out, _ = hpf("people")
    assert code == 0
    assert people["people"][0]["id_number"] not in out
    assert "1,100.00" in out

    def listed() -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(hpf("receipt", "list", "--json")[1])["receipts"]
        return found

    assert wait_until(lambda: len(listed()) == 2)
    number = listed()[0]["registration_no"]
    assert hpf("receipt", "download", number, "-o", str(tmp_path / "回单.pdf"))[0] == 0
    assert (tmp_path / "回单.pdf").read_bytes().startswith(b"%PDF")
    assert hpf("export", "people", "-o", str(tmp_path / "职工.xlsx"))[0] == 0
    assert load_workbook(tmp_path / "职工.xlsx").worksheets[0].max_row > 2
    assert hpf("business", number)[0] == 0
    account = people["people"][0]["account_no"]
    assert len(json.loads(hpf("ledger", account, "--json")[1])["entries"]) == 2
    assert hpf("statement", "--from", "2000-01-01")[0] == 0
    assert hpf("employer")[0] == 0


def test_the_list_survives_a_round_trip_through_a_file(
    town: Town, employer: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    [row] = town.new_people(1, effective_month=employer.first_month + 2)
    cells = [f"{key}={text}" for key, text in row.items()]
    assert hpf("worksheet", "open_accounts", "add", *cells)[0] == 0
    _, kept, _ = hpf("open-accounts", "show", "--all", "--json")
    (tmp_path / "清单.json").write_text(kept, encoding="utf-8")

    hpf("open-accounts", "clear", "--yes")
    assert hpf("open-accounts", "save", str(tmp_path / "清单.json"))[0] == 0

    after = json.loads(hpf("open-accounts", "show", "--all", "--json")[1])
    assert [each["cells"] for each in after["rows"]] == [row]
    assert hpf("open-accounts", "delete", "1")[0] == 0


def test_the_staff_registers_binds_and_checks(
    town: Town, employer: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    request = registration(
        name="柜台登记测试有限公司",
        uscc="91130702MA0CLIXX5Q",
        mobile="13912345678",
        first_month=town.month,
    )
    file = tmp_path / "单位.json"
    file.write_text(json.dumps(MessageToDict(request, preserving_proto_field_name=True)))
    code, _, err = hpf("admin", "employer", "register", "--file", str(file))
    assert code == 1
    assert "统一社会信用代码" in err

    bindings = json.loads(
        hpf("admin", "certificate", "list", "--employer", employer.employer_no, "--json")[1]
    )["bindings"]
    assert [each["uscc"] for each in bindings] == [employer.uscc]
    assert hpf("admin", "books", "check")[0] == 0
    assert hpf("admin", "receipts", "failed")[0] == 0
    assert hpf("admin", "dead-letters", "list")[0] == 0


def test_a_lost_key_ends_the_session(town: Town, employer: Employer, hpf: Hpf) -> None:
    [binding] = town.staff.bindings(employer.employer_no).bindings

    code, out, _ = hpf(
        "admin", "certificate", "lost", "--issuer", binding.issuer, "--serial", binding.serial, "-y"
    )

    assert code == 0
    assert "已结束 1 个会话" in out
    assert hpf("session")[0] == 3
