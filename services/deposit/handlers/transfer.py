"""同城转移 on the money side (manual §5.4): collection asks, every balance moves or none does, and we answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit import wire
from services.deposit.domain import chart
from services.deposit.domain.codes import SUMMARY_TRANSFER_IN, SUMMARY_TRANSFER_OUT
from services.deposit.errors import (
    ACCOUNT_NOT_HERE,
    EMPLOYER_CLOSED,
    EMPLOYER_UNKNOWN,
    TARGET_CLOSED,
    TARGET_UNKNOWN,
)
from services.deposit.handlers.posting import chunks_of, emit_written_lines
from services.deposit.store import accounts, answers, funds, journal, transfers
from services.deposit.store.accounts import Account
from services.deposit.store.funds import Employer
from services.kit.app import Call
from services.kit.errors import DomainError, fact
from services.kit.sentences import first_of

_KIND = business_pb2.BUSINESS_KIND_TRANSFER


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One transfer as asked for, with everything it touches held."""

    registration_no: str
    day: date
    source: Employer
    target: Employer
    people: list[Account]

    @property
    def amount_fen(self) -> int:
        return sum(each.balance_fen for each in self.people)


def on_transfer_requested(call: Call, event: collection.TransferRequested) -> None:
    """Move the whole balances, or say why not; a question asked twice gets the answer it got."""
    source_no = call.event.subject
    given = answers.answer_given(call.connection, event.registration_no)
    if given is not None:
        call.emit(deposit_events_pb2.TransferSettled.FromString(given), subject=source_no)
        return
    try:
        transfer = _held(call, event, source_no)
    except DomainError as refusal:
        answer = deposit_events_pb2.TransferSettled(
            registration_no=event.registration_no, rejection=refusal.to_status()
        )
    else:
        _post(call, transfer)
        answer = _settled(transfer)
    answers.keep_answer(
        call.connection,
        event.registration_no,
        employer_no=source_no,
        answer=answer.SerializeToString(),
    )
    call.emit(answer, subject=source_no)


def _held(call: Call, event: collection.TransferRequested, source_no: str) -> _Transfer:
    held = funds.lock_employers(call.connection, [source_no, event.target_employer_no])
    source, target = held.get(source_no), held.get(event.target_employer_no)
    if source is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    if source.closed:
        raise DomainError(EMPLOYER_CLOSED)
    if target is None or target is source:
        raise DomainError(TARGET_UNKNOWN)
    if target.closed:
        raise DomainError(TARGET_CLOSED)
    wanted = list(event.account_nos)
    people = accounts.lock_accounts(call.connection, source_no, wanted)
    absent = sorted(set(wanted) - {each.account_no for each in people})
    if absent:
        raise fact(ACCOUNT_NOT_HERE, count=len(absent), accounts=first_of(absent))
    day = date.fromisoformat(event.business_date)
    return _Transfer(event.registration_no, day, source, target, people)


def _post(call: Call, transfer: _Transfer) -> None:
    connection, amount = call.connection, transfer.amount_fen
    source_no, target_no = transfer.source.employer_no, transfer.target.employer_no
    transfers.move_accounts(
        connection,
        [each.account_no for each in transfer.people],
        source=source_no,
        target=target_no,
        registration_no=transfer.registration_no,
        posted_on=transfer.day,
    )
    if amount:
        journal.add_entry(
            connection,
            chart.transfer(source_no, target_no, amount),
            registration_no=transfer.registration_no,
            posted_on=transfer.day,
            memo="transfer",
        )
    source = funds.move_money(connection, source_no, balance_fen=-amount)
    target = funds.move_money(connection, target_no, balance_fen=amount)
    posted_out = deposit_events_pb2.TransferPostedOut(
        target_employer_no=target_no, **_side(call, transfer, source, SUMMARY_TRANSFER_OUT)
    )
    posted_in = deposit_events_pb2.TransferPostedIn(
        source_employer_no=source_no, **_side(call, transfer, target, SUMMARY_TRANSFER_IN)
    )
    chunks = chunks_of(len(transfer.people))
    for message, subject in ((posted_out, source_no), (posted_in, target_no)):
        call.emit(message, subject=subject)
        emit_written_lines(call, transfer.registration_no, employer_no=subject, chunks=chunks)


def _side(call: Call, transfer: _Transfer, after: Employer, summary: str) -> dict[str, Any]:
    """One employer's part of the transfer: its statement line, and the fields of its event."""
    statement = journal.Statement(
        employer_no=after.employer_no,
        registration_no=transfer.registration_no,
        posted_on=transfer.day,
        kind=_KIND,
        summary=summary,
        headcount=len(transfer.people),
        amount_fen=transfer.amount_fen,
        suspense_after_fen=after.suspense_fen,
        balance_after_fen=after.balance_fen,
    )
    statement_no = journal.add_statement(call.connection, statement)
    return {
        "header": wire.header(
            after, registration_no=transfer.registration_no, kind=_KIND, day=transfer.day
        ),
        "headcount": len(transfer.people),
        "amount_fen": transfer.amount_fen,
        "money": wire.money_message(after),
        "statement": wire.statement_message(statement, statement_no=statement_no),
    }


def _settled(transfer: _Transfer) -> deposit_events_pb2.TransferSettled:
    return deposit_events_pb2.TransferSettled(
        registration_no=transfer.registration_no,
        posted=True,
        balances=[
            deposit_events_pb2.AccountBalance(
                account_no=each.account_no, balance_fen=each.balance_fen
            )
            for each in transfer.people
        ],
        amount_fen=transfer.amount_fen,
    )
