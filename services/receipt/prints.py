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
from services.receipt import events, facts
from services.receipt.documents.reversal import MARK as REVERSED_MARK
from services.receipt.domain import Print, State
from services.receipt.errors import DOCUMENT_TOO_LARGE, SEAL_UNUSABLE, UNSHOWABLE_TEXT
from services.receipt.rendering.document import DocumentTooLarge
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
from services.receipt.store import documents


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
            sealed = documents.load_facts(connection, wanted.document_no)
            is_reversed = _is_reversed(connection, wanted)
        try:
            document = replace(
                facts.from_bytes(runtime.vault.open(sealed)),
                print_count=wanted.print_no,
                mark=REVERSED_MARK if is_reversed else None,
            )
            rendered = render(document, fonts=self.fonts, seal=self.seal)
            pdf = rendered.pdf
            if self.signer is not None:
                pdf = self.signer.sign(rendered, signed_at=runtime.clock.now())
        except UnshowableText as error:
            raise JobRefused(UNSHOWABLE_TEXT, str(error)) from error
        except DocumentTooLarge as error:
            raise JobRefused(DOCUMENT_TOO_LARGE, str(error)) from error
        except SealUnavailable as error:
            if error.retry:
                raise
            raise JobRefused(SEAL_UNUSABLE, str(error)) from error
        sha256 = hashlib.sha256(pdf).hexdigest()
        made = documents.RenderedPrint(
            wanted, wanted.blob(sha256), sha256, len(pdf), rendered.page_count
        )
        runtime.blobs.write(made.blob, pdf)

        def record(connection: Connection, now: datetime) -> None:
            documents.lock_document(connection, wanted.document_no)
            if _is_reversed(connection, wanted) != is_reversed:
                raise ReversedMeanwhile
            _record(connection, made, now=now)

        return record


class ReversedMeanwhile(Exception):
    """The business was taken back while its print was being made: the print lacks the mark and is made again."""


def _is_reversed(connection: Connection, wanted: Print) -> bool:
    return bool(documents.existing(connection, wanted.document_no).reversed_by)


def _record(connection: Connection, made: documents.RenderedPrint, *, now: datetime) -> None:
    """Keep the print; the document's first, or one made again, is announced. The document's row is held."""
    document_no = made.wanted.document_no
    documents.put_print(connection, made, now=now)
    row = documents.existing(connection, document_no)
    if row.state != State.READY:
        documents.set_state(connection, document_no, State.READY)
        outbox.append(
            connection, events.ready(row, sha256=made.sha256), subject=row.employer_no, now=now
        )


def _gave_up(connection: Connection, job: Job, failure: str, now: datetime) -> None:
    document_no = Print.from_bytes(job.payload).document_no
    documents.lock_document(connection, document_no)
    documents.set_state(connection, document_no, State.FAILED, failure=failure)
    row = documents.existing(connection, document_no)
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
