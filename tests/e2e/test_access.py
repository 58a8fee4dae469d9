"""The door in the running hall: a stolen token, a new mobile, a key reported lost by its holder (manual 二, 五, 十)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from hpf.query.v1 import query_service_pb2 as query

from client.cli.main import run
from client.errors import HallError
from tests.e2e.town import Employer, Town, wait_until

Hpf = Callable[..., tuple[int, str, str]]

#: What the manual (二) promises to who lost a key, from the answer on.
LOSS_COUNTS_WITHIN_S = 1.0
GET_EMPLOYER = "/hpf.query.v1.QueryService/GetEmployer"


@pytest.fixture
def employer(town: Town) -> Employer:
    found = town.register()
    town.log_in(found)
    return found


@pytest.fixture
def hpf(
    town: Town,
    employer: Employer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hpf:
    """Runs `hpf` with this employer's settings and session; exit code, output, errors."""
    settings = tmp_path / "hpf.toml"
    settings.write_text(town.config(employer).to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(settings))

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def audited(hpf: Hpf, employer: Employer) -> list[tuple[str, str]]:
    """Steps and outcomes of the employer, newest first, as the staff see them."""
    _, out, _ = hpf("admin", "audit", "list", "--employer", employer.employer_no, "--json")
    return [(each["step"], each["outcome"]) for each in json.loads(out)["entries"]]


def test_a_stolen_token_is_refused_after_the_logout_and_the_centre_hears_of_it(
    town: Town, employer: Employer, hpf: Hpf
) -> None:
    session = employer.hall.session()
    assert session is not None
    employer.hall.logout()

    def refused() -> bool:
        try:
            town.call(GET_EMPLOYER, query.GetEmployerRequest(), token=session.access_token)
        except grpc.RpcError as error:
            return bool(error.code() is grpc.StatusCode.UNAUTHENTICATED)
        return False

    assert wait_until(refused)
    assert wait_until(lambda: ("token", "SESSION_OVER:logout") in audited(hpf, employer))
    assert hpf("admin", "audit", "verify")[0] == 0


def test_a_reported_loss_ends_sessions_within_a_second(town: Town, employer: Employer) -> None:
    session = employer.hall.session()
    assert session is not None
    [bound] = town.staff.bindings(employer.employer_no).bindings
    town.call(GET_EMPLOYER, query.GetEmployerRequest(), token=session.access_token)

    town.staff.report_loss(bound.issuer, bound.serial)
    reported = time.monotonic()

    def refused() -> bool:
        try:
            town.call(GET_EMPLOYER, query.GetEmployerRequest(), token=session.access_token)
        except grpc.RpcError as error:
            return bool(error.code() is grpc.StatusCode.UNAUTHENTICATED)
        return False

    assert wait_until(refused)
    assert time.monotonic() - reported < LOSS_COUNTS_WITHIN_S
    with pytest.raises(HallError) as again:
        town.log_in(employer)
    assert again.value.reason == "LOGIN_REFUSED"


def test_a_new_mobile_gets_the_codes_once_the_old_one_confirmed_it(
    town: Town, employer: Employer, hpf: Hpf
) -> None:
    assert hpf("profile", "change", "agent_mobile=13611112222", "--yes")[0] == 0
    assert wait_until(lambda: ("mobile change asked", "ok") in audited(hpf, employer))

    code, _, err = hpf("profile", "confirm-mobile", "--resend", "--code-from-outbox")

    assert (code, "新手机号已生效" in err) == (0, True), err
    assert wait_until(lambda: ("profile_change", "posted") in audited(hpf, employer))
    employer.mobile = "13611112222"
    town.log_in(employer)


def test_a_lost_key_is_shut_out_by_its_holder(town: Town, employer: Employer, hpf: Hpf) -> None:
    code, out, _ = hpf("key", "list", "--json")
    assert code == 0
    [shown] = json.loads(out)
    assert (shown["pin"], shown["days_left"] > 300) == ("ok", True)

    code, out, _ = hpf("key", "lost", "--serial", shown["serial"], "--yes")

    assert code == 0
    assert "已结束 1 个会话" in out
    assert wait_until(lambda: hpf("session")[0] == 3)
    assert audited(hpf, employer)[0][0] in ("lost", "refresh", "token")
