"""The roster is held: whichever business asked for it goes on (sagas.py, step 3)."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2 as collection

from services.deposit import sagas
from services.deposit.handlers import employers, remittance, reversal, saga
from services.kit.app import Call

_GO_ON = {sagas.REMITTANCE: remittance.on_reserved, sagas.REVERSAL: reversal.on_reserved}


def on_roster_reserved(call: Call, event: collection.RosterReserved) -> None:
    """Step 3 of the business that waits for the roster."""
    found = saga.waiting(call, event.registration_no, step=sagas.WAITS_FOR_ROSTER)
    if found is not None:
        _GO_ON[found.kind](call, found, event)


def on_roster_released(call: Call, event: collection.RosterReleased) -> None:
    """Step 5, with the employer as collection now has it."""
    employers.take_over(call, event)
    saga.on_roster_released(call, event)
