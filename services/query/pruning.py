"""Files of 导出, 打印 and 复制 have a short life: they hold people's numbers, and only the call that asked for one can fetch
it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from services.kit import jobs
from services.kit.app import Runtime
from services.query.exports import EXPORT, FOLDER
from services.query.store import prints

log = logging.getLogger(__name__)

# Rows of one transaction.
_BATCH = 1000
# Files go after the rows that name them, so that no call finds a file gone; what a killed worker left goes with them.
_FILES_LATER = timedelta(minutes=10)


def prune_exports(runtime: Runtime) -> None:
    """Forget exports whose time is over: their rows, then their files, those that no row knows included."""
    life = timedelta(minutes=runtime.settings.export_lifetime_minutes)  # type: ignore[attr-defined]  # QuerySettings
    before = runtime.clock.now() - life
    forget_rows(runtime, before=before)
    names = runtime.blobs.older_than(FOLDER, before - _FILES_LATER)
    for name in names:
        runtime.blobs.delete(name)
    if names:
        log.info("export files pruned count=%d", len(names))


def forget_rows(runtime: Runtime, *, before: datetime) -> None:
    """Remove jobs that ended before that moment and what is known of their papers."""
    count = _BATCH
    while count == _BATCH:
        with runtime.database.transaction() as connection:
            count = jobs.forget_ended(connection, kind=EXPORT, before=before, limit=_BATCH)
    with runtime.database.transaction() as connection:
        prints.forget_made(connection, before=before)
