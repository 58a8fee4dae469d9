"""What was accepted for a later month comes into force in that month: dated terms and limits are shown.

What is due follows from the dated rows by itself; this only moves what people see. Running it again changes nothing.
"""

from __future__ import annotations

from itertools import chain

from hpf.collection.v1 import collection_events_pb2

from services.collection import wire
from services.collection.store import accounts, employers, revisions
from services.kit import outbox
from services.kit.app import Runtime
from services.kit.clock import business_date
from services.kit.months import YearMonth

#: Terms shown in one transaction: a base change of a large employer at once, a whole city's in turns.
BATCH = 5000
#: Employers held in one transaction while their limits are shown: their agents wait meanwhile, a moment.
RATES_BATCH = 100


def show_what_has_begun(runtime: Runtime) -> None:
    """Show every term and limit that has begun, employer by employer, in batches."""
    while _show_terms(runtime):
        pass
    while _show_rates(runtime):
        pass


def _show_terms(runtime: Runtime) -> int:
    now = runtime.clock.now()
    month = YearMonth.of(business_date(now))
    with runtime.database.transaction() as connection:
        begun = accounts.show_begun_terms(connection, month, limit=BATCH)
        revisions.raise_revisions(connection, sorted(chain.from_iterable(begun.values())))
        for employer_no, numbers in begun.items():
            accounts.set_status_by_terms(connection, numbers, month=month)
            states = accounts.accounts_in(
                connection, employer_no, month=month, vault=runtime.vault, only=numbers
            )
            if not states:
                continue
            message = collection_events_pb2.AccountsRefreshed(
                accounts=wire.account_states(states.values(), vault=runtime.vault),
                month=month.to_int(),
            )
            outbox.append(connection, message, subject=employer_no, now=now)
        return sum(len(numbers) for numbers in begun.values())


def _show_rates(runtime: Runtime) -> int:
    now = runtime.clock.now()
    day = business_date(now)
    with runtime.database.transaction() as connection:
        month = YearMonth.of(day)
        begun = employers.with_begun_rates(connection, month, limit=RATES_BATCH)
        for employer_no in begun:
            # Held first: what is told with a higher version is never older than what somebody else told meanwhile.
            employer = employers.lock_employer(connection, employer_no, vault=runtime.vault)
            employers.show_begun_rates(connection, employer_no, month)
            message = collection_events_pb2.EmployerRefreshed(
                employer=wire.employer_state(employer, vault=runtime.vault, day=day)
            )
            outbox.append(connection, message, subject=employer_no, now=now)
        return len(begun)
