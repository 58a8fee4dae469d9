"""What deposit must know of employers and accounts, taken over from collection's events."""

from __future__ import annotations

from datetime import date

from hpf.collection.v1 import collection_events_pb2 as collection

from services.deposit.store import funds
from services.kit.app import Call


def take_over_employer(call: Call, event: collection.EmployerRegistered) -> None:
    """An employer may have money from now on."""
    _upsert(call, event.employer)


def take_over_accounts(call: Call, event: collection.AccountsOpened) -> None:
    """New people have empty accounts from now on (manual §5.1)."""
    rows = [(each.account_no, each.employer_no, each.base_fen) for each in event.accounts]
    funds.add_accounts(
        call.connection, rows, opened_on=date.fromisoformat(event.header.business_date)
    )


def _upsert(call: Call, employer: collection.EmployerState) -> None:
    funds.upsert_employer(
        call.connection,
        employer_no=employer.employer_no,
        name=employer.name,
        branch_name=employer.branch_name,
        agent_name=employer.agent_name,
        status=employer.status,
    )
