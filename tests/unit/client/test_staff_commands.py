"""What the staff and the list screens are told before anything is sent: bad rates, files, missing choices."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from client.cli.admin_interest import Percent
from client.cli.main import USAGE, run
from client.cli.screen import china_time


@pytest.fixture(autouse=True)
def _no_hall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HPF_EDGE", "HPF_CONFIG", "AMQP_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("typed", "basis_points"), [("1.50", 150), ("1.5%", 150), ("2", 200), ("0.35", 35)]
)
def test_a_rate_in_percent_is_whole_basis_points(typed: str, basis_points: int) -> None:
    assert Percent().convert(typed, None, None) == basis_points


@pytest.mark.parametrize("typed", ["1.505", "high", ""])
def test_what_is_no_rate_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="不是利率"):
        Percent().convert(typed, None, None)


@pytest.mark.parametrize("options", [["--year", "2026"], ["--trial"], []])
def test_interest_wants_the_year_and_whether_to_post(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["admin", "interest", *options]) == USAGE
    assert "--trial（试算）或 --post（入账）" in capsys.readouterr().err


def test_posting_interest_wants_a_yes_from_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "interest", "--year", "2026", "--post"]) == USAGE
    assert "--yes" in capsys.readouterr().err


def test_a_bank_file_is_known_by_its_ending(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "20261123.pdf"
    file.write_bytes(b"%PDF")

    assert run(["admin", "reconcile", str(file), "--date", "2026-11-23"]) == USAGE
    assert ".csv 或 .xml" in capsys.readouterr().err


def test_a_reversal_wants_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "reverse", "2026112300000017"]) == USAGE
    assert "缺少参数 '--reason'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [([], "--kind、--amount 或 --headcount"), (["--kind", "其他"], "--kind")],
)
def test_the_header_of_a_back_payment_is_one_of_its_kinds(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["back-payment", "header", *options]) == USAGE
    assert told in capsys.readouterr().err


def test_time_is_shown_as_chinas() -> None:
    assert china_time("2026-11-23T22:30:15+00:00") == "2026-11-24 06:30:15"
    assert china_time("") == ""
