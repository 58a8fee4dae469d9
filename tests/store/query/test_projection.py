"""Events → read tables: once, in order, whoever's come first, the same when told again from the beginning."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import select

from services.kit.events import Event
from services.query.models import READ_TABLES
from services.query.store.versions import OutOfOrder, versions_of
from tests.store import stories
from tests.store.stage import Stage, agent_of, event_of, new_employer_no, story_of


def people_of(query: Stage, employer_no: str) -> pb.ListPeopleResponse:
    return query.ask(pb.ListPeopleRequest(), pb.ListPeopleResponse, by=agent_of(employer_no))


def rows_of(query: Stage, *employer_nos: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the read tables about these employers."""
    found = {}
    with query.runtime.database.reading() as connection:
        for table in READ_TABLES:
            mine = select(table).where(table.c.employer_no.in_(employer_nos))
            found[table.name] = sorted(
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in connection.execute(mine.order_by(*table.primary_key))
            )
    return found


def test_event_told_twice_is_applied_once(query: Stage, serial: Callable[[], int]) -> None:
    employer_no = new_employer_no()
    first = event_of(
        "deposit", employer_no, 1, stories.lines(stories.line(employer_no, 1, serial()))
    )
    assert query.tell_one(first)
    assert not query.tell_one(first)


def test_version_applied_before_changes_nothing_under_another_event_id(query: Stage) -> None:
    employer_no = new_employer_no()
    query.tell(story_of("deposit", employer_no, stories.paid_in(employer_no, 100_000)))
    before = rows_of(query, employer_no)
    assert query.tell_one(
        event_of("deposit", employer_no, 1, stories.paid_in(employer_no, 999_999))
    )
    assert rows_of(query, employer_no) == before


def test_event_that_comes_too_early_waits_for_its_predecessor(query: Stage) -> None:
    employer_no = new_employer_no()
    first, second = story_of(
        "collection",
        employer_no,
        stories.registered(employer_no),
        stories.opened(employer_no, stories.account(employer_no, 1)),
    )
    with pytest.raises(OutOfOrder):
        query.tell_one(second)
    assert rows_of(query, employer_no)["person"] == []
    query.tell([first, second])
    assert people_of(query, employer_no).totals.headcount == 1


def test_ledger_that_comes_before_its_accounts_is_kept_for_them(
    query: Stage, serial: Callable[[], int]
) -> None:
    employer_no = new_employer_no()
    posted = stories.lines(stories.line(employer_no, 1, serial()))
    query.tell(story_of("deposit", employer_no, posted))
    assert people_of(query, employer_no).totals.headcount == 0
    ledger = pb.ListLedgerRequest(account_no=stories.account_no(employer_no, 1))
    assert query.refusal(ledger, by=agent_of(employer_no)) == "READ_MODEL_BEHIND"

    opened = stories.opened(employer_no, stories.account(employer_no, 1))
    query.tell(story_of("collection", employer_no, opened))
    (person,) = people_of(query, employer_no).people
    assert (person.balance_fen, person.paid_through_month) == (110_000, 201907)


def test_balance_is_that_of_the_line_with_the_highest_serial_number(
    query: Stage, serial: Callable[[], int]
) -> None:
    employer_no = new_employer_no()
    old, new = serial(), serial()
    query.tell(
        story_of(
            "deposit",
            employer_no,
            stories.lines(
                stories.line(
                    employer_no, 1, new, balance_after_fen=220_000, paid_through_month=201908
                )
            ),
            stories.lines(stories.line(employer_no, 1, old)),
        )
    )
    opened = stories.opened(employer_no, stories.account(employer_no, 1))
    query.tell(story_of("collection", employer_no, opened))
    (person,) = people_of(query, employer_no).people
    assert (person.balance_fen, person.paid_through_month) == (220_000, 201908)


def test_money_before_registration_is_kept_for_the_employer(query: Stage) -> None:
    employer_no = new_employer_no()
    request = pb.GetEmployerRequest()
    query.tell(story_of("deposit", employer_no, stories.paid_in(employer_no, 123_456)))
    assert query.refusal(request, by=agent_of(employer_no)) == "READ_MODEL_BEHIND"
    query.tell(story_of("collection", employer_no, stories.registered(employer_no)))
    employer = query.ask(request, pb.GetEmployerResponse, by=agent_of(employer_no)).employer
    assert employer.suspense_fen == 123_456
    assert employer.agent_mobile_masked == "138****1234"
    assert (employer.unit_kind_title, employer.industry_title) == ("企业", "金融业")


