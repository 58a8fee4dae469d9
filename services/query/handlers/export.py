"""导出, 打印, 复制 of a query (manual 四): asked for here, made by the worker, fetched from the file store.

Asking for a file changes nothing in the hall, so it is a read; the job row is written beside the read's snapshot.
"""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb
from hpf.receipt.v1 import receipt_events_pb2

from services.kit import jobs
from services.kit.app import BlobReply, Call, Standing
from services.kit.clock import business_date
from services.kit.errors import NOT_READY_YET, DomainError, fact
from services.kit.jobs import JobState
from services.query.errors import EXPORT_FAILED, PRINT_TOO_LONG
from services.query.exports import EXPORT, Export
from services.query.store import prints


def export_query(call: Call, request: pb.ExportQueryRequest) -> BlobReply | Standing:
    """The whole answer to a query as a file.

    Raises NOT_READY_YET while it is being made, or says how far it is to whoever wants to know: the same call (same
    request reference) is to be made again. Raises
    EXPORT_FAILED when it cannot be made, PRINT_TOO_LONG, EXPORT_FORMAT_REQUIRED, EXPORT_QUERY_REQUIRED, and whatever
    the query's own call raises.
    """
    return _file(call, Export(call.employer_no, request))


def export_people(call: Call, request: pb.ExportPeopleRequest) -> BlobReply | Standing:
    """The workbook of everybody whom the filter lets through; raises as `export_query` does."""
    query = pb.PeopleQuery(filter=request.filter)
    asked = pb.ExportQueryRequest(format=pb.EXPORT_FORMAT_WORKBOOK, people=query)
    return _file(call, Export(call.employer_no, asked))


def on_query_print_made(call: Call, made: receipt_events_pb2.QueryPrintMade) -> None:
    """Receipt has set a paper, or says why it cannot."""
    prints.put_made(call.connection, made.print_key, failure=made.failure, now=call.now)


def _file(call: Call, wanted: Export) -> BlobReply | Standing:
    key = wanted.key(call.context.request_ref)
    status = jobs.status_of(call.connection, kind=EXPORT, key=key)
    if status is None:
        # Refused here and now, with the fields that are wrong, instead of by the worker.
        wanted.listing(call.connection, vault=call.vault)
        with call.runtime.database.transaction() as connection:
            jobs.enqueue(
                connection,
                kind=EXPORT,
                key=key,
                payload=wanted.to_bytes(),
                vault=call.vault,
                now=call.now,
            )
        return _under_way(wanted, key)
    if status.state is JobState.FAILED:
        raise _failure(status.failure)
    if status.state is not JobState.DONE or (wanted.is_print and not _is_printed(call, key)):
        return _under_way(wanted, key, done=status.done, total=status.total)
    blob = wanted.blob(key)
    first = pb.ExportPiece(
        file_name=wanted.file_name(business_date(call.now)),
        media_type=wanted.media_type,
        total_bytes=call.runtime.blobs.size(blob),
    )
    return BlobReply(first, blob)


def _under_way(wanted: Export, key: str, *, done: int = 0, total: int = 0) -> Standing:
    """How far the file is, for those who asked to be told."""
    if not wanted.request.with_progress:
        raise DomainError(NOT_READY_YET)
    return Standing(pb.ExportPiece(progress=pb.ExportProgress(rows_done=done, rows=total)), key)


def _is_printed(call: Call, key: str) -> bool:
    """Whether receipt has set the paper. Raises what kept it from it."""
    made = prints.load_made(call.connection, key)
    if made is not None and made.failure:
        raise _failure(made.failure)
    return made is not None


def _failure(code: str) -> DomainError:
    if code == PRINT_TOO_LONG.code:
        return DomainError(PRINT_TOO_LONG)
    return fact(EXPORT_FAILED, failure=code)
