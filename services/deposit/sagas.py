"""Businesses that deposit and collection do together, each read as a list of steps.

汇缴 (manual §6.1), starts in deposit
    1. deposit     RemittanceRequested   accepted; the employer's money is held for it
    2. collection  RosterReserved        the roster is held; everything due; or RosterRefused, and it is over
    3. deposit     RemittanceSettled     due ≤ suspense: everything is posted at once; otherwise nothing is
    4. collection  RosterReleased        paid_through moves (when posted), the roster is free again
    5. deposit     BusinessFinished      the employer's money is free again; whoever waits is told

补缴 (manual §6.2), starts in deposit
    1. deposit     BackPaymentRequested  the rows were faultless here; the employer's money is held
    2. collection  BackPaymentChecked    the rows fit the roster, which is held; or the bad rows, and it is over
    3. deposit     BackPaymentSettled    total ≤ suspense: every row is posted; otherwise none is
    4. collection  RosterReleased        the roster is free again
    5. deposit     BusinessFinished

Taking back a remittance, starts in deposit
    1. deposit     ReversalRequested     nothing later depends on it; the employer's money is held
    2. collection  RosterReserved        the roster is held; or RosterRefused, and it is over
    3. deposit     ReversalSettled       posted as new entries, or refused after all
    4. collection  RosterReleased        paid_through moves back (when posted), the roster is free again
    5. deposit     BusinessFinished

同城转移 and 单位注销 (manual §5.4, §5.8) start in collection: deposit answers TransferRequested with TransferSettled and
ClosingRequested with ClosingSettled, each at once.

Each step is one local transaction joined to the next by outbox and inbox, and does nothing the second time.
`ask_again` repeats the question of a step that has waited too long; the other side answers as it did before. Where no
answer to step 1 comes at all, staff give the business up (`handlers/give_up.py`): it goes on at step 3 as rejected.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from google.protobuf.message import Message
from google.rpc import status_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2
from sqlalchemy import Connection

from services.deposit import wire
from services.deposit.store import back_payments, businesses, funds
from services.deposit.store.businesses import Business
from services.kit import outbox
from services.kit.app import Runtime

REMITTANCE = business_pb2.BUSINESS_KIND_REMITTANCE
BACK_PAYMENT = business_pb2.BUSINESS_KIND_BACK_PAYMENT
REVERSAL = business_pb2.BUSINESS_KIND_REVERSAL

#: Steps that a business of deposit can wait at.
WAITS_FOR_ROSTER = "waits for roster"
WAITS_FOR_RELEASE = "waits for release"
DONE = ""

# More than this at once means something is wrong that asking again will not mend quickly.
ASK_AGAIN_MAX = 100
#: Pauses between questions grow to this: an answer that is minutes away is not nearer for being asked for more often,
#: and each question that cannot be handled is one more dead letter.
PAUSE_MAX = timedelta(minutes=10)


def question_of(connection: Connection, found: Business) -> Message:
    """What the business asks collection at the step where it waits."""
    return _QUESTIONS[found.kind, found.step](connection, found)


# By step: how many of three are done, and what the person is told of the next.
_PROGRESS = {
    WAITS_FOR_ROSTER: (1, "已受理，正在核对缴存名册"),
    WAITS_FOR_RELEASE: (2, "款项已处理，正在更新缴存名册"),
    DONE: (3, ""),
}


def progress_of(found: Business) -> business_pb2.BusinessProgress:
    """How far the business has come; one that is posted at once has all of it behind it."""
    done, doing_zh = _PROGRESS[found.step]
    return business_pb2.BusinessProgress(steps_done=done, steps=len(_PROGRESS), doing_zh=doing_zh)


def rejection_of(found: Business) -> status_pb2.Status | None:
    """Why the business is not posted, None when nothing speaks against it."""
    return status_pb2.Status.FromString(found.rejection) if found.rejection else None


def _remittance_requested(connection: Connection, found: Business) -> Message:
    return deposit_events_pb2.RemittanceRequested(
        registration_no=found.registration_no,
        to_month=found.to_month,
        business_date=found.business_date.isoformat(),
    )


def _remittance_settled(connection: Connection, found: Business) -> Message:
    rejection = rejection_of(found)
    return deposit_events_pb2.RemittanceSettled(
        registration_no=found.registration_no,
        posted=rejection is None,
        to_month=found.to_month,
        rejection=rejection,
    )


def _back_payment_requested(connection: Connection, found: Business) -> Message:
    return deposit_events_pb2.BackPaymentRequested(
        registration_no=found.registration_no,
        kind=back_payments.kind_of(connection, found.registration_no),
        lines=wire.back_payment_lines(back_payments.rows_of(connection, found.registration_no)),
        business_date=found.business_date.isoformat(),
    )


def _back_payment_settled(connection: Connection, found: Business) -> Message:
    return deposit_events_pb2.BackPaymentSettled(
        registration_no=found.registration_no, posted=rejection_of(found) is None
    )


def _reversal_requested(connection: Connection, found: Business) -> Message:
    return deposit_events_pb2.ReversalRequested(
        registration_no=found.registration_no,
        reversed_registration_no=found.reverses,
        from_month=found.from_month,
        to_month=found.to_month,
        business_date=found.business_date.isoformat(),
    )


def _reversal_settled(connection: Connection, found: Business) -> Message:
    rejection = rejection_of(found)
    last = funds.last_remitted_month(connection, found.employer_no)
    return deposit_events_pb2.ReversalSettled(
        registration_no=found.registration_no,
        posted=rejection is None,
        paid_through_month=last.month,
        rejection=rejection,
    )


_QUESTIONS: dict[
    tuple[business_pb2.BusinessKind, str], Callable[[Connection, Business], Message]
] = {
    (REMITTANCE, WAITS_FOR_ROSTER): _remittance_requested,
    (REMITTANCE, WAITS_FOR_RELEASE): _remittance_settled,
    (BACK_PAYMENT, WAITS_FOR_ROSTER): _back_payment_requested,
    (BACK_PAYMENT, WAITS_FOR_RELEASE): _back_payment_settled,
    (REVERSAL, WAITS_FOR_ROSTER): _reversal_requested,
    (REVERSAL, WAITS_FOR_RELEASE): _reversal_settled,
}


def ask_again(runtime: Runtime) -> None:
    """Repeat the question of every business that has waited longer than the patience setting, in growing pauses."""
    now = runtime.clock.now()
    patience = timedelta(seconds=runtime.settings.saga_patience_s)  # type: ignore[attr-defined]  # deposit's own setting
    with runtime.database.transaction() as connection:
        for found in businesses.to_ask_again(
            connection, now, first=patience, longest=PAUSE_MAX, limit=ASK_AGAIN_MAX
        ):
            outbox.append(
                connection,
                question_of(connection, found),
                subject=found.employer_no,
                now=now,
                correlation_id=found.registration_no,
            )
            businesses.update_business(connection, found.registration_no, asked_at=now)
