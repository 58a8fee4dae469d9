"""导出, 打印, 复制 (manual 四): what was asked for, and how the worker makes the file of it, from one snapshot.

A print is set by receipt, which alone has fonts and paper: the worker puts what stands on it into the file store and
asks by event; `handlers/export` hears the answer (docs/adr/0013).
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, BinaryIO

from google.protobuf.message import Message
from hpf.query.v1 import query_events_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection

from services.kit import jobs, outbox
from services.kit.app import Runtime
from services.kit.errors import DomainError
from services.kit.job_worker import Job, JobKind, JobRefused, Record
from services.kit.sheets.writer import MEDIA_TYPE as WORKBOOK_MEDIA_TYPE
from services.kit.sheets.writer import CellValue
from services.kit.vault import Vault
from services.query.errors import EXPORT_FORMAT_REQUIRED, EXPORT_QUERY_REQUIRED, PRINT_TOO_LONG
from services.query.listings import books, employer, people
from services.query.listings.files import PrintTooLong, print_of, write_text, write_workbook
from services.query.listings.listing import Listing

#: Folder of the files in the store.
FOLDER = "exports"

#: Kind of the job.
EXPORT = "export"

#: How often a worker says how far it is; whoever watches looks every second or two.
REPORT_EVERY_S = 1.0

# What of a list is held in memory before it goes on to disk.
_SPOOL_BYTES = 4 * 1024 * 1024

#: By name of the query in the request: how its list is read, and what its file is called.
_LISTINGS: Mapping[str, tuple[Callable[..., Listing], str]] = {
    "employer": (employer.listing, "单位基本信息"),
    "people": (people.listing, "个人基本信息"),
    "ledger": (books.ledger_listing, "个人明细账"),
    "statement": (books.statement_listing, "单位缴存明细"),
}

_PRINT = pb.EXPORT_FORMAT_PRINT
_Write = Callable[..., None]


@dataclass(frozen=True, slots=True)
class _Format:
    suffix: str
    media_type: str
    write: _Write | None


_FORMATS: Mapping[int, _Format] = {
    pb.EXPORT_FORMAT_WORKBOOK: _Format("xlsx", WORKBOOK_MEDIA_TYPE, write_workbook),
    pb.EXPORT_FORMAT_TEXT: _Format("txt", "text/tab-separated-values; charset=utf-8", write_text),
    _PRINT: _Format("pdf", "application/pdf", None),
}


@dataclass(frozen=True, slots=True)
class Export:
    """Whose export of what. Raises EXPORT_FORMAT_REQUIRED and EXPORT_QUERY_REQUIRED when made of less."""

    employer_no: str
    request: pb.ExportQueryRequest

    def __post_init__(self) -> None:
        if self.request.format not in _FORMATS:
            raise DomainError(EXPORT_FORMAT_REQUIRED)
        if self.request.WhichOneof("query") is None:
            raise DomainError(EXPORT_QUERY_REQUIRED)

    @property
    def is_print(self) -> bool:
        return self.request.format == _PRINT

    @property
    def media_type(self) -> str:
        return _FORMATS[self.request.format].media_type

    def key(self, request_ref: str) -> str:
        """One file for each call that asks; nobody else's call can name it."""
        digest = hashlib.sha256(f"{len(request_ref)}:{request_ref}{self.employer_no}".encode())
        digest.update(self.to_bytes())
        return digest.hexdigest()

    def blob(self, key: str) -> str:
        return f"{FOLDER}/{self.employer_no}/{key}.{_FORMATS[self.request.format].suffix}"

    def facts_blob(self, key: str) -> str:
        """Where a print's facts are."""
        return f"{FOLDER}/{self.employer_no}/{key}.facts"

    def file_name(self, day: date) -> str:
        stem = _LISTINGS[self._query][1]
        return f"{stem}_{self.employer_no}_{day:%Y%m%d}.{_FORMATS[self.request.format].suffix}"

    def listing(self, connection: Connection, *, vault: Vault) -> Listing:
        """The answer; raises what the query's own call raises."""
        read, _ = _LISTINGS[self._query]
        query: Message = getattr(self.request, self._query)
        return read(connection, query, employer_no=self.employer_no, vault=vault)

    def to_bytes(self) -> bytes:
        asked = pb.ExportQueryRequest()
        asked.CopyFrom(self.request)
        del asked.consistency[:]
        return self.employer_no.encode() + b"\n" + asked.SerializeToString(deterministic=True)

    @classmethod
    def from_bytes(cls, content: bytes) -> Export:
        employer_no, _, request = content.partition(b"\n")
        return cls(employer_no.decode(), pb.ExportQueryRequest.FromString(request))

    @property
    def _query(self) -> str:
        return str(self.request.WhichOneof("query"))


