"""年度结息 over the real processes, killed in the middle with -9 and started again: everyone is paid exactly once.

The people's years are worked out by hand: the manual's ledger (§4.4), and one that also moved after the year's end.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from client.bus import Staff
from client.cli.main import run
from client.config import ClientConfig
from deploy.local.instance import Instance
from services.deposit.store.product import recount
from services.kit.events import event_type
from tests.e2e.town import staff_of, wait_until

EMPLOYERS = 60
#: The manual's person: 704.35 from the year before, then 352.00 on six days: 828256 yuan-days.
MANUAL_FEN, MANUAL_AFTER_FEN = 3_451, 285_086
#: 1000.00 for 365 days is 15.2083; 500.00 more came when the year was over.
LATE_FEN, LATE_AFTER_FEN = 1_521, 151_521
SHARE_FEN = MANUAL_FEN + LATE_FEN

#: Works employer by employer, so that there is a middle to be killed in.
SETTINGS = {"DEPOSIT_INTEREST_EMPLOYERS_PER_BATCH": "1"}

CITY = (
    """
    INSERT INTO employer_fund (employer_no, name, branch_name, agent_name, status, balance_fen)
    SELECT to_char(n, 'FM0000'), '试验单位', '市本级', '经办人', '01', 281635 + 150000 FROM generate_series(1, :employers) n
    """,
    """
    CREATE TEMP TABLE paid ON COMMIT DROP AS
    SELECT * FROM (VALUES
        ('M', date '2018-06-30', 70435, 201806, 70435), ('M', '2018-07-13', 35200, 201807, 105635),
        ('M', '2018-08-16', 35200, 201808, 140835), ('M', '2018-09-25', 35200, 201809, 176035),
        ('M', '2018-10-25', 35200, 201810, 211235), ('M', '2018-11-19', 35200, 201811, 246435),
        ('M', '2018-12-14', 35200, 201812, 281635),
        ('L', '2018-07-01', 100000, 201807, 100000), ('L', '2019-07-20', 50000, 201907, 150000)
    ) AS p(person, day, fen, month, after_fen)
    """,
    """
    INSERT INTO account_fund (account_no, employer_no, balance_fen, paid_through_month, product_from, product_through)
    SELECT person || employer_no, employer_no, sum(fen), max(month), '2018-07-01', greatest(max(day), '2018-07-01')
    FROM paid, employer_fund GROUP BY person, employer_no
    """,
    """
    INSERT INTO account_holder (account_no, name, id_type, id_number_sealed, status, opened_on, revision)
    SELECT account_no, '试验人员', '01', '', '01', product_from, 1 FROM account_fund
    """,
    # Paid in at once and credited person by person: every line is a back payment of its own.
    """
    CREATE TEMP TABLE posted ON COMMIT DROP AS
    SELECT employer_no, 'r' || month || person || employer_no AS registration_no, person || employer_no AS account_no,
        day, fen, month, after_fen, balance_fen AS in_all_fen,
        sum(fen) OVER (PARTITION BY employer_no ORDER BY day, person) AS so_far_fen
    FROM paid, employer_fund
    """,
    """
    INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind, summary, credit_fen,
        balance_after_fen, base_fen, from_month, to_month)
    SELECT account_no, employer_no, registration_no, day, '02', '1222', fen, after_fen, 160000, month, month
    FROM posted ORDER BY day, account_no
    """,
    """
    INSERT INTO bank_payment
    SELECT 'b' || employer_no, employer_no, balance_fen, '2018-06-30', '试验单位', 'p' || employer_no, '2018-06-30'
    FROM employer_fund
    """,
    """
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
        suspense_in_fen, suspense_after_fen, balance_after_fen)
    SELECT employer_no, 'p' || employer_no, '2018-06-30', 12, '1213', 0, balance_fen, balance_fen, balance_fen, 0
    FROM employer_fund
    """,
    """
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
        suspense_out_fen, suspense_after_fen, balance_after_fen, from_month, to_month)
    SELECT employer_no, registration_no, day, 11, '1222', 1, fen, fen, in_all_fen - so_far_fen, so_far_fen, month, month
    FROM posted ORDER BY so_far_fen
    """,
    """
    INSERT INTO journal_entry (registration_no, posted_on, memo, bank_reference)
    SELECT 'p' || employer_no, '2018-06-30', 'bank payment', 'b' || employer_no FROM employer_fund
    UNION ALL SELECT registration_no, day, 'back payment', '' FROM posted
    """,
    """
    INSERT INTO journal_leg
    SELECT entry_no, leg, code, employer_no, side * amount_fen FROM journal_entry JOIN (
        SELECT registration_no, employer_no, amount_fen, leg, code, side
        FROM statement_line JOIN (VALUES (12, 1, '1001', 1), (12, 2, '2001', -1), (11, 1, '2001', 1), (11, 2, '2002', -1))
            AS l(kind, leg, code, side) USING (kind)
    ) moved USING (registration_no)
    """,
)


@pytest.fixture(scope="module")
def hall(superuser_url: str) -> Iterator[Instance]:
    """Only deposit is running, beside its database and the bus."""
    name = f"e2e{secrets.token_hex(4)}"
    instance = Instance(name, settings=SETTINGS, superuser_url=superuser_url)
    with ExitStack() as undo:
        undo.callback(instance.close, drop=True)
        instance.start(["deposit"])
        yield instance


@pytest.fixture(scope="module")
def engine(hall: Instance) -> Iterator[Engine]:
    """The books themselves, as the service sees them: of another role's sessions nobody is told what they wait for."""
    made, owners = (
        create_engine(url, poolclass=NullPool)
        for url in (hall.database_url("deposit"), hall.owner_url("deposit"))
    )
    with owners.begin() as connection:
        for statement in CITY:
            values = {"employers": EMPLOYERS} if ":employers" in statement else {}
            connection.execute(text(statement), values)
        accounts = connection.execute(text("SELECT account_no FROM account_fund")).scalars()
        recount(connection, list(accounts))
    owners.dispose()
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def config(hall: Instance) -> ClientConfig:
    return staff_of(hall)


