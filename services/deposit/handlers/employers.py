"""What deposit must know of employers and people, taken over from every event of collection that tells it."""

from __future__ import annotations

from datetime import date

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.collection.v1 import collection_events_pb2 as collection

from services.deposit.store import accounts, funds
from services.deposit.store.accounts import Holder
from services.kit.app import Call

_CARRIED = {
    "employer": collection.EmployerState.DESCRIPTOR,
    "accounts": collection.AccountState.DESCRIPTOR,
}


def carriers() -> list[type[Message]]:
    """Every event of collection with an employer or accounts as they stand after it."""
    found = []
    for descriptor in collection.DESCRIPTOR.message_types_by_name.values():
        fields = descriptor.fields_by_name
        if any(
            name in fields and fields[name].message_type is carried
            for name, carried in _CARRIED.items()
        ):
            found.append(GetMessageClass(descriptor))
    return found


def take_over(call: Call, event: Message) -> None:
    """Keep the employer's head and who its people are; accounts that are new are opened empty (manual §5.1)."""
    for field, value in event.ListFields():
        if field.message_type is _CARRIED["employer"] and field.name == "employer":
            _take_employer(call, value)
        elif field.message_type is _CARRIED["accounts"] and field.name == "accounts":
            _take_accounts(call, list(value))


def _take_employer(call: Call, employer: collection.EmployerState) -> None:
    funds.upsert_employer(
        call.connection,
        employer_no=employer.employer_no,
        name=employer.name,
        branch_name=employer.branch_name,
        agent_name=employer.agent_name,
        status=employer.status,
        version=call.event.version,
    )


def _take_accounts(call: Call, states: list[collection.AccountState]) -> None:
    holders = [
        Holder(
            account_no=state.account_no,
            employer_no=state.employer_no,
            name=state.name,
            id_type=state.id_type,
            id_number_sealed=state.id_number_sealed,
            status=state.status,
            base_fen=state.base_fen,
            opened_on=date.fromisoformat(state.opened_on),
            revision=state.revision,
        )
        for state in states
    ]
    accounts.put_holders(call.connection, holders)