def test_odd_text_in_an_old_log_stops_no_later_event_of_the_employer(query: Stage) -> None:
    employer_no = new_employer_no()
    query.tell(
        story_of(
            "collection",
            employer_no,
            collection.EmployerRegistered(
                employer=stories.employer_state(employer_no, founded_on="昨天")
            ),
            stories.opened(employer_no, stories.account(employer_no, 1)),
        )
    )
    found = query.ask(pb.GetEmployerRequest(), pb.GetEmployerResponse, by=agent_of(employer_no))
    assert (found.employer.founded_on, found.employer.active_headcount) == ("", 1)


def test_business_of_any_name_that_carries_states_is_followed(query: Stage) -> None:
    employer_no = new_employer_no()
    people = stories.account(employer_no, 1), stories.account(employer_no, 2)
    sealed = collection.AccountsSealed(
        accounts=[stories.account(employer_no, 1, status="02")],
        people=[collection.SealedPerson(account_no=stories.account_no(employer_no, 1))],
    )
    query.tell(
        story_of(
            "collection",
            employer_no,
            stories.registered(employer_no),
            stories.opened(employer_no, *people),
            sealed,
            collection.RosterReleased(
                registration_no="R",
                posted=True,
                employer=stories.employer_state(
                    employer_no, status="01", paid_through_month=201907
                ),
            ),
        )
    )
    totals = people_of(query, employer_no).totals
    assert (totals.headcount, totals.monthly_fen) == (2, 110_000)
    reply = query.ask(pb.GetEmployerRequest(), pb.GetEmployerResponse, by=agent_of(employer_no))
    assert (reply.employer.active_headcount, reply.employer.sealed_headcount) == (1, 1)
    assert (reply.employer.status, reply.employer.paid_through_month) == ("01", 201907)


def test_renamed_code_is_shown_by_its_new_name(query: Stage) -> None:
    employer_no = new_employer_no()
    state = stories.employer_state(employer_no, unit_kind="77")
    query.tell(story_of("collection", employer_no, collection.EmployerRegistered(employer=state)))
    with query.runtime.database.reading() as connection:
        version = 1 + versions_of(connection, "").get("collection", 0)
    renamed = collection.CodeChanged(list="unit_kind", code="77", title="基金会")
    query.tell_one(event_of("collection", "", version, renamed))
    reply = query.ask(pb.GetEmployerRequest(), pb.GetEmployerResponse, by=agent_of(employer_no))
    assert (reply.employer.unit_kind, reply.employer.unit_kind_title) == ("77", "基金会")


def test_event_without_states_still_counts(query: Stage) -> None:
    employer_no = new_employer_no()
    query.tell(
        story_of(
            "deposit",
            employer_no,
            deposit.RemittanceRequested(registration_no="R"),
            business_pb2.BusinessFinished(),
            stories.paid_in(employer_no, 100),
        )
    )
    assert ("deposit", employer_no, 3) in rows_of(query, employer_no)["applied_version"]


def test_due_lines_of_a_roster_are_not_ledger_lines(query: Stage) -> None:
    employer_no = new_employer_no()
    due = collection.DueLine(account_no=stories.account_no(employer_no, 1), from_month=201907)
    reserved = collection.RosterReserved(registration_no="R", lines=[due])
    query.tell(story_of("collection", employer_no, reserved))
    assert rows_of(query, employer_no)["ledger_line"] == []


def test_transferred_person_is_seen_by_the_new_employer_only(
    query: Stage, serial: Callable[[], int]
) -> None:
    left, joined = new_employer_no(), new_employer_no()
    query.tell(story_of("collection", left, stories.opened(left, stories.account(left, 1))))
    query.tell(story_of("deposit", left, stories.lines(stories.line(left, 1, serial()))))
    _, arrived = stories.transferred(left, joined, 1)
    query.tell(story_of("collection", joined, arrived))
    ledger = pb.ListLedgerRequest(account_no=stories.account_no(left, 1))
    assert people_of(query, left).totals.headcount == 0
    assert query.refusal(ledger, by=agent_of(left)) == "ACCOUNT_UNKNOWN"
    (person,) = people_of(query, joined).people
    assert person.balance_fen == 110_000
    # The line was posted while the person was the other employer's.
    assert query.ask(ledger, pb.ListLedgerResponse, by=agent_of(joined)).entries == []


