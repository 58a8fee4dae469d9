"""The read side of a running hall: rebuilt while business goes on, given out as files, followed by a system downstream."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hpf.query.v1 import query_service_pb2 as query
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import Connection, create_engine, text

from client.cli.main import run
from deploy.local.paths import ROOT
from services.kit.ids import new_id
from tests.e2e.town import Employer, Town, wait_until

Hpf = Callable[..., tuple[int, str]]
#: Three people, each 5000.00 at 12 % + 10 %.
MONTHLY_FEN = 3 * 110_000
MONTHS = 12
#: Pauses between one kill -9 of query and the next, while events pour in.
KILLS_S = (0.05, 0.2, 0.0)


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    made = town.settle(months_ago=MONTHS, headcount=3, paid_fen=MONTHLY_FEN * MONTHS)
    made.hall.outcome(made.hall.submit_remittance(made.first_month.to_int()))
    return made


@pytest.fixture
def hpf(
    town: Town,
    employer: Employer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hpf:
    """Runs `hpf`; exit code and output."""
    settings = tmp_path / "hpf.toml"
    settings.write_text(town.config(employer).to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(settings))

    def command(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(list(arguments))
        told = capsys.readouterr()
        return code, told.out if code == 0 else told.out + told.err

    return command


# ------------------------------------------------------------ rebuilding


def test_read_tables_are_rebuilt_and_checked_while_business_goes_on(
    town: Town, employer: Employer, hpf: Hpf
) -> None:
    hall, failures, stop = employer.hall, [], threading.Event()
    remitted = 0

    def remit_and_read() -> None:
        """A month, then what was just written: the switch must not hide any of it."""
        nonlocal remitted
        while not stop.is_set() and remitted < MONTHS - 2:
            remitted += 1
            month = employer.first_month + remitted
            hall.outcome(hall.submit_remittance(month.to_int()))
            seen = hall.people().totals.balance_fen
            if seen != MONTHLY_FEN * (remitted + 1):
                failures.append((remitted, seen))

    clerk = threading.Thread(target=remit_and_read)
    clerk.start()
    try:
        for _ in range(2):
            code, out = hpf("admin", "readmodel", "rebuild", "--yes", "--json")
            assert code == 0, out
            assert json.loads(out)["state"] == "REPLAY_STATE_SWITCHED"
    finally:
        stop.set()
        clerk.join(timeout=60)
    assert remitted > 0
    assert failures == []
    code, out = hpf("admin", "readmodel", "verify", "--json")
    assert code == 0, out
    checked = json.loads(out)
    assert checked["differences"] == []
    assert int(checked["employers_compared"]) >= 1
    assert json.loads(hpf("admin", "readmodel", "status", "--json")[1])["replay"] == checked


def test_receipts_index_is_rebuilt_and_its_receipts_stay(
    employer: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    before = json.loads(hpf("receipt", "list", "--json")[1])
    code, out = hpf("admin", "readmodel", "rebuild", "--of", "receipt", "--yes", "--json")
    assert code == 0, out
    assert json.loads(out)["state"] == "REPLAY_STATE_SWITCHED"
    assert json.loads(hpf("receipt", "list", "--json")[1]) == before
    code, out = hpf("admin", "readmodel", "verify", "--of", "receipt", "--json")
    assert code == 0, out
    assert int(json.loads(out)["employers_compared"]) >= 1


def test_a_receipt_lost_from_the_index_comes_back_under_its_number_and_is_made_again(
    town: Town, employer: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    [lost, *_] = employer.hall.receipts().receipts
    employer.hall.download_receipt(lost.registration_no, tmp_path)
    lost_no = {"no": lost.registration_no}
    with store_of(town, "receipt") as connection:
        connection.execute(text("DELETE FROM receipt_print WHERE document_no = :no"), lost_no)
        connection.execute(text("DELETE FROM receipt WHERE document_no = :no"), lost_no)
    code, out = hpf("admin", "readmodel", "verify", "--of", "receipt")
    assert code == 1, out

    assert hpf("admin", "readmodel", "rebuild", "--of", "receipt", "--yes")[0] == 0

    assert hpf("admin", "readmodel", "verify", "--of", "receipt")[0] == 0
    found = [each.registration_no for each in employer.hall.receipts().receipts]
    assert lost.registration_no in found
    path = employer.hall.download_receipt(lost.registration_no, tmp_path).path
    assert path.read_bytes().startswith(b"%PDF")


def test_verify_finds_a_damaged_row_and_rebuild_mends_it(
    town: Town, employer: Employer, hpf: Hpf
) -> None:
    with store_of(town, "query") as connection:
        connection.execute(
            text("UPDATE person SET balance_fen = balance_fen + 1 WHERE employer_no = :no"),
            {"no": employer.employer_no},
        )

    code, out = hpf("admin", "readmodel", "verify")
    assert code == 1
    assert "查询数据不一致，请重建" in out
    assert hpf("admin", "readmodel", "rebuild", "--yes")[0] == 0
    assert hpf("admin", "readmodel", "verify")[0] == 0
    assert employer.hall.people().totals.balance_fen % MONTHLY_FEN == 0


def test_every_event_again_in_a_burst_with_query_killed_leaves_the_same_rows(
    town: Town, employer: Employer, hpf: Hpf
) -> None:
    before = employer.hall.people().totals
    for owner in ("collection", "deposit"):
        told_again(town, owner)
    for pause_s in KILLS_S:
        town.instance.kill("query")
        town.instance.start_process("query")
        town.instance.wait_ready(processes=["query"])
        time.sleep(pause_s)

    assert wait_until(lambda: not any(untold(town, owner) for owner in ("collection", "deposit")))
    assert employer.hall.people().totals == before
    code, out = hpf("admin", "readmodel", "verify", "--json")
    assert code == 0, out
    assert json.loads(out)["differences"] == []
    assert town.dead_letters() == []


def told_again(town: Town, owner: str) -> None:
    """The relay publishes everything once more, as after the loss of a broker (docs/runbook.md)."""
    with store_of(town, owner) as connection:
        connection.execute(text("UPDATE outbox SET published_at = NULL"))
        connection.execute(text("NOTIFY outbox"))


def untold(town: Town, owner: str) -> int:
    """Events that the relay has still to publish."""
    with store_of(town, owner) as connection:
        waiting = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        count: int = connection.execute(waiting).scalar_one()
    return count


@contextmanager
def store_of(town: Town, owner: str) -> Iterator[Connection]:
    """A transaction in a service's own database."""
    store = create_engine(town.instance.database_url(owner))
    with store.begin() as connection:
        yield connection
    store.dispose()


