"""Balances as people see them beside an account number (录入后返显); deposit alone decides with them."""

from __future__ import annotations

from hpf.deposit.v1 import deposit_events_pb2

from services.collection.store import accounts
from services.kit.app import Call


def copy_balances(call: Call, event: deposit_events_pb2.LedgerLinesPosted) -> None:
    """Keep the newest balance of each account."""
    newest = [(line.account_no, line.serial_no, line.balance_after_fen) for line in event.lines]
    accounts.copy_balances(call.connection, newest)