def test_who_has_left_is_gone_before_the_new_employer_is_told(query: Stage) -> None:
    left, joined = new_employer_no(), new_employer_no()
    out, arrived = stories.transferred(left, joined, 1)
    (person,) = arrived.accounts
    staying = stories.account(left, 2)
    opened = stories.opened(left, stories.account(left, 1, revision=1), staying)
    query.tell(story_of("collection", left, opened, out))
    ledger = pb.ListLedgerRequest(account_no=person.account_no)
    assert [each.account_no for each in people_of(query, left).people] == [staying.account_no]
    assert query.refusal(ledger, by=agent_of(left)) == "ACCOUNT_UNKNOWN"
    assert query.refusal(ledger, by=agent_of(joined)) == "ACCOUNT_UNKNOWN"
    query.tell(story_of("collection", joined, arrived))
    assert people_of(query, joined).totals.headcount == 1


def test_employers_events_in_any_order_leave_a_person_where_they_went_last(query: Stage) -> None:
    """Out of the first, into the second, and out of that into a third: told in every order of the employers."""
    for order in itertools.permutations(range(3)):
        first, second, third = (new_employer_no() for _ in range(3))
        opened = stories.opened(first, stories.account(first, 1))
        leaves, joins = stories.transferred(first, second, 1)
        moves_on, ends_up = stories.transferred(first, third, 1)
        ends_up.accounts[0].base_fen = 800_000
        tales = [
            story_of("collection", first, opened, leaves),
            story_of("collection", second, joins, moves_on),
            story_of("collection", third, ends_up),
        ]
        for position in order:
            query.tell(tales[position])
        assert people_of(query, first).totals.headcount == 0, order
        assert people_of(query, second).totals.headcount == 0, order
        (person,) = people_of(query, third).people
        assert person.base_fen == 800_000, order


def test_no_id_number_or_mobile_is_stored_readable(query: Stage) -> None:
    employer_no = new_employer_no()
    opened = stories.opened(employer_no, stories.account(employer_no, 7))
    query.tell(story_of("collection", employer_no, stories.registered(employer_no), opened))
    stored = repr(rows_of(query, employer_no))
    assert "试验7" in stored
    for secret in (stories.id_number(7), stories.mobile(7), stories.AGENT_MOBILE):
        assert secret not in stored


def city_story(serial: Callable[[], int]) -> tuple[list[str], list[list[Event]]]:
    """Three employers with four people each: one stream of events for each owner and employer."""
    employer_nos = [new_employer_no() for _ in range(3)]
    streams = []
    for employer_no in employer_nos:
        accounts = [stories.account(employer_no, number) for number in range(4)]
        streams.append(
            story_of(
                "collection",
                employer_no,
                stories.registered(employer_no),
                stories.opened(employer_no, *accounts),
                collection.RosterReserved(registration_no="R"),
                collection.RosterReleased(
                    employer=stories.employer_state(employer_no, paid_through_month=201907)
                ),
                collection.AccountsSealed(accounts=[stories.account(employer_no, 2, status="02")]),
            )
        )
        streams.append(
            story_of(
                "deposit",
                employer_no,
                stories.paid_in(employer_no, 1_000_000),
                stories.remitted(employer_no, people=4),
                stories.lines(*(stories.line(employer_no, n, serial()) for n in range(2))),
                stories.lines(*(stories.line(employer_no, n, serial()) for n in range(2, 4))),
            )
        )
    return employer_nos, streams


@pytest.mark.parametrize("seed", range(5))
def test_rebuilt_tables_equal_the_live_ones_row_for_row(
    query: Stage,
    new_store: Callable[[str], str],
    tmp_path: Path,
    serial: Callable[[], int],
    seed: int,
) -> None:
    """Live: streams interleaved at random, every other event twice, some too early. Rebuilt: owner after owner."""
    chance = random.Random(seed)
    employer_nos, streams = city_story(serial)
    waiting = [list(stream) for stream in streams]
    while any(waiting):
        stream = chance.choice([stream for stream in waiting if stream])
        if len(stream) > 1 and chance.random() < 0.3:
            with pytest.raises(OutOfOrder):
                query.tell_one(stream[1])
        event = stream.pop(0)
        query.tell_one(event)
        if chance.random() < 0.5:
            query.tell_one(event)

    rebuilt = Stage("query", new_store("query"), tmp_path)
    for owner in ("deposit", "collection"):
        for stream in streams:
            if stream[0].source == owner:
                rebuilt.tell(stream)
    assert rows_of(rebuilt, *employer_nos) == rows_of(query, *employer_nos)
    assert len(rows_of(query, *employer_nos)["ledger_line"]) == 12
    rebuilt.close()
