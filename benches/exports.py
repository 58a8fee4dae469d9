"""Peak memory of a worker that gives out an employer of 100,000 people, next to one of 10,000: flat when it streams."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import create_engine, text

from benches._export_memory import VAULT
from benches.harness import Result, Stage, in_turns

FEW, MANY = 10_000, 100_000
SMALL, LARGE = "10700000010", "10700000029"
ROUNDS = 3
FORMATS = (
    ("workbook", pb.EXPORT_FORMAT_WORKBOOK),
    ("text", pb.EXPORT_FORMAT_TEXT),
)

_PEOPLE = """
    INSERT INTO person (
        account_no, employer_no, registered, name, id_type, id_number_sealed, id_number_index,
        mobile_sealed, status, base_fen, employer_rate, employee_rate, employer_share_fen,
        employee_share_fen, opened_on, effective_month, balance_fen, paid_through_month)
    SELECT 'A' || :employer_no || lpad(n::text, 7, '0'), :employer_no, true, '试验' || n, '01',
        :id_number, decode(md5(n::text), 'hex'), :id_number, '01', 500000 + n, 12, 10, 60000, 50000,
        date '2009-01-01' + (n % 3650)::int, 200901, 1000000 + n, 201909
    FROM generate_series(1, :people) AS n
"""


def run(stage: Stage) -> list[Result]:
    url = stage.database("query")
    _fill(url)
    with tempfile.TemporaryDirectory() as folder:
        return list(_results(url, folder))


def _results(url: str, folder: str) -> Iterator[Result]:
    for title, export_format in FORMATS:
        yield from _results_of(
            title, lambda no, wanted=export_format: _exported(url, folder, no, wanted)
        )


def _results_of(title: str, export: Callable[[str], tuple[float, float]]) -> Iterator[Result]:
    took_s: list[float] = []

    def many_mb() -> float:
        peak_mb, seconds = export(LARGE)
        took_s.append(seconds)
        return peak_mb

    many, few = in_turns(many_mb, lambda: export(SMALL)[0], rounds=ROUNDS)
    name = f"peak memory, {title} of {MANY:,} people next to {FEW:,}"
    yield Result.of(name, unit="MB", ours=many, limit=few, goal="≤ 1.1: flat")
    name, goal = f"time of a {title} of {MANY:,} people", "within a download's 300 s"
    yield Result.of(name, unit="s", ours=min(took_s), limit=300.0, goal=goal)


def _exported(url: str, folder: str, employer_no: str, export_format: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "benches._export_memory", url, folder, employer_no]
    done = subprocess.run(
        [*command, str(export_format)], check=True, capture_output=True, text=True
    )
    peak, seconds = done.stdout.split()
    return float(peak), float(seconds)


def _fill(url: str) -> None:
    engine = create_engine(url)
    id_number = VAULT.seal_text("130702198501010017")
    with engine.begin() as connection:
        for employer_no, people in ((SMALL, FEW), (LARGE, MANY)):
            connection.execute(
                text(
                    "INSERT INTO employer (employer_no, registered, name)"
                    " VALUES (:employer_no, true, '试验公司')"
                ),
                {"employer_no": employer_no},
            )
            facts = {"employer_no": employer_no, "people": people, "id_number": id_number}
            connection.execute(text(_PEOPLE), facts)
    engine.dispose()
