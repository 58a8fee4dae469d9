"""导出 of 个人基本信息 (manual §4.3): asked for here, made by the worker, fetched from the file store.

Asking for a file changes nothing in the hall, so it is a read; the job row is written beside the read's snapshot.
"""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit import jobs
from services.kit.app import BlobReply, Call
from services.kit.clock import business_date
from services.kit.errors import NOT_READY_YET, DomainError, fact
from services.kit.jobs import JobState
from services.query.errors import EXPORT_FAILED
from services.query.exports import EXPORT_PEOPLE, MEDIA_TYPE, PeopleExport
from services.query.handlers.people import filter_of


def export_people(call: Call, request: pb.ExportPeopleRequest) -> BlobReply:
    """The workbook of everybody whom the filter lets through.

    Raises NOT_READY_YET while it is being made: the same call (same request reference) is to be made again. Raises
    EXPORT_FAILED when it cannot be made, FILTER_CODE_UNKNOWN, ID_TYPE_REQUIRED.
    """
    wanted = PeopleExport(employer_no=call.employer_no, filter=filter_of(request.filter))
    key = wanted.key(call.context.request_ref)
    status = jobs.status_of(call.connection, kind=EXPORT_PEOPLE, key=key)
    if status is None:
        with call.runtime.database.transaction() as connection:
            jobs.enqueue(
                connection,
                kind=EXPORT_PEOPLE,
                key=key,
                payload=wanted.to_bytes(),
                vault=call.vault,
                now=call.now,
            )
        raise DomainError(NOT_READY_YET)
    if status.state is JobState.FAILED:
        raise fact(EXPORT_FAILED, failure=status.failure)
    if status.state is not JobState.DONE:
        raise DomainError(NOT_READY_YET)
    blob = wanted.blob(key)
    first = pb.ExportPiece(
        file_name=f"个人基本信息_{call.employer_no}_{business_date(call.now):%Y%m%d}.xlsx",
        media_type=MEDIA_TYPE,
        total_bytes=call.runtime.blobs.size(blob),
    )
    return BlobReply(first, blob)
