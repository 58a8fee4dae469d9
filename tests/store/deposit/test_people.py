"""Who an account is of, as collection says: the newest state counts, in whatever order two employers' events come."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2 as collection

from services.deposit.store import accounts, funds
from tests.store.deposit.desk import OPENED_ON, Desk

ACCOUNT_NO = "2990000000019"


def state(
    employer_no: str, revision: int, *, base_fen: int, status: str
) -> collection.AccountState:
    return collection.AccountState(
        account_no=ACCOUNT_NO,
        employer_no=employer_no,
        base_fen=base_fen,
        status=status,
        opened_on=OPENED_ON,
        revision=revision,
    )


def test_an_older_state_that_comes_late_changes_nothing(desk: Desk) -> None:
    desk.open_employer("E-late-1", ACCOUNT_NO)
    sealed = state("E-late-1", 3, base_fen=800_000, status="02")
    late = state("E-late-1", 2, base_fen=500_000, status="01")
    for each in (sealed, late):
        desk.hear(collection.BasesChanged(accounts=[each]), employer_no="E-late-1")

    with desk.runtime.database.reading() as connection:
        held = accounts.holders_of(connection, "E-late-1", [ACCOUNT_NO])[ACCOUNT_NO]
    assert (held.base_fen, held.status, held.revision) == (800_000, "02", 3)


def test_a_late_event_does_not_bring_an_employers_old_agent_back(desk: Desk) -> None:
    for version, agent in ((1, "李经办"), (3, "赵经办"), (2, "钱经办")):
        told = collection.EmployerState(employer_no="E-late-2", agent_name=agent, status="01")
        event = collection.ProfileChanged(employer=told)
        desk.hear(event, employer_no="E-late-2", version=version)

    with desk.runtime.database.reading() as connection:
        held = funds.load_employer(connection, "E-late-2")
    assert held is not None
    assert (held.agent_name, held.facts_version) == ("赵经办", 3)