def make_export(runtime: Runtime, job: Job) -> Record:
    """Write the file into the file store, or ask for a print. Raises JobRefused for what cannot be made."""
    wanted = Export.from_bytes(job.payload)
    now = runtime.clock.now()
    try:
        with runtime.database.reading() as connection:
            listing = wanted.listing(connection, vault=runtime.vault)
            listing = replace(listing, rows=_counted(runtime, job, listing))
            if wanted.is_print:
                return _ask_for_print(runtime, wanted, job.key, listing, now=now)
            _write_file(runtime, wanted, job.key, listing, now=now)
    except DomainError as error:
        raise JobRefused(error.reason.code) from error
    except PrintTooLong as error:
        raise JobRefused(PRINT_TOO_LONG.code) from error
    return _nothing_more


def _counted(runtime: Runtime, job: Job, listing: Listing) -> Iterator[Sequence[CellValue]]:
    """The rows as they come; whoever waits is told from time to time how many have."""
    _report(runtime, job, done=0, total=listing.row_count)
    due_s = time.monotonic() + REPORT_EVERY_S
    for done, row in enumerate(listing.rows):
        if time.monotonic() >= due_s:
            _report(runtime, job, done=done, total=listing.row_count)
            due_s = time.monotonic() + REPORT_EVERY_S
        yield row
    _report(runtime, job, done=listing.row_count, total=listing.row_count)


def _report(runtime: Runtime, job: Job, *, done: int, total: int) -> None:
    with runtime.database.transaction() as connection:
        jobs.put_progress(connection, job.job_no, done=done, total=total)


def _write_file(
    runtime: Runtime, wanted: Export, key: str, listing: Listing, *, now: datetime
) -> None:
    write = _FORMATS[wanted.request.format].write
    assert write is not None
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        target: BinaryIO = spool  # type: ignore[assignment]  # a BinaryIO in all but name
        write(listing, target, now=now)
        spool.seek(0)
        runtime.blobs.write_from(wanted.blob(key), target)


def _ask_for_print(
    runtime: Runtime, wanted: Export, key: str, listing: Listing, *, now: datetime
) -> Record:
    paper = print_of(listing, now=now)
    runtime.blobs.write(wanted.facts_blob(key), paper.SerializeToString(deterministic=True))
    event = query_events_pb2.QueryPrintRequested(
        print_key=key,
        employer_no=wanted.employer_no,
        facts_blob=wanted.facts_blob(key),
        pdf_blob=wanted.blob(key),
    )

    def record(connection: Connection, now: datetime) -> None:
        outbox.append(connection, event, subject=wanted.employer_no, now=now)

    return record


def _nothing_more(connection: Connection, now: datetime) -> None:
    """The file is all there is; that the job is done says it exists."""


def _gave_up(connection: Connection, job: Job, failure: str, now: datetime) -> None:
    """Whoever asked reads the failure from the job."""


KIND = JobKind(make=make_export, gave_up=_gave_up)
KINDS: Mapping[str, Any] = {EXPORT: KIND}
