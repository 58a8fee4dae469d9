"""A document asked for right after its business may still be on its way here: wait a little before saying no.

The wait is the same for numbers that do not exist and for those of other employers, so it tells nothing about them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from google.protobuf.message import Message
from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import Connection

from services.kit.app import Principal, Runtime
from services.receipt.domain import voucher_no
from services.receipt.store import documents

_PAUSE_FIRST_S = 0.02
_PAUSE_MAX_S = 0.2


def await_arrival(runtime: Runtime, request: Message, principal: Principal) -> None:
    """Before a read of one document: return when it is there or the wait is over."""
    if isinstance(request, pb.GetReceiptRequest):
        number = request.registration_no

        def is_there(connection: Connection) -> bool:
            found = documents.find_document(connection, number, employer_no=principal.employer_no)
            return found is not None
    elif isinstance(request, pb.GetVoucherRequest):
        voucher = voucher_no(request.registration_no)

        def is_there(connection: Connection) -> bool:
            return documents.has_voucher(connection, voucher, employer_no=principal.employer_no)
    else:
        return

    def is_there_now() -> bool:
        with runtime.database.reading() as connection:
            return is_there(connection)

    wait_until(is_there_now, wait_ms=runtime.settings.arrival_wait_ms)  # type: ignore[attr-defined]  # ReceiptSettings


def arrived(connection: Connection, number: str, *, employer_no: str, wait_ms: int) -> str | None:
    """Inside a change: the number of the employer's document if it is there within the wait."""

    def find() -> str | None:
        return documents.find_document(connection, number, employer_no=employer_no)

    wait_until(lambda: find() is not None, wait_ms=wait_ms)
    return find()


def wait_until(condition: Callable[[], bool], *, wait_ms: int) -> bool:
    """Whether it comes to hold in that time."""
    give_up_at = time.monotonic() + wait_ms / 1000
    pause = _PAUSE_FIRST_S
    while not condition():
        left = give_up_at - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, _PAUSE_MAX_S)
    return True
