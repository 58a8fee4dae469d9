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
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pkcs11
from hpf.common.v1 import business_pb2
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate, TableStyle

from benches.harness import ROUNDS, Result, Stage, in_turns, seconds
from deploy.demo_ca import make_demo_pki, make_seal_key
from services.kit import job_worker
from services.kit.app import Runtime
from services.kit.blobs import Blobs
from services.kit.calls import handle_event
from services.kit.db import Database
from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.settings import KitSettings
from services.kit.vault import Vault
from services.receipt.domain import RENDER, State
from services.receipt.prints import Press
from services.receipt.rendering.document import Document, DocumentKind
from services.receipt.rendering.fonts import REGULAR, FontSet
from services.receipt.rendering.render import render
from services.receipt.rendering.signing import Pkcs11Signer, SealKey
from services.receipt.service import APP
from services.receipt.settings import ReceiptSettings
from services.receipt.store import documents
from tests.conformance.documents import business_events
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES

ROWS_MANY = 2000
ONES_PER_ROUND = 20
READY_PER_ROUND = 10
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
_VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
_numbers = count(1)


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
    with tempfile.TemporaryDirectory() as name, _seal(Path(name)) as key:
        return [
            *_speeds(),
            *_memory(),
            _sealing(key),
            _readiness(stage, key, Path(name)),
        ]


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
        yield Result.of(name, unit="MB", ours=mine, limit=least, goal="≤ 1.5 × plain")


def _peak_mb(what: str, rows: int) -> float:
    command = [sys.executable, "-m", "benches._receipt_memory", what, str(rows)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@contextmanager
def _seal(folder: Path) -> Iterator[SealKey]:
    """A token of its own with the centre's key."""
    pki = make_demo_pki(folder / "pki", now=NOW)
    made = make_seal_key(pki, name="张家口市住房公积金管理中心", now=NOW)
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(made.softhsm_conf)
    try:
        yield SealKey(module=made.module, token_label=made.label, pin=made.pin, key_id=made.key_id)
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def _sealing(key: SealKey) -> Result:
    """Signing a finished receipt, next to the bare signature of the same token."""
    rendered = render(opened(1), fonts=FontSet.load(), seal=SEAL)
    signer = Pkcs11Signer(key)
    signer.sign(rendered, signed_at=NOW)
    mine, least = in_turns(
        lambda: seconds(lambda: [signer.sign(rendered, signed_at=NOW) for _ in range(10)]) * 100,
        lambda: seconds(lambda: [_bare_signature(key) for _ in range(10)]) * 100,
    )
    goal = "beside 50 ms of rendering"
    return Result.of("sign a finished receipt", unit="ms", ours=mine, limit=least, goal=goal)


def _bare_signature(key: SealKey) -> bytes:
    token = pkcs11.lib(str(key.module)).get_token(token_label=key.token_label)
    with token.open(user_pin=key.pin) as session:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=key.key_id)
        return bytes(private.sign(b"x" * 100, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))


def _readiness(stage: Stage, key: SealKey, folder: Path) -> Result:
    """From the commit that knows the business to the commit that has its signed receipt, next to rendering and signing
    alone."""
    hall = Desk(stage.database("receipt"), folder, key)
    document = SAMPLES[DocumentKind.OPEN_ACCOUNTS](1)
    signer = Pkcs11Signer(key)

    def bare() -> object:
        rendered = render(document, fonts=FontSet.load(), seal=SEAL)
        return signer.sign(rendered, signed_at=NOW)

    with hall.working():
        hall.ready_after_s()
        mine, least = in_turns(
            lambda: statistics.median(hall.ready_after_s() for _ in range(READY_PER_ROUND)),
            lambda: statistics.median(seconds(bare) for _ in range(READY_PER_ROUND)),
            rounds=ROUNDS,
        )
    return Result.of(
        "business known → signed receipt ready, median",
        unit="ms",
        ours=mine * 1000,
        limit=least * 1000,
        goal="a clerk does not wait: ≤ 300 ms",
    )


class Desk:
    """Receipt on a store of its own, with its worker in a thread."""

    def __init__(self, url: str, folder: Path, key: SealKey) -> None:
        kit = KitSettings(data_keys_file=folder / "none", blob_url=f"file://{folder}/blobs")
        settings = ReceiptSettings(database_url=url)
        self._runtime = Runtime(APP, Database(url), _VAULT, Blobs(kit.blob_url), kit, settings)
        self._press = Press(FontSet.load(), SEAL, Pkcs11Signer(key))
        (self._subscription,) = [each for each in APP.subscriptions if each.source == "collection"]

    @contextmanager
    def working(self) -> Iterator[None]:
        done = threading.Event()
        kinds = {RENDER: self._press.kind()}
        worker = threading.Thread(
            target=lambda: job_worker.run(self._runtime, kinds, stopping=done.is_set)
        )
        worker.start()
        try:
            yield
        finally:
            done.set()
            worker.join()
            self._runtime.database.close()

    def ready_after_s(self) -> float:
        """One person's account was opened: how long until its receipt can be downloaded."""
        event = self._event()
        handle_event(self._runtime, self._subscription, event)
        begun = time.perf_counter()
        number = event.message().header.registration_no  # type: ignore[attr-defined]  # AccountsOpened has one
        while not self._is_ready(number):
            time.sleep(0.002)
        return time.perf_counter() - begun

    def _event(self) -> Event:
        number = next(_numbers)
        message = business_events.accounts_opened(1)
        message.header.registration_no = f"B{number:015d}"
        message.header.kind = business_pb2.BUSINESS_KIND_OPEN_ACCOUNTS
        for account in message.accounts:
            account.id_number_sealed = _VAULT.seal_text("130702198501010017")
            account.mobile_sealed = _VAULT.seal_text("13800001234")
        return Event(
            event_id=new_id(),
            type=event_type(message),
            source="collection",
            subject="bench",
            version=number,
            occurred_at=datetime.now(UTC),
            correlation_id="",
            causation_id="",
            traceparent="",
            body=message.SerializeToString(),
        )

    def _is_ready(self, number: str) -> bool:
        with self._runtime.database.reading() as connection:
            return bool(documents.existing(connection, number).state == State.READY)
