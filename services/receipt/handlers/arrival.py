"""A receipt asked for right after its business may still be on its way here: wait a little before saying no.

The wait is the same for numbers that do not exist and for those of other employers, so it tells nothing about them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from google.protobuf.message import Message
from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import Connection

from services.kit.app import Principal, Runtime
from services.receipt import store

_PAUSE_FIRST_S = 0.02
_PAUSE_MAX_S = 0.2


def await_arrival(runtime: Runtime, request: Message, principal: Principal) -> None:
    """Before a read of one receipt: return when it is there or the wait is over."""
    if not isinstance(request, pb.GetReceiptRequest):
        return

    def is_there() -> bool:
        with runtime.database.reading() as connection:
            return store.is_there(
                connection, request.registration_no, employer_no=principal.employer_no
            )

    _wait_until(is_there, wait_ms=runtime.settings.arrival_wait_ms)  # type: ignore[attr-defined]  # ReceiptSettings


def arrived(
    connection: Connection, registration_no: str, *, employer_no: str, wait_ms: int
) -> bool:
    """Inside a change: whether the employer's receipt is there within the wait."""
    return _wait_until(
        lambda: store.is_there(connection, registration_no, employer_no=employer_no),
        wait_ms=wait_ms,
    )


def _wait_until(condition: Callable[[], bool], *, wait_ms: int) -> bool:
    give_up_at = time.monotonic() + wait_ms / 1000
    pause = _PAUSE_FIRST_S
    while not condition():
        left = give_up_at - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, _PAUSE_MAX_S)
    return True