# ------------------------------------------------------------ files


def asked(employer: Employer) -> dict[str, list[str]]:
    """Arguments of `hpf export` for each of the four queries."""
    account_no = employer.hall.people().people[0].account_no
    return {
        "employer": [],
        "people": [],
        "ledger": [account_no],
        "statement": ["--from", "2000-01-01"],
    }


@pytest.mark.parametrize("name", ["employer", "people", "ledger", "statement"])
def test_each_query_is_given_out_as_workbook_paper_and_text(
    employer: Employer, hpf: Hpf, tmp_path: Path, name: str
) -> None:
    arguments = asked(employer)[name]
    files = {kind: tmp_path / f"{name}.{kind}" for kind in ("xlsx", "pdf", "txt")}
    for kind, file in files.items():
        code, out = hpf("export", name, *arguments, "-f", kind, "-o", str(file))
        assert code == 0, out

    sheet = load_workbook(files["xlsx"]).worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(employer.employer_no in cell for cell in cells)
    paper = PdfReader(files["pdf"])
    assert employer.employer_no in "".join(page.extract_text() for page in paper.pages)
    lines = files["txt"].read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1
    assert all("\t" in line for line in lines)


def test_texts_like_formulas_and_id_numbers_stay_text(
    employer: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    book, facts, pasted = (tmp_path / name for name in ("职工.xlsx", "单位.xlsx", "单位.txt"))
    employer.hall.change_profile({"address": "=1+1"})
    assert hpf("export", "people", "-o", str(book))[0] == 0
    assert hpf("export", "employer", "-o", str(facts))[0] == 0
    assert hpf("export", "employer", "-f", "txt", "-o", str(pasted))[0] == 0

    number = cell_of(book, employer.people[0]["id_number"])
    assert (number.data_type, number.number_format) == ("s", "@")
    assert cell_of(facts, "=1+1").data_type == "s"
    assert "\t'=1+1" in pasted.read_text(encoding="utf-8")


def cell_of(file: Path, ending: str) -> Any:
    """The cell whose text ends so; an apostrophe may stand before it."""
    rows = load_workbook(file).worksheets[0].iter_rows()
    return next(cell for row in rows for cell in row if str(cell.value).endswith(ending))


# ------------------------------------------------------------ downstream


@contextmanager
def consuming(town: Town, file: Path, queue: str) -> Iterator[subprocess.Popen[str]]:
    """The sample consumer as a process of its own."""
    program = [sys.executable, "-m", "client.samples.balances_consumer", str(file)]
    where = ["--namespace", town.instance.namespace, "--queue", queue]
    environment = {
        **os.environ,
        "AMQP_URI": town.instance.bus_uri("downstream"),
        "HPF_BUS_USERS": town.instance.bus_users,
    }
    process = subprocess.Popen(
        [*program, *where], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


def balances_of(file: Path) -> dict[str, int]:
    with sqlite3.connect(file) as copy:
        return dict(copy.execute("SELECT account_no, balance_fen FROM balance"))


def books_of(town: Town) -> dict[str, int]:
    with store_of(town, "deposit") as connection:
        rows = connection.execute(text("SELECT account_no, balance_fen FROM account_fund")).all()
    return {row.account_no: row.balance_fen for row in rows if row.balance_fen}


def test_a_consumer_that_starts_late_ends_with_the_balances_of_the_books(
    town: Town, employer: Employer, tmp_path: Path
) -> None:
    file, queue = tmp_path / "balances.sqlite", f"downstream.{new_id()}"
    with consuming(town, file, queue) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("已追上")
        before = books_of(town)
        assert balances_of(file) == before

        # Live: an event after the log was read.
        employer.hall.outcome(
            employer.hall.submit_remittance((employer.first_month + MONTHS - 1).to_int())
        )
        assert books_of(town) != before
        assert wait_until(lambda: balances_of(file) == books_of(town))

    # Killed, and business goes on without it.
    town.pay_in(employer, MONTHLY_FEN)
    employer.hall.outcome(employer.hall.submit_remittance((employer.first_month + MONTHS).to_int()))
    with consuming(town, file, queue):
        assert wait_until(lambda: balances_of(file) == books_of(town))


def test_the_hall_kept_nothing_undone(town: Town) -> None:
    assert town.dead_letters() == []
    assert town.staff.read_model().replay.state != query.REPLAY_STATE_RUNNING
