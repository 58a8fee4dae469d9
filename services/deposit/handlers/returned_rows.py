"""原始数据 after a late refusal (manual §6.2): the submitted rows come back with what was said against them."""

from __future__ import annotations

from collections.abc import Iterable

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as collection

from services.deposit.store.businesses import Business
from services.kit.app import Call
from services.kit.worksheet import submit
from services.kit.worksheet.draft import all_rows, understood, understood_header
from services.kit.worksheet.methods import draft_of
from services.kit.worksheet.rows import CellError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.validation import Verdict, keep


def put_back(
    call: Call,
    spec: SheetSpec[Call],
    found: Business,
    *,
    refusals: Iterable[collection.RowRefusal] = (),
) -> status_pb2.Status | None:
    """Put the rows of a business back on its employer's list, behind what was typed since, and note the refusals on
    them; returns the refusal that names them by their new places, None when there are none."""
    draft = draft_of(call, spec, employer_no=found.employer_no)
    back = submit.put_back(draft, found.registration_no)
    rows = understood(draft, all_rows(draft))
    # By their old places; what no longer fits the list is missing at the end.
    returned = dict(enumerate(rows[back.typed_since :], start=1))
    late = [
        returned[each.row_number].place(CellError(each.field, each.reason, each.zh))
        for each in refusals
        if each.row_number in returned
    ]
    if not late:
        return None
    typed = [row.place(error) for row in rows for error in row.errors]
    header = understood_header(draft, back.state.header)
    keep(draft, Verdict(header, rows, sorted([*typed, *late], key=lambda each: each.row_number)))
    return submit.refusal(late).to_status()