@pytest.fixture
def staff(config: ClientConfig) -> Iterator[Staff]:
    made = Staff(config)
    yield made
    made.close()


@pytest.fixture
def hpf(
    config: ClientConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, Any]]:
    """Runs `hpf admin … --json`; exit code and reply."""
    settings = tmp_path / "hpf.toml"
    settings.write_text(config.to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(settings))

    def command(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = run(["admin", *arguments, "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out or told.err)

    return command


def test_a_trial_from_the_command_line_comes_to_the_manuals_figures(
    engine: Engine, hpf: Callable[..., tuple[int, Any]]
) -> None:
    code, tried = hpf("interest", "--year", "2019", "--trial")
    _, listed = hpf("interest", "accounts", "0001", "--year", "2019")

    assert (code, tried["run"]["trial"], int(tried["run"]["mismatches"])) == (0, True, 0)
    assert int(tried["run"]["product_yuan_days"]) == EMPLOYERS * (828_256 + 365_000)
    assert int(tried["run"]["amount_fen"]) == EMPLOYERS * SHARE_FEN
    assert [
        (each["account_no"], int(each["amount_fen"]), int(each["balance_after_fen"]))
        for each in listed["accounts"]
    ] == [("L0001", LATE_FEN, LATE_AFTER_FEN), ("M0001", MANUAL_FEN, MANUAL_AFTER_FEN)]
    with engine.connect() as connection:
        assert shares(connection, "NOT trial") == 0
        assert interest_lines(connection) == []


def test_a_run_killed_in_the_middle_of_a_batch_pays_everyone_once(
    hall: Instance, engine: Engine, staff: Staff
) -> None:
    tried = staff.start_interest_run(pb.StartInterestRunRequest(fund_year=2019, trial=True))
    assert wait_until(lambda: staff.interest_run(tried.run_no).finished)
    with stuck_at("0024", engine) as is_stuck:
        started = staff.start_interest_run(pb.StartInterestRunRequest(fund_year=2019))
        assert wait_until(is_stuck)
        # 23 employers are paid; of the 24th lines, entries and statement are written, and nothing is committed.
        hall.kill("deposit")
    with engine.connect() as connection:
        assert len(interest_lines(connection)) == 23 * 2
    start_again(hall)
    with engine.connect() as connection:
        # Twenty batches make a tick: what is no multiple is somewhere inside one.
        assert wait_until(lambda: shares(connection, "NOT trial") not in (0, 23, 40, EMPLOYERS))
    hall.kill("deposit")
    start_again(hall)
    assert wait_until(lambda: staff.interest_run(started.run_no).finished)

    done = staff.interest_run(started.run_no)
    assert (done.accounts, done.amount_fen) == (2 * EMPLOYERS, EMPLOYERS * SHARE_FEN)
    assert (
        staff.start_interest_run(pb.StartInterestRunRequest(fund_year=2019)).run_no == done.run_no
    )
    with engine.connect() as connection:
        assert interest_lines(connection) == sorted(
            line
            for n in range(1, EMPLOYERS + 1)
            for line in (
                (f"L{n:04d}", LATE_FEN, LATE_AFTER_FEN),
                (f"M{n:04d}", MANUAL_FEN, MANUAL_AFTER_FEN),
            )
        )
        assert told(connection) == [
            (f"{n:04d}", 2019, 2, SHARE_FEN) for n in range(1, EMPLOYERS + 1)
        ]
    checked = staff.check_books()
    assert list(checked.findings) == []
    balances = {
        line.account_code: line.debit_fen - line.credit_fen for line in checked.trial_balance
    }
    assert balances["6001"] == EMPLOYERS * SHARE_FEN
    assert balances["2002"] == -EMPLOYERS * (MANUAL_AFTER_FEN + LATE_AFTER_FEN)


@contextmanager
def stuck_at(employer_no: str, engine: Engine) -> Iterator[Callable[[], bool]]:
    """Whoever numbers an event of this employer waits meanwhile; gives a question whether somebody does."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%subject_version%'"
    )
    with engine.connect() as holder, engine.connect() as looker:
        numbered = text("INSERT INTO subject_version (subject, version) VALUES (:subject, 7)")
        holder.execute(numbered, {"subject": employer_no})
        looking = looker.execution_options(isolation_level="AUTOCOMMIT")
        yield lambda: bool(looking.execute(waiting).scalar_one())
        holder.rollback()


def start_again(hall: Instance) -> None:
    hall.start_process("deposit")
    hall.wait_ready(processes=["deposit"])


def shares(connection: Connection, which: str) -> int:
    """Employers that are done in such runs."""
    query = f"SELECT count(*) FROM interest_share JOIN interest_run USING (run_no) WHERE {which}"  # noqa: S608  # of this module
    found: int = connection.execute(text(query)).scalar_one()
    connection.rollback()
    return found


def interest_lines(connection: Connection) -> list[tuple[str, int, int]]:
    rows = connection.execute(
        text(
            "SELECT account_no, credit_fen, balance_after_fen FROM ledger_line WHERE interest_year = 2019"
            " ORDER BY account_no"
        )
    )
    return [(row.account_no, row.credit_fen, row.balance_after_fen) for row in rows]


def told(connection: Connection) -> list[tuple[str, int, int, int]]:
    """What the world was told: employer, fund year, people, fen."""
    message = events.AnnualInterestPosted
    rows = connection.execute(
        text("SELECT body FROM outbox WHERE type = :type ORDER BY subject"),
        {"type": event_type(message)},
    )
    found = [message.FromString(bytes(row.body)) for row in rows]
    return [
        (each.header.employer_no, each.fund_year, each.headcount, each.amount_fen) for each in found
    ]
