"""提交: all rows or none; bad rows stay for correction, good lists leave the draft and are kept as submitted.

Serves the 提交 button of manual §5.1–5.4, §5.7, §6.2. Use in one transaction:

    taken = take(draft)                          a DomainError names every bad row; return it, so the notes stay
    …the business's effect…
    clear_after_submit(draft, taken, registration_no=…)

A business that is refused only later (by another service) gives the rows back with `put_back`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.kit.errors import DomainError
from services.kit.worksheet import errors, store
from services.kit.worksheet.draft import Draft, State, sealed_header, state_from
from services.kit.worksheet.editing import add_rows, locked
from services.kit.worksheet.rows import ParsedRow, RowError
from services.kit.worksheet.validation import Verdict, judge, keep

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Taken:
    """A list without any error: header and rows with typed values, in the order of the list."""

    header: ParsedRow
    rows: Sequence[ParsedRow]


def take(draft: Draft[C], *, expected_revision: int = 0) -> Taken | DomainError:
    """The list to submit, under the draft's lock; or WORKSHEET_EMPTY, or WORKSHEET_HAS_ERRORS with each bad field.

    The error is returned, not raised: the errors were noted on the rows and must be committed. Raises what `draft.see`
    raises: whoever signed the list is held to it before anything else is said of it.
    """
    state = locked(draft, expected_revision=expected_revision)
    if not state.row_count:
        return DomainError(errors.WORKSHEET_EMPTY)
    verdict = judge(draft, state)
    if draft.see is not None:
        draft.see(verdict.header.cells, [row.cells for row in verdict.rows])
    if verdict.errors:
        keep(draft, verdict)
        return refusal(verdict.errors)
    return Taken(verdict.header, verdict.rows)


def refuse_rows(draft: Draft[C], taken: Taken, found: Sequence[RowError]) -> DomainError:
    """Note errors that the effect itself met on the rows, and the error to return."""
    keep(draft, Verdict(taken.header, taken.rows, found))
    return refusal(found)


def refusal(found: Sequence[RowError]) -> DomainError:
    """WORKSHEET_HAS_ERRORS with a field error for each."""
    bad_rows = {each.row_number for each in found}
    facts = {"rows": str(len(bad_rows)), "errors": str(len(found))}
    fields = [each.as_field_error() for each in found]
    return DomainError(errors.WORKSHEET_HAS_ERRORS, fields, facts)


def clear_after_submit(draft: Draft[C], taken: Taken, *, registration_no: str) -> State:
    """Keep the list as submitted under its registration number and empty the draft."""
    content = {
        "header": dict(taken.header.cells),
        "rows": [dict(row.cells) for row in taken.rows],
    }
    packed = zlib.compress(json.dumps(content, ensure_ascii=False).encode())
    store.insert_submission(
        draft.connection,
        draft.key,
        registration_no=registration_no,
        row_count=len(taken.rows),
        rows_sealed=draft.vault.seal(packed),
        now=draft.now,
    )
    store.delete_all_rows(draft.connection, draft.key)
    store.set_header(draft.connection, draft.key, header_sealed=b"", errors=None)
    return state_from(draft, store.finish_change(draft.connection, draft.key, now=draft.now))


def submitted_rows(
    draft: Draft[C], registration_no: str
) -> tuple[Mapping[str, str], Sequence[Mapping[str, str]]]:
    """Header and rows as they were submitted; both empty when nothing is kept under that number."""
    found = store.find_submission(draft.connection, registration_no)
    if found is None or found["employer_no"] != draft.employer_no:
        return {}, ()
    content = json.loads(zlib.decompress(draft.vault.open(found["rows_sealed"])))
    return content["header"], content["rows"]


@dataclass(frozen=True, slots=True)
class PutBack:
    """A list with the rows of a refused submission on it; they follow the `typed_since` rows that stood there."""

    state: State
    typed_since: int


def put_back(draft: Draft[C], registration_no: str) -> PutBack:
    """原始数据 after a late refusal: the submitted rows come back behind what was typed since.

    As many as fit the limit; the submission stays on record. The header comes back unless there is a new one.
    """
    state = locked(draft)
    header, rows = submitted_rows(draft, registration_no)
    if header and not state.header:
        store.set_header(
            draft.connection, draft.key, header_sealed=sealed_header(draft, header), errors=None
        )
    typed_since = state.row_count
    # The limit may have been lowered below what stands there already.
    room = max(draft.spec.row_limit - typed_since, 0)
    state, _ = add_rows(draft, rows[:room])
    return PutBack(state, typed_since)
