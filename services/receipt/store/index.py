"""What events tell of documents, beside what receipt itself has done with them: for rebuilding and checking.

`replayed` is the schema in which a replay has kept every document that the owners' logs tell of.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, text

from services.receipt.domain import Paper
from services.receipt.models import account, employer, heard_version, receipt, reversed_business

# By what a document is found. Its title, facts and state are what was issued: they stay as they are.
_TOLD = (
    "paper",
    "registration_no",
    "employer_no",
    "kind",
    "business_date",
    "posted_at",
    "verification_index",
)

#: What events tell of each document but a certificate. All documents of a business are as far as the employer whose event
#: told of it, also the one for the employer that people join.
TOLD_OF_DOCUMENTS = """
    SELECT coalesce(of_business.employer_no, document.employer_no) AS employer_no,
           document.employer_no AS given_to, document.document_no, document.paper, document.registration_no,
           document.kind, document.business_date, document.posted_at, document.verification_index
    FROM {schema}.receipt AS document
    LEFT JOIN {schema}.receipt AS of_business ON of_business.document_no = document.registration_no
    WHERE document.paper <> 2  -- Paper.CERTIFICATE
"""

#: Businesses taken back, by the employer of their documents.
REVERSALS = """
    SELECT document.employer_no, reversed.*
    FROM {schema}.reversed_business AS reversed JOIN public.receipt AS document USING (registration_no)
"""


def add_missing(connection: Connection) -> Sequence[tuple[str, int]]:
    """Keep the documents that only the replay has; their numbers and papers."""
    columns = ", ".join(each.name for each in receipt.columns)
    rows = connection.execute(
        text(
            f"INSERT INTO public.receipt ({columns}) SELECT {columns} FROM replayed.receipt"  # noqa: S608  # own names
            " ON CONFLICT (document_no) DO NOTHING RETURNING document_no, paper"
        )
    )
    return [(row.document_no, row.paper) for row in rows]


def mend(connection: Connection) -> int:
    """Find each document again by what the logs tell of it; how many were found by something else."""
    names = ", ".join(_TOLD)
    kept, told = (", ".join(f"{side}.{name}" for name in _TOLD) for side in ("kept", "told"))
    mended = connection.execute(
        text(
            f"UPDATE public.receipt AS kept SET ({names}) = ROW ({told})"  # noqa: S608  # own names
            " FROM replayed.receipt AS told WHERE kept.document_no = told.document_no"
            f" AND ({kept}) IS DISTINCT FROM ({told})"
        )
    )
    return mended.rowcount


def reversals_that_differ(connection: Connection) -> Sequence[str]:
    """Businesses that only one side knows to be taken back, or by another business."""
    return (
        connection.execute(
            text(
                "SELECT registration_no FROM public.reversed_business AS running"
                " FULL JOIN replayed.reversed_business AS replayed USING (registration_no)"
                " WHERE running.reversed_by IS DISTINCT FROM replayed.reversed_by"
                " ORDER BY registration_no"
            )
        )
        .scalars()
        .all()
    )


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows of each table that events fill, certificates left out, and `events` heard."""
    counts = {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in (employer, account, reversed_business)
    }
    documents = select(func.count()).where(receipt.c.paper != Paper.CERTIFICATE)
    counts[receipt.name] = int(connection.execute(documents).scalar_one())
    heard = func.coalesce(func.sum(heard_version.c.version), 0)
    counts["events"] = int(connection.execute(select(heard)).scalar_one())
    return counts
