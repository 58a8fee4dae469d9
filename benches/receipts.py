"""Receipts of 1 and 2000 people next to a plain reportlab LongTable of the same rows; what sealing adds; how soon after
its business a receipt is ready.

The plain table has the rows and the repeated head, and none of the paper around them: no other faces, no text map for
rare characters, no seal.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate, TableStyle

from benches._receipt_hall import employer_in_a_hall, ready_after_s
from benches.harness import Result, Stage, in_turns, seconds
from deploy.demo_ca import make_demo_pki, make_seal_key
from services.receipt.rendering.document import Document, DocumentKind
from services.receipt.rendering.fonts import REGULAR, FontSet
from services.receipt.rendering.render import render
from services.receipt.rendering.signing import Pkcs11Signer, SealKey
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES

ROWS_MANY = 2000
ONES_PER_ROUND = 20
READY_PER_ROUND = 10
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def load_faces() -> None:
    """Once a process, as a worker does."""
    FontSet.load()


def opened(rows: int) -> Document:
    """个人账户设立 of so many people: the receipt with the most columns."""
    return SAMPLES[DocumentKind.OPEN_ACCOUNTS](rows)


def ours(document: Document) -> bytes:
    return render(document, fonts=FontSet.load(), seal=SEAL).pdf


def plain(document: Document) -> bytes:
    """The same rows under the same head, by reportlab alone."""
    table = document.table
    assert table is not None
    target = io.BytesIO()
    pages = SimpleDocTemplate(target, pagesize=landscape(A4))
    width = pages.width / table.width_mm
    rows = LongTable(
        [[column.title for column in table.columns], *map(list, table.rows)],
        colWidths=[column.width_mm * width for column in table.columns],
        repeatRows=1,
        style=TableStyle(
            [("FONT", (0, 0), (-1, -1), REGULAR, 8), ("GRID", (0, 0), (-1, -1), 0.5, 0)]
        ),
    )
    pages.build([rows])
    return target.getvalue()


def run(stage: Stage) -> list[Result]:
    load_faces()
    with tempfile.TemporaryDirectory() as name:
        seal = _Seal.make(Path(name))
        return [*_speeds(), *_memory(), _sealing(seal), _readiness(seal)]


def _speeds() -> Iterator[Result]:
    for rows, times in ((1, ONES_PER_ROUND), (ROWS_MANY, 1)):
        document = opened(rows)

        def a_second(
            make: Callable[[Document], bytes], document: Document = document, times: int = times
        ) -> float:
            return times / seconds(lambda: [make(document) for _ in range(times)])

        mine, least = in_turns(lambda: a_second(ours), lambda: a_second(plain))
        goal = "≥ 1/1.5 of plain" if rows == ROWS_MANY else "≥ 10 a second and worker"
        name = f"receipts with {rows} row{'s' * (rows > 1)}"
        yield Result.of(name, unit="receipts/s", ours=mine, limit=least, goal=goal)


def _memory() -> Iterator[Result]:
    for rows in (1, ROWS_MANY):
        mine, least = in_turns(
            lambda rows=rows: _peak_mb("ours", rows),
            lambda rows=rows: _peak_mb("plain", rows),
            rounds=3,
        )
        name = f"peak memory of a process with {rows} row{'s' * (rows > 1)}"
        yield Result.of(
            name, unit="MB", ours=mine, limit=least, goal="≤ 150 MB above plain: two more faces"
        )


def _peak_mb(what: str, rows: int) -> float:
    command = [sys.executable, "-m", "benches._receipt_memory", what, str(rows)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@dataclass(frozen=True, slots=True)
class _Seal:
    """The centre's key on a soft token of its own."""

    key: SealKey
    conf: Path

    @classmethod
    def make(cls, folder: Path) -> _Seal:
        pki = make_demo_pki(folder / "pki", now=NOW)
        made = make_seal_key(pki, name="张家口市住房公积金管理中心", now=NOW)
        key = SealKey(module=made.module, token_label=made.label, pin=made.pin, key_id=made.key_id)
        return cls(key, made.softhsm_conf)

    @contextmanager
    def plugged_in(self) -> Iterator[None]:
        """The library finds this token, not the one of an agent who has just signed in this process."""
        before = os.environ.get("SOFTHSM2_CONF", "")
        os.environ["SOFTHSM2_CONF"] = str(self.conf)
        try:
            yield
        finally:
            os.environ["SOFTHSM2_CONF"] = before


def _sealing(seal: _Seal) -> Result:
    """Signing a finished receipt, next to the bare signature of the same token."""
    rendered = render(opened(1), fonts=FontSet.load(), seal=SEAL)
    signer = Pkcs11Signer(seal.key)
    with seal.plugged_in():
        signer.sign(rendered, signed_at=NOW)
        mine, least = in_turns(
            lambda: (
                seconds(lambda: [signer.sign(rendered, signed_at=NOW) for _ in range(10)]) * 100
            ),
            lambda: seconds(lambda: [_bare_signature(seal.key) for _ in range(10)]) * 100,
        )
    goal = "beside 50 ms of rendering"
    return Result.of("sign a finished receipt", unit="ms", ours=mine, limit=least, goal=goal)


def _bare_signature(key: SealKey) -> bytes:
    token = pkcs11.lib(str(key.module)).get_token(token_label=key.token_label)
    with token.open(user_pin=key.pin) as session:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=key.key_id)
        return bytes(private.sign(b"x" * 100, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))


def _readiness(seal: _Seal) -> Result:
    """From the commit of a business to its signed receipt, through every process and the bus, next to rendering and
    signing alone."""
    document = SAMPLES[DocumentKind.PROFILE_CHANGE](1)
    signer = Pkcs11Signer(seal.key)

    def bare() -> object:
        rendered = render(document, fonts=FontSet.load(), seal=SEAL)
        return signer.sign(rendered, signed_at=NOW)

    def bare_s() -> float:
        with seal.plugged_in():
            return statistics.median(seconds(bare) for _ in range(READY_PER_ROUND))

    with employer_in_a_hall() as employer:
        ready_after_s(employer)
        mine, least = in_turns(
            lambda: statistics.median(ready_after_s(employer) for _ in range(READY_PER_ROUND)),
            bare_s,
        )
    return Result.of(
        "commit → signed receipt ready, median",
        unit="ms",
        ours=mine * 1000,
        limit=least * 1000,
        goal="a clerk does not wait: ≤ 500 ms",
    )
