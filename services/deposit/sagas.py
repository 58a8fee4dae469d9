"""汇缴 across deposit and collection (manual §6.1), read as a list of steps.

    1. deposit     request_roster      SubmitRemittance: the business is accepted, the employer's money is held
    2. collection  reserve_roster      the roster is held; it answers with everything due, or refuses
    3. deposit     post_or_reject      due ≤ suspense: everything is posted at once; otherwise nothing is
    4. collection  settle              paid_through moves (when posted), the roster is free again
    5. deposit     finish              the employer's money is free again; whoever waits is told

Each step is one local transaction joined to the next by outbox and inbox, and does nothing the second time.
`ask_again` repeats the question of a step that has waited too long; the other side answers as it did before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from google.rpc import status_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit.store import businesses
from services.deposit.store.businesses import Business
from services.kit import outbox
from services.kit.app import Runtime

#: Steps that a business of deposit can wait at.
WAITS_FOR_ROSTER = "waits for roster"
WAITS_FOR_RELEASE = "waits for release"
DONE = ""

# More than this at once means something is wrong that asking again will not mend quickly.
ASK_AGAIN_MAX = 100


def roster_question(found: Business) -> deposit_events_pb2.RemittanceRequested:
    """Step 1 as an event."""
    return deposit_events_pb2.RemittanceRequested(
        registration_no=found.registration_no,
        to_month=found.to_month,
        business_date=found.business_date.isoformat(),
    )


def release_question(found: Business) -> deposit_events_pb2.RemittanceSettled:
    """Step 3 as an event, posted or rejected."""
    rejection = status_pb2.Status.FromString(found.rejection) if found.rejection else None
    return deposit_events_pb2.RemittanceSettled(
        registration_no=found.registration_no,
        posted=rejection is None,
        to_month=found.to_month,
        rejection=rejection,
    )


_QUESTIONS: dict[str, Callable[[Business], object]] = {
    WAITS_FOR_ROSTER: roster_question,
    WAITS_FOR_RELEASE: release_question,
}


def ask_again(runtime: Runtime) -> None:
    """Repeat the question of every business that has waited longer than the patience setting."""
    now = runtime.clock.now()
    patience = timedelta(seconds=runtime.settings.saga_patience_s)  # type: ignore[attr-defined]
    with runtime.database.transaction() as connection:
        for found in businesses.waiting_since(connection, now - patience, limit=ASK_AGAIN_MAX):
            question = _QUESTIONS[found.step](found)
            outbox.append(
                connection,
                question,  # type: ignore[arg-type]  # both questions are messages
                subject=found.employer_no,
                now=now,
                correlation_id=found.registration_no,
            )
            businesses.update_business(connection, found.registration_no, asked_at=now)
