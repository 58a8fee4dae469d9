"""What every service forgets by itself (docs/adr/0016): answers to requests that nobody repeats any more.

Answers of methods that can be signed stay for ever: a signature is over one `request_id`, and the kept answer is what
keeps a signed request from being carried out a second time, whoever sends it again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from services.kit import idempotency
from services.kit.app import App, Runtime, Ticker

log = logging.getLogger(__name__)

EVERY_S: Final = 3600.0
#: Rows of one transaction: locks are short, and a backlog of years is done within one round.
BATCH: Final = 5000


def forget_answers(runtime: Runtime) -> None:
    """Remove answers that are older than the setting, method by method."""
    before = runtime.clock.now() - timedelta(days=runtime.kit.answers_kept_days)
    for method in forgettable_methods(runtime.app):
        count = BATCH
        while count == BATCH:
            with runtime.database.transaction() as connection:
                count = idempotency.forget(connection, method, before=before, limit=BATCH)
            if count:
                log.info("answers forgotten method=%s count=%d", method, count)


def forgettable_methods(app: App) -> list[str]:
    """Methods that change something and cannot be signed."""
    return [each.name for each in app.methods.values() if each.changes and not each.is_signed]


TICKERS: Final = (Ticker("forget answers", EVERY_S, forget_answers),)
