"""Balances as people see them beside an account number (录入后返显); deposit alone decides with them."""

from __future__ import annotations

from hpf.deposit.v1 import deposit_events_pb2

from services.collection.store import balances
from services.kit.app import Call


def copy_balances(call: Call, event: deposit_events_pb2.LedgerLinesPosted) -> None:
    """Keep the newest balance of each account: of several lines of one account the last is the newest."""
    newest = {line.account_no: line for line in event.lines}
    copies = balances.Balances(
        accounts=[*newest],
        serials=[line.serial_no for line in newest.values()],
        balances=[line.balance_after_fen for line in newest.values()],
    )
    balances.copy_balances(call.connection, copies, employer_no=call.event.subject)
