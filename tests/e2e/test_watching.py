"""A business is watched while it waits for another service, to its end (`hpf business 登记号 --watch`)."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hpf.common.v1.business_pb2 import (
    BUSINESS_KIND_BANK_PAYMENT,
    BUSINESS_KIND_OPEN_ACCOUNTS,
    BUSINESS_KIND_REGISTER_EMPLOYER,
    BUSINESS_KIND_REMITTANCE,
    BUSINESS_STATE_PENDING,
    BUSINESS_STATE_POSTED,
    WatchBusinessResponse,
)
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from client.cli.main import run
from client.errors import HallError
from services.kit.ids import new_id
from tests.e2e.town import Employer, Town, wait_until

SUBMIT = "/hpf.deposit.v1.DepositService/SubmitRemittance"


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    return town.settle(months_ago=3, headcount=2, paid_fen=660_000)


@contextmanager
def standing_still(town: Town, process: str) -> Iterator[None]:
    """A process that is there and does nothing."""
    town.instance.signal(process, signal.SIGSTOP)
    try:
        yield
    finally:
        town.instance.signal(process, signal.SIGCONT)


def pending_remittance(town: Town, employer: Employer, *, to_month: int) -> str:
    """Ask for a remittance that cannot end now; the number under which it waits."""
    request = deposit.SubmitRemittanceRequest(request_id=new_id(), to_month=to_month)
    token = employer.hall.session().access_token
    reply = town.call(SUBMIT, request, token=token, timeout_s=3.0)
    business = deposit.SubmitRemittanceResponse.FromString(reply).business
    assert business.state == BUSINESS_STATE_PENDING
    return business.registration_no


def test_a_waiting_business_is_watched_to_its_end(town: Town, employer: Employer) -> None:
    hall, to_month = employer.hall, employer.first_month.to_int()
    seen: list[WatchBusinessResponse] = []
    with ThreadPoolExecutor(max_workers=1) as clerk:
        with standing_still(town, "collection"):
            number = pending_remittance(town, employer, to_month=to_month)
            ended = clerk.submit(hall.watch_business, number, seen.append)
            assert wait_until(lambda: len(seen) == 1)
            assert not ended.done()
        assert ended.result(timeout=30).state == BUSINESS_STATE_POSTED
    states = [(each.business.state, each.progress.steps_done) for each in seen]
    assert states[0] == (BUSINESS_STATE_PENDING, 1)
    assert states[-1] == (BUSINESS_STATE_POSTED, 3)
    assert seen[0].progress.doing_zh == "已受理，正在核对缴存名册"
    assert hall.people().totals.balance_fen == 220_000


def test_the_watch_outlives_a_killed_edge_and_a_killed_owner(
    town: Town, employer: Employer
) -> None:
    hall, to_month = employer.hall, (employer.first_month + 1).to_int()
    seen: list[WatchBusinessResponse] = []
    with ThreadPoolExecutor(max_workers=1) as clerk:
        with standing_still(town, "collection"):
            number = pending_remittance(town, employer, to_month=to_month)
            ended = clerk.submit(hall.watch_business, number, seen.append)
            assert wait_until(lambda: len(seen) == 1)
            for process in ("deposit", "edge"):
                town.instance.kill(process)
                town.instance.start_process(process)
                town.instance.wait_ready(processes=[process])
        assert ended.result(timeout=60).state == BUSINESS_STATE_POSTED


def test_hpf_tells_each_state_and_what_an_operation_changed(
    town: Town,
    employer: Employer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = tmp_path / "hpf.toml"
    settings.write_text(town.config(employer).to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(settings))
    remitted = employer.hall.submit_remittance((employer.first_month + 2).to_int())
    capsys.readouterr()

    assert run(["business", remitted.registration_no, "--watch", "--json"]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert json.loads(last)["business"]["state"] == "BUSINESS_STATE_POSTED"
    assert run(["business", remitted.registration_no, "--watch"]) == 0
    told = capsys.readouterr()
    assert "3/3 已办结" in told.err
    assert "汇缴" in told.out

    of_kind = {each.business.kind: each.business for each in employer.hall.operations()}
    assert set(of_kind) == {
        BUSINESS_KIND_REGISTER_EMPLOYER,
        BUSINESS_KIND_OPEN_ACCOUNTS,
        BUSINESS_KIND_BANK_PAYMENT,
        BUSINESS_KIND_REMITTANCE,
    }
    opened = of_kind[BUSINESS_KIND_OPEN_ACCOUNTS]
    assert next(employer.hall.operations()).business.registration_no == remitted.registration_no
    assert run(["operation", opened.registration_no]) == 0
    told = capsys.readouterr()
    assert "变更前" in told.out
    assert "5000.00" in told.out.replace(",", "")


def test_a_business_of_another_employer_cannot_be_watched(town: Town, employer: Employer) -> None:
    stranger = town.settle(headcount=1)
    number = next(employer.hall.operations()).business.registration_no
    seen: list[WatchBusinessResponse] = []
    with pytest.raises(HallError) as refused:
        stranger.hall.watch_business(number, seen.append)
    assert refused.value.reason == "BUSINESS_UNKNOWN"
    assert seen == []
