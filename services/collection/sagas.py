"""Businesses that start here and need deposit, read as lists of steps.

个人账户同城转移 (manual §5.4)
    1. collection  transfer.post       both rosters are held; TransferRequested
    2. deposit     move the balances   every balance or none; TransferSettled
    3. collection  transfer.settle     the people change employers (when posted), both rosters are free; BusinessFinished

单位注销 (manual §5.8)
    1. collection  close_employer      no open account is left; the roster is held; ClosingRequested
    2. deposit     close the money     Σ balances = 0 and suspense = 0, or every unmet condition; ClosingSettled
    3. collection  close_employer.settle   the employer is closed for good, or free again; BusinessFinished

What starts in deposit (汇缴, 补缴) stands in its `sagas.py`; collection's steps are in `handlers/remittance.py` and
`handlers/back_payment.py`. `ask_again` repeats a first step's question that has waited too long.
"""

from __future__ import annotations

from datetime import timedelta

from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2
from hpf.common.v1 import business_pb2

from services.collection.store import businesses
from services.collection.store.businesses import Business, PendingSaga
from services.kit import outbox
from services.kit.app import Runtime

# More than this at once means something is wrong that asking again will not mend quickly.
ASK_AGAIN_MAX = 100
#: Pauses between questions grow to this: an answer that is minutes away is not nearer for being asked for more often,
#: and each question that cannot be handled is one more dead letter.
PAUSE_MAX = timedelta(minutes=10)

_WAITS_FOR_MONEY_ZH = "已受理，正在核对并处理资金"


def progress_of(found: Business) -> business_pb2.BusinessProgress:
    """How far a business has come: accepted and asked of deposit, or ended."""
    if found.state == business_pb2.BUSINESS_STATE_PENDING:
        return business_pb2.BusinessProgress(steps_done=1, steps=2, doing_zh=_WAITS_FOR_MONEY_ZH)
    return business_pb2.BusinessProgress(steps_done=2, steps=2)


def question_of(pending: PendingSaga) -> Message:
    """Step 1 as an event, word for word the same each time: a business keeps the day on which it was accepted."""
    business_date = pending.business_date.isoformat()
    if pending.target_employer_no:
        return collection_events_pb2.TransferRequested(
            registration_no=pending.registration_no,
            target_employer_no=pending.target_employer_no,
            account_nos=pending.account_nos,
            business_date=business_date,
        )
    return collection_events_pb2.ClosingRequested(
        registration_no=pending.registration_no, business_date=business_date
    )


def ask_again(runtime: Runtime) -> None:
    """Repeat the question of every saga that has waited longer than the patience setting, in growing pauses."""
    now = runtime.clock.now()
    patience = timedelta(seconds=runtime.settings.saga_patience_s)  # type: ignore[attr-defined]  # ours
    with runtime.database.transaction() as connection:
        for pending in businesses.sagas_to_ask_again(
            connection, now, first=patience, longest=PAUSE_MAX, limit=ASK_AGAIN_MAX
        ):
            outbox.append(
                connection,
                question_of(pending),
                subject=pending.employer_no,
                now=now,
                correlation_id=pending.registration_no,
            )
            businesses.note_asked(connection, pending.registration_no, now=now)
