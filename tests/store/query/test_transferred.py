"""Whoever changes employers: each of the two sees what was posted while the person was its own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hpf.common.v1.options_pb2 import ACCESS_EMPLOYER
from hpf.query.v1 import query_service_pb2 as pb

from services.kit.errors import DomainError
from services.query.exports import Export
from services.query.service import APP
from tests.store import stories
from tests.store.stage import VAULT, Stage, agent_of, event_of, new_employer_no, story_of

BOTH = ("source", "target")
DAYS = {"from_date": "2019-01-01", "to_date": "2019-12-31"}


@dataclass(frozen=True)
class Moved:
    """Person 1 went from `source` to `target` with 1100.00; person 2 stayed."""

    source: str
    target: str
    account_no: str


@pytest.fixture
def moved(query: Stage, serial: Callable[[], int]) -> Moved:
    """1100.00 is remitted for each by the source; the target remits 900.00 for who has come."""
    source, target = new_employer_no(), new_employer_no()
    account_no = stories.account_no(source, 1)
    people = stories.account(source, 1), stories.account(source, 2)
    out, into = stories.transferred(source, target, 1)
    mine = stories.line(source, 1, serial()), stories.line(source, 2, serial())
    posted = {
        "registration_no": f"R{source}5",
        "posted_on": "2019-10-08",
        "business_kind": "06",
        "from_month": 0,
        "to_month": 0,
    }
    left = stories.line(
        source, 1, serial(), **posted, summary="1201", credit_fen=0, debit_fen=110_000
    )
    left.balance_after_fen = 0
    came = stories.line(source, 1, serial(), **posted, summary="1202")
    later = stories.line(
        source, 1, serial(), posted_on="2019-11-08", credit_fen=90_000, balance_after_fen=200_000
    )
    later.registration_no = f"R{target}4"
    came.employer_no = later.employer_no = target
    query.tell(
        story_of(
            "collection", source, stories.registered(source), stories.opened(source, *people), out
        )
    )
    query.tell(story_of("collection", target, stories.registered(target), into))
    query.tell(story_of("deposit", source, stories.lines(*mine), stories.lines(left)))
    query.tell(story_of("deposit", target, stories.lines(came), stories.lines(later)))
    return Moved(source, target, account_no)


def ledger_of(query: Stage, employer_no: str, account_no: str) -> list[tuple[str, int, int]]:
    request = pb.ListLedgerRequest(account_no=account_no, order=pb.LINE_ORDER_OLDEST_FIRST)
    reply = query.ask(request, pb.ListLedgerResponse, by=agent_of(employer_no))
    return [
        (each.summary, each.credit_fen - each.debit_fen, each.balance_fen) for each in reply.entries
    ]


def listed(
    query: Stage, employer_no: str, request: pb.ExportQueryRequest
) -> tuple[list[list[object]], list[int]]:
    """Rows and totals of a file, print or copy of a query."""
    request.format = pb.EXPORT_FORMAT_WORKBOOK
    with query.runtime.database.reading() as connection:
        listing = Export(employer_no, request).listing(connection, vault=VAULT)
        return [list(row) for row in listing.rows], [
            total.value for total in listing.totals if isinstance(total.value, int)
        ]


def test_the_new_employer_sees_the_ledger_from_the_whole_balance_that_came(
    query: Stage, moved: Moved
) -> None:
    assert ledger_of(query, moved.target, moved.account_no) == [
        ("转移转入", 110_000, 110_000),
        ("汇缴", 90_000, 200_000),
    ]


def test_a_file_of_the_ledger_has_the_same_lines_and_totals(query: Stage, moved: Moved) -> None:
    request = pb.ExportQueryRequest(ledger=pb.LedgerQuery(account_no=moved.account_no))

    rows, totals = listed(query, moved.target, request)

    assert sorted(row[6] for row in rows) == [110_000, 200_000]
    assert totals == [0, 200_000]


def test_the_old_employer_sees_the_person_nowhere_any_more(query: Stage, moved: Moved) -> None:
    by = agent_of(moved.source)
    ledger = pb.ListLedgerRequest(account_no=moved.account_no)
    assert query.refusal(ledger, by=by) == "ACCOUNT_UNKNOWN"
    request = pb.ExportQueryRequest(ledger=pb.LedgerQuery(account_no=moved.account_no))
    with pytest.raises(DomainError) as refused:
        listed(query, moved.source, request)
    assert refused.value.reason.code == "ACCOUNT_UNKNOWN"


@pytest.mark.parametrize("side", BOTH)
def test_no_query_shows_what_belongs_to_the_other_employer(
    query: Stage, moved: Moved, side: str
) -> None:
    """Every method of the service, by one side, against what only the other may see."""
    mine = str(getattr(moved, side))
    (theirs,) = {moved.source, moved.target} - {mine}
    stays = stories.account_no(moved.source, 2)
    strange = {"source": moved.account_no, "target": stays}[side]
    answers = [
        query.ask(pb.GetEmployerRequest(), pb.GetEmployerResponse, by=agent_of(mine)),
        query.ask(pb.ListPeopleRequest(), pb.ListPeopleResponse, by=agent_of(mine)),
        query.ask(pb.ListStatementRequest(**DAYS), pb.ListStatementResponse, by=agent_of(mine)),
    ]
    for account_no in (moved.account_no, stays):
        ledger = pb.ListLedgerRequest(account_no=account_no)
        if account_no == strange:
            assert query.refusal(ledger, by=agent_of(mine)) == "ACCOUNT_UNKNOWN"
        else:
            answers.append(query.ask(ledger, pb.ListLedgerResponse, by=agent_of(mine)))
    files = [
        listed(query, mine, pb.ExportQueryRequest(people=pb.PeopleQuery()))[0],
        listed(query, mine, pb.ExportQueryRequest(employer=pb.EmployerQuery()))[0],
        listed(query, mine, pb.ExportQueryRequest(statement=pb.StatementQuery(**DAYS)))[0],
    ]

    told = "".join(str(each) for each in (*answers, *files))

    assert strange not in told
    # A registration number is made of the employer's here: what the other posted is nowhere.
    assert f"R{theirs}4" not in told
    walked = {
        "GetEmployer",
        "ListPeople",
        "ListStatement",
        "ListLedger",
        "ExportQuery",
        "ExportPeople",
    }
    assert walked == {name for name, each in APP.methods.items() if each.access == ACCESS_EMPLOYER}


def test_who_comes_back_shows_both_stays_and_nothing_between(
    query: Stage, moved: Moved, serial: Callable[[], int]
) -> None:
    out, into = stories.transferred(moved.source, moved.source, 1)
    query.tell_one(event_of("collection", moved.target, 3, out))
    query.tell_one(event_of("collection", moved.source, 4, into))
    back = stories.line(
        moved.source, 1, serial(), posted_on="2019-12-08", summary="1202", credit_fen=200_000
    )
    back.balance_after_fen = 200_000
    query.tell_one(event_of("deposit", moved.source, 3, stories.lines(back)))

    assert ledger_of(query, moved.source, moved.account_no) == [
        ("汇缴", 110_000, 110_000),
        ("转移转出", -110_000, 0),
        ("转移转入", 200_000, 200_000),
    ]
