"""Papers of printed queries (打印, manual 四): set from what query says stands on them.

They are looked up, not certified: no seal, no number, no count. What is to be printed comes through the file store;
the answer goes back by event, in the transaction that ends the job.
"""

from __future__ import annotations

from datetime import date, datetime

from hpf.query.v1 import query_events_pb2, query_print_pb2
from hpf.receipt.v1 import receipt_events_pb2
from sqlalchemy import Connection

from services.kit import outbox
from services.kit.app import Runtime
from services.kit.job_worker import Job, JobKind, JobRefused, Record
from services.receipt.errors import DOCUMENT_TOO_LARGE, UNSHOWABLE_TEXT
from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    DocumentTooLarge,
    Field,
    Table,
    Total,
)
from services.receipt.rendering.fonts import FontSet, UnshowableText
from services.receipt.rendering.render import render

#: Kind of the job.
QUERY_PRINT = "query_print"

_KINDS = {
    query_print_pb2.QUERY_PRINT_KIND_EMPLOYER: DocumentKind.EMPLOYER_PROFILE,
    query_print_pb2.QUERY_PRINT_KIND_PEOPLE: DocumentKind.PEOPLE_LIST,
    query_print_pb2.QUERY_PRINT_KIND_LEDGER: DocumentKind.PERSONAL_LEDGER,
    query_print_pb2.QUERY_PRINT_KIND_STATEMENT: DocumentKind.EMPLOYER_STATEMENT,
}


def kind_of_job(fonts: FontSet) -> JobKind:
    """How the worker does jobs of kind QUERY_PRINT."""

    def make(runtime: Runtime, job: Job) -> Record:
        asked = query_events_pb2.QueryPrintRequested.FromString(job.payload)
        facts = runtime.blobs.read(asked.facts_blob)
        paper = query_print_pb2.QueryPrint.FromString(facts)
        try:
            document = document_of(paper, centre_name=runtime.kit.centre_name)
            pdf = render(document, fonts=fonts).pdf
        except UnshowableText as error:
            raise JobRefused(UNSHOWABLE_TEXT, str(error)) from error
        except DocumentTooLarge as error:
            raise JobRefused(DOCUMENT_TOO_LARGE, str(error)) from error
        runtime.blobs.write(asked.pdf_blob, pdf)
        return lambda connection, now: _answer(connection, asked, failure="", now=now)

    return JobKind(make=make, gave_up=_gave_up)


def document_of(paper: query_print_pb2.QueryPrint, *, centre_name: str) -> Document:
    """The document of a printed query. Raises DocumentTooLarge."""
    kind = _KINDS[paper.kind]
    columns = tuple(
        Column(each.title, each.width_mm, Align.RIGHT if each.is_amount else Align.LEFT)
        for each in paper.columns
    )
    table = Table(columns, [tuple(row.cells) for row in paper.rows]) if columns else None
    return Document(
        kind=kind,
        title=kind.heading(centre_name),
        employer_no=paper.employer_no,
        employer_name=paper.employer_name,
        branch_name=paper.branch_name,
        agent_name=paper.agent_name,
        business_date=date.fromisoformat(paper.printed_on),
        fields=tuple(Field(each.label, each.value) for each in paper.fields),
        table=table,
        totals=tuple(Total.of_fen(each.label, each.amount_fen) for each in paper.totals),
    )


def _gave_up(connection: Connection, job: Job, failure: str, now: datetime) -> None:
    asked = query_events_pb2.QueryPrintRequested.FromString(job.payload)
    code = failure.partition(":")[0]  # what follows it is for staff
    _answer(connection, asked, failure=code, now=now)


def _answer(
    connection: Connection,
    asked: query_events_pb2.QueryPrintRequested,
    *,
    failure: str,
    now: datetime,
) -> None:
    made = receipt_events_pb2.QueryPrintMade(
        print_key=asked.print_key, pdf_blob="" if failure else asked.pdf_blob, failure=failure
    )
    outbox.append(connection, made, subject=asked.employer_no, now=now)
