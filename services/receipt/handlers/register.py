"""Keeps what events tell of employers and people, and answers documents that must name them.

    employer   EmployerState           the employer as it stands          (collection)
    accounts   repeated AccountState   people as they stand               (collection)
    people     repeated TransferredPerson   who has left the employer     (collection)
    money      EmployerMoney           suspense and sum of balances       (deposit)

An event that carries a field of that name and type says so, whatever business it is of (`events.KEPT`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2 as deposit
from sqlalchemy import Connection

from services.kit.app import Call
from services.kit.vault import Vault
from services.receipt.documents.desk import KnownEmployer, KnownPerson, NotYetKnown
from services.receipt.store import register

_EMPLOYER_FIELDS = (
    "employer_no",
    "name",
    "branch_name",
    "agent_name",
    "status",
    "opened_on",
    "first_month",
    "paid_through_month",
    "employer_rate_min",
    "employer_rate_max",
    "employee_rate_min",
    "employee_rate_max",
)


@dataclass(frozen=True, slots=True)
class StoredRegister:
    """The register in receipt's store, for one transaction."""

    connection: Connection
    vault: Vault

    def employer(self, employer_no: str) -> KnownEmployer:
        row = register.load_employer(self.connection, employer_no)
        if row is None:
            raise NotYetKnown("an employer")
        return KnownEmployer(row.name, row.branch_name)

    def people(self, account_nos: Sequence[str]) -> Mapping[str, KnownPerson]:
        wanted = set(account_nos)
        rows = register.load_people(self.connection, sorted(wanted))
        if len(rows) != len(wanted):
            raise NotYetKnown(f"{len(wanted) - len(rows)} accounts")
        return {
            row.account_no: KnownPerson(row.name, self.vault.open_text(bytes(row.id_number_sealed)))
            for row in rows
        }


def keep_what_it_tells(call: Call, message: Message) -> None:
    """Bring the register to where one event says things stand; an older word than the last changes nothing."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        keep = _KEEP_BY.get((field.name, field.message_type.full_name))
        if keep is not None:
            keep(call, value)


def _keep_employer(call: Call, state: collection.EmployerState) -> None:
    values = {name: getattr(state, name) for name in _EMPLOYER_FIELDS}
    register.put_employer(call.connection, values, told_at=call.event.occurred_at)


def _keep_accounts(call: Call, states: Sequence[collection.AccountState]) -> None:
    rows = [
        {
            "account_no": state.account_no,
            "employer_no": state.employer_no,
            "status": state.status,
            "name": state.name,
            "id_number_sealed": state.id_number_sealed,
            "revision": state.revision,
        }
        for state in states
    ]
    register.put_accounts(call.connection, rows)


def _keep_departures(call: Call, people: Sequence[collection.TransferredPerson]) -> None:
    register.put_departures(call.connection, {each.account_no: each.revision for each in people})


def _keep_money(call: Call, money: deposit.EmployerMoney) -> None:
    register.put_balance(
        call.connection,
        money.employer_no,
        balance_fen=money.balance_fen,
        money_at=call.event.occurred_at,
    )


_KEEP_BY: Mapping[tuple[str, str], Callable[[Call, Any], None]] = {
    ("employer", collection.EmployerState.DESCRIPTOR.full_name): _keep_employer,
    ("accounts", collection.AccountState.DESCRIPTOR.full_name): _keep_accounts,
    ("people", collection.TransferredPerson.DESCRIPTOR.full_name): _keep_departures,
    ("money", deposit.EmployerMoney.DESCRIPTOR.full_name): _keep_money,
}
