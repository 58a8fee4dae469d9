"""The batch businesses of collection on their worksheets, and 提交 for all of them (manual 五).

A new batch business is one line in BATCHES: its declaration and what its submission does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hpf.common.v1 import business_pb2

from services.collection.domain.employer import Employer
from services.collection.handlers import base_change, open_accounts, seal, transfer, unseal
from services.collection.handlers.posting import employer_to_change
from services.kit.app import Call
from services.kit.errors import DomainError
from services.kit.worksheet.errors import WORKSHEET_UNKNOWN
from services.kit.worksheet.methods import draft_of, worksheet_handlers
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken, clear_after_submit, take


@dataclass(frozen=True, slots=True)
class Batch:
    """A business that is submitted as a list."""

    spec: SheetSpec[Call]
    post: Callable[[Call, Employer, Taken], business_pb2.Business]


BATCHES = {
    batch.spec.key: batch
    for batch in (
        Batch(open_accounts.SPEC, open_accounts.post),
        Batch(seal.SPEC, seal.post),
        Batch(unseal.SPEC, unseal.post),
        Batch(transfer.SPEC, transfer.post),
        Batch(base_change.SPEC, base_change.post),
    )
}

HANDLERS = worksheet_handlers(batch.spec for batch in BATCHES.values())


def submit_worksheet(
    call: Call, request: business_pb2.SubmitWorksheetRequest
) -> business_pb2.SubmitWorksheetResponse | DomainError:
    """提交: every row or none. Refuses with WORKSHEET_HAS_ERRORS and every bad row, WORKSHEET_EMPTY,
    EMPLOYER_BUSY (try again), EMPLOYER_CLOSED."""
    batch = BATCHES.get(request.business)
    if batch is None:
        raise DomainError(WORKSHEET_UNKNOWN)
    # The employer is held first: what the rows are checked against must not move before they are posted.
    employer = employer_to_change(call)
    draft = draft_of(call, batch.spec)
    taken = take(draft, expected_revision=request.expected_revision)
    if isinstance(taken, DomainError):
        return taken
    business = batch.post(call, employer, taken)
    clear_after_submit(draft, taken, registration_no=business.registration_no)
    return business_pb2.SubmitWorksheetResponse(business=business)
