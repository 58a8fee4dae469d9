"""Events → read tables. What an event carries says what it means here:

    employer   EmployerState           the employer as it stands          (collection)
    accounts   repeated AccountState   people as they stand               (collection)
    people     repeated TransferredPerson   who has left the employer     (collection)
    money      EmployerMoney           suspense and sum of balances       (deposit)
    statement  StatementLine           a line of the employer's details   (deposit)
    lines      repeated LedgerLine     lines of people's ledgers          (deposit)

Each may be there or not, alone or repeated. A field of another name with the same type (the state before a change)
says nothing about how things stand now and is left alone. The one event known by its own name is CodeChanged: what a
code is called now. The two owners' events arrive independently of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.kit.app import Call
from services.query import wire
from services.query.store import books, codes, employers, people, versions


def project(call: Call, message: Message) -> None:
    """Bring the read tables to where they stand after one event; does nothing the second time.

    Raises OutOfOrder when an earlier event of the same employer and owner has not come yet.
    """
    if not _is_next(call):
        return
    if isinstance(message, collection.CodeChanged):
        codes.put_title(
            call.connection, code_list=message.list, code=message.code, title_zh=message.title
        )
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        apply = _APPLY.get((field.name, field.message_type.full_name))
        if apply is not None:
            apply(call, value if field.is_repeated else [value])


def pass_by(call: Call, message: None) -> None:
    """Count an event of a type that is not known here, so that the versions after it can be applied.

    Once its type is known, a rebuild brings in what it told.
    """
    _is_next(call)


def _is_next(call: Call) -> bool:
    """Whether this event is to be applied now; False when it was before. Raises OutOfOrder."""
    event = call.event
    return versions.advance(
        call.connection, owner=event.source, employer_no=event.subject, version=event.version
    )


def _employers(call: Call, states: Sequence[collection.EmployerState]) -> None:
    for state in states:
        employers.put_employer(call.connection, wire.employer_values(state))


def _accounts(call: Call, states: Sequence[collection.AccountState]) -> None:
    rows = [wire.account_values(state, vault=call.vault) for state in states]
    people.put_accounts(call.connection, rows)


def _departures(call: Call, people_gone: Sequence[collection.TransferredPerson]) -> None:
    people.put_departures(call.connection, {each.account_no: each.revision for each in people_gone})


def _money(call: Call, moneys: Sequence[deposit.EmployerMoney]) -> None:
    for money in moneys:
        employers.put_employer(call.connection, wire.money_values(money))


def _statement(call: Call, lines: Sequence[deposit.StatementLine]) -> None:
    for line in lines:
        values = wire.statement_values(line, employer_no=call.event.subject)
        books.add_statement_line(call.connection, values)


def _ledger(call: Call, lines: Sequence[deposit.LedgerLine]) -> None:
    books.add_ledger_lines(call.connection, [wire.ledger_values(line) for line in lines])
    people.put_balances(call.connection, wire.newest_balances(lines))


_APPLY: dict[tuple[str, str], Callable[[Call, Sequence[Any]], None]] = {
    ("employer", collection.EmployerState.DESCRIPTOR.full_name): _employers,
    ("accounts", collection.AccountState.DESCRIPTOR.full_name): _accounts,
    ("people", collection.TransferredPerson.DESCRIPTOR.full_name): _departures,
    ("money", deposit.EmployerMoney.DESCRIPTOR.full_name): _money,
    ("statement", deposit.StatementLine.DESCRIPTOR.full_name): _statement,
    ("lines", deposit.LedgerLine.DESCRIPTOR.full_name): _ledger,
}
