"""How the worker makes one print: saved facts → PDF → seal's signature → file store. Never in a service process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from services.kit import outbox
from services.kit.app import Runtime
from services.kit.job_worker import Job, JobKind, JobRefused, Record
from services.kit.settings import KitSettings
from services.receipt import events, facts, store
from services.receipt.domain import Print, State
from services.receipt.errors import SEAL_UNUSABLE, UNSHOWABLE_TEXT
from services.receipt.rendering.fonts import FontSet, UnshowableText
from services.receipt.rendering.render import render
from services.receipt.rendering.seal import SealFace
from services.receipt.rendering.signing import (
    Pkcs11Signer,
    SealKey,
    SealUnavailable,
    Signer,
    timestamper_at,
)
from services.receipt.settings import ReceiptSettings


@dataclass(frozen=True, slots=True)
class Press:
    """What prints are made with; loaded once a process. Without a signer the seal is drawn and nothing is signed."""

    fonts: FontSet
    seal: SealFace
    signer: Signer | None

    @classmethod
    def load(cls, settings: ReceiptSettings, kit: KitSettings) -> Press:
        """Raises FontsMissing."""
        return cls(
            fonts=FontSet.load(settings.font_dir),
            seal=SealFace(
                centre_name=settings.seal_name or f"{kit.centre_name}管理中心",
                number=settings.seal_number,
            ),
            signer=_signer(settings, kit) if settings.seal_token else None,
        )

    def kind(self) -> JobKind:
        """How the worker does jobs of kind RENDER."""
        return JobKind(make=self.make_print, gave_up=_gave_up)

    def make_print(self, runtime: Runtime, job: Job) -> Record:
        """Render one print into the file store. Raises JobRefused for what no later try can mend."""
        wanted = Print.from_bytes(job.payload)
        with runtime.database.reading() as connection:
            sealed = store.load_facts(connection, wanted.registration_no)
        document = facts.from_bytes(runtime.vault.open(sealed))
        document = replace(document, print_count=wanted.print_no)
        try:
            rendered = render(document, fonts=self.fonts, seal=self.seal)
            pdf = rendered.pdf
            if self.signer is not None:
                pdf = self.signer.sign(rendered, signed_at=runtime.clock.now())
        except UnshowableText as error:
            raise JobRefused(UNSHOWABLE_TEXT, str(error)) from error
        except SealUnavailable as error:
            if error.retry:
                raise
            raise JobRefused(SEAL_UNUSABLE, str(error)) from error
        sha256 = hashlib.sha256(pdf).hexdigest()
        made = store.RenderedPrint(
            wanted, wanted.blob(sha256), sha256, len(pdf), rendered.page_count
        )
        runtime.blobs.write(made.blob, pdf)
        return lambda connection, now: _record(connection, made, now=now)


def _record(connection: Connection, made: store.RenderedPrint, *, now: datetime) -> None:
    """Keep the print; the receipt's first, or one made again, is announced."""
    registration_no = made.wanted.registration_no
    store.lock_receipt(connection, registration_no)
    store.put_print(connection, made, now=now)
    row = store.load_receipt(connection, registration_no)
    assert row is not None
    if row.state != State.READY:
        store.set_state(connection, registration_no, State.READY)
        outbox.append(
            connection, events.ready(row, sha256=made.sha256), subject=row.employer_no, now=now
        )


def _gave_up(connection: Connection, job: Job, failure: str, now: datetime) -> None:
    registration_no = Print.from_bytes(job.payload).registration_no
    store.lock_receipt(connection, registration_no)
    store.set_state(connection, registration_no, State.FAILED, failure=failure)
    row = store.load_receipt(connection, registration_no)
    assert row is not None
    event = events.failed(row, failure=failure)
    outbox.append(connection, event, subject=row.employer_no, now=now)


def _signer(settings: ReceiptSettings, kit: KitSettings) -> Signer:
    key = SealKey(
        module=Path(kit.pkcs11_module),
        token_label=settings.seal_token,
        pin=settings.seal_pin,
        key_id=bytes.fromhex(settings.seal_key_id),
        chain=settings.seal_chain.encode(),
    )
    return Pkcs11Signer(key, timestamper=timestamper_at(settings.timestamp_url))
