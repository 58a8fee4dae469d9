"""The command line as people and scripts meet it: exit codes, Chinese errors, help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.cli.main import NOT_LOGGED_IN, UNAVAILABLE, USAGE, cli, run
from client.cli.parameters import BusinessName, Cell
from client.worksheet import business_named


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HPF_EDGE", "HPF_CONFIG", "HPF_CA_FILE", "AMQP_URI", "HPF_SMS_OUTBOX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_missing_option_is_told_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["remit", "submit"]) == USAGE
    assert "缺少参数 '--to'" in capsys.readouterr().err


def test_a_mistyped_month_is_told_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["remit", "submit", "--to", "202613"]) == USAGE
    assert "“202613”不是年月" in capsys.readouterr().err


def test_an_unknown_command_is_told_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pepole"]) == USAGE
    assert "没有命令 pepole，是否要写 people、" in capsys.readouterr().err


def test_an_unknown_business_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worksheet", "nothing", "show"]) == USAGE
    assert "open_accounts（个人账户设立）" in capsys.readouterr().err


def test_without_an_address_the_setting_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["people"]) == USAGE
    assert "HPF_EDGE" in capsys.readouterr().err


def test_without_a_session_the_exit_code_is_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HPF_EDGE", "127.0.0.1:1")

    assert run(["people"]) == NOT_LOGGED_IN
    assert "hpf login" in capsys.readouterr().err


def test_errors_are_json_for_scripts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HPF_EDGE", "127.0.0.1:1")

    run(["people", "--json"])

    told = capsys.readouterr()
    assert told.out == ""
    assert json.loads(told.err)["error"]["reason"] == "SESSION_REQUIRED"


def test_exit_codes_differ() -> None:
    assert len({0, 1, USAGE, NOT_LOGGED_IN, UNAVAILABLE}) == 5


def test_every_command_has_a_chinese_sentence() -> None:
    for path, command in _walk("hpf", cli):
        assert any("\u4e00" <= each <= "\u9fff" for each in command.help or ""), path


@pytest.mark.parametrize("name", ["seal", "unseal", "base-change", "transfer", "back-payment"])
def test_a_button_shows_how_it_is_used_for_its_own_business(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "add", "--help"]) == 0
    assert f"hpf {name} add account_no=" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_is_offered(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_HPF_COMPLETE" in capsys.readouterr().out


def test_a_business_is_known_by_key_and_by_chinese_title() -> None:
    assert business_named("open-accounts") == business_named("个人账户设立")
    assert BusinessName().convert("个人账户设立", None, None) == "open_accounts"


def test_a_cell_may_hold_an_equals_sign() -> None:
    assert Cell().convert("name=a=b", None, None) == ("name", "a=b")


def _walk(path, command):  # type: ignore[no-untyped-def]  # click's own types
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _walk(f"{path} {name}", below)
