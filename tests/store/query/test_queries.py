"""What an employer's agent sees on the screens of manual 四."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hpf.common.v1.business_pb2 import ConsistencyToken
from hpf.query.v1 import query_service_pb2 as pb

from tests.store import stories
from tests.store.stage import Stage, agent_of, event_of, new_employer_no, story_of


def with_people(query: Stage, *numbers: int, **changes: object) -> str:
    """An employer with these people, 1100.00 a month each."""
    employer_no = new_employer_no()
    accounts = [stories.account(employer_no, number, **changes) for number in numbers]
    query.tell(
        story_of(
            "collection",
            employer_no,
            stories.registered(employer_no),
            stories.opened(employer_no, *accounts),
        )
    )
    return employer_no


def page(query: Stage, employer_no: str, **fields: object) -> pb.ListPeopleResponse:
    return query.ask(
        pb.ListPeopleRequest(**fields), pb.ListPeopleResponse, by=agent_of(employer_no)
    )


def account_nos(reply: pb.ListPeopleResponse) -> list[str]:
    return [person.account_no[-3:] for person in reply.people]


def test_pages_show_everybody_once_while_people_arrive(query: Stage) -> None:
    employer_no = with_people(query, 1, 3, 5, 7, 9)
    first = page(query, employer_no, page_size=2)
    assert account_nos(first) == ["001", "003"]
    # One arrives on a page already shown, one on a page to come.
    late = stories.opened(
        employer_no, stories.account(employer_no, 2), stories.account(employer_no, 6)
    )
    query.tell_one(event_of("collection", employer_no, 3, late))
    second = page(query, employer_no, page_size=2, page_token=first.next_page_token)
    third = page(query, employer_no, page_size=2, page_token=second.next_page_token)
    assert account_nos(second) == ["005", "006"]
    assert account_nos(third) == ["007", "009"]
    assert third.next_page_token == ""


def test_people_are_listed_in_the_order_of_their_opening(query: Stage) -> None:
    employer_no = new_employer_no()
    opened = stories.opened(
        employer_no,
        stories.account(employer_no, 1, opened_on="2013-01-09"),
        stories.account(employer_no, 2, opened_on="2009-09-14"),
        stories.account(employer_no, 3, opened_on="2012-09-03"),
    )
    query.tell(story_of("collection", employer_no, opened))
    assert account_nos(page(query, employer_no)) == ["002", "003", "001"]


# Person: opened on, base; balance and month paid through come from the one ledger line of the test below.
_ORDERED = {
    1: ("2013-01-09", 300_000),
    2: ("2009-09-14", 500_000),
    3: ("2012-09-03", 400_000),
    4: ("2012-09-03", 500_000),
}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (pb.PEOPLE_ORDER_UNSPECIFIED, ["002", "003", "004", "001"]),
        (pb.PEOPLE_ORDER_OPENED_LATEST, ["001", "004", "003", "002"]),
        (pb.PEOPLE_ORDER_ACCOUNT_NO, ["001", "002", "003", "004"]),
        (pb.PEOPLE_ORDER_BALANCE_LARGEST, ["004", "003", "002", "001"]),
        (pb.PEOPLE_ORDER_BALANCE_SMALLEST, ["001", "002", "003", "004"]),
        (pb.PEOPLE_ORDER_BASE_LARGEST, ["004", "002", "003", "001"]),
        (pb.PEOPLE_ORDER_BASE_SMALLEST, ["001", "003", "002", "004"]),
        (pb.PEOPLE_ORDER_PAID_THROUGH_EARLIEST, ["004", "003", "002", "001"]),
    ],
)
def test_pages_follow_the_order_asked_for(
    query: Stage, serial: Callable[[], int], order: pb.PeopleOrder, expected: list[str]
) -> None:
    employer_no = new_employer_no()
    accounts = [
        stories.account(employer_no, number, opened_on=opened_on, base_fen=base_fen)
        for number, (opened_on, base_fen) in _ORDERED.items()
    ]
    query.tell(story_of("collection", employer_no, stories.opened(employer_no, *accounts)))
    posted = [
        stories.line(
            employer_no,
            number,
            serial(),
            balance_after_fen=number * 1000,
            paid_through_month=201910 - number,
        )
        for number in _ORDERED
    ]
    query.tell(story_of("deposit", employer_no, stories.lines(*posted)))

    first = page(query, employer_no, page_size=1, order=order)
    second = page(query, employer_no, page_size=2, order=order, page_token=first.next_page_token)
    third = page(query, employer_no, page_size=2, order=order, page_token=second.next_page_token)
    assert [account_nos(first), account_nos(second), account_nos(third)] == [
        expected[:1],
        expected[1:3],
        expected[3:],
    ]
    assert {each.totals.balance_fen for each in (first, second, third)} == {10_000}


def test_page_past_the_last_person_still_has_the_totals(query: Stage) -> None:
    employer_no = with_people(query, 1, 2)
    first = page(query, employer_no, page_size=1)
    gone = stories.account(employer_no, 2)
    gone.employer_no = new_employer_no()
    query.tell_one(event_of("collection", employer_no, 3, stories.opened(employer_no, gone)))
    second = page(query, employer_no, page_size=1, page_token=first.next_page_token)
    assert account_nos(second) == []
    assert (second.totals.headcount, second.next_page_token) == (1, "")


def test_totals_follow_the_filter_and_count_monthly_amounts_of_active_people(
    query: Stage, serial: Callable[[], int]
) -> None:
    employer_no = new_employer_no()
    accounts = [
        stories.account(employer_no, 1),
        stories.account(employer_no, 2),
        stories.account(employer_no, 3, status="02"),
    ]
    query.tell(story_of("collection", employer_no, stories.opened(employer_no, *accounts)))
    posted = [stories.line(employer_no, number, serial()) for number in (1, 2, 3)]
    query.tell(story_of("deposit", employer_no, stories.lines(*posted)))

    everybody = page(query, employer_no, page_size=1).totals
    assert (everybody.headcount, everybody.balance_fen, everybody.monthly_fen) == (
        3,
        330_000,
        220_000,
    )
    active = page(query, employer_no, filter=pb.PeopleFilter(status="01")).totals
    assert (active.headcount, active.balance_fen, active.monthly_fen) == (2, 220_000, 220_000)
    sealed = page(query, employer_no, filter=pb.PeopleFilter(status="02")).totals
    assert (sealed.headcount, sealed.balance_fen, sealed.monthly_fen) == (1, 110_000, 0)


def test_person_is_found_by_id_type_and_number(query: Stage) -> None:
    employer_no = with_people(query, 1, 2)
    typed = pb.PeopleFilter(id_type="01", id_number=stories.id_number(2).lower())
    found = page(query, employer_no, filter=typed)
    assert account_nos(found) == ["002"]
    assert found.people[0].id_number == stories.id_number(2)
    assert found.people[0].mobile_masked == "139****0002"
    other_type = pb.PeopleFilter(id_type="03", id_number=stories.id_number(2))
    assert page(query, employer_no, filter=other_type).totals.headcount == 0


def test_person_is_found_by_account(query: Stage) -> None:
    employer_no = with_people(query, 1, 2)
    typed = pb.PeopleFilter(account_no=stories.account_no(employer_no, 1))
    assert account_nos(page(query, employer_no, filter=typed)) == ["001"]


def test_filter_and_page_token_of_another_filter_do_not_mix(query: Stage) -> None:
    employer_no = with_people(query, 1, 2)
    token = page(query, employer_no, page_size=1).next_page_token
    request = pb.ListPeopleRequest(filter=pb.PeopleFilter(status="01"), page_token=token)
    assert query.refusal(request, by=agent_of(employer_no)) == "PAGE_TOKEN_INVALID"


def test_nothing_of_another_employer_is_seen(query: Stage) -> None:
    own, other = with_people(query, 1), with_people(query, 2, 3)
    theirs = stories.account_no(other, 2)
    assert page(query, own).totals.headcount == 1
    for typed in (
        pb.PeopleFilter(account_no=theirs),
        pb.PeopleFilter(id_type="01", id_number=stories.id_number(2)),
    ):
        assert page(query, own, filter=typed).totals.headcount == 0
    ledger = pb.ListLedgerRequest(account_no=theirs)
    assert query.refusal(ledger, by=agent_of(own)) == "ACCOUNT_UNKNOWN"
    token = page(query, other, page_size=1).next_page_token
    request = pb.ListPeopleRequest(page_token=token)
    assert query.refusal(request, by=agent_of(own)) == "PAGE_TOKEN_INVALID"


# Manual §4.4: date, serial number, 摘要 code, credit and balance in fen, month.
_MANUAL_LEDGER = [
    ("2018-06-30", 2289454, "1231", 35, 70435, 0),
    ("2018-07-13", 2456824, "1219", 35200, 105635, 201807),
    ("2018-08-16", 2814425, "1219", 35200, 140835, 201808),
    ("2018-09-25", 3187342, "1219", 35200, 176035, 201809),
    ("2018-10-25", 3469967, "1219", 35200, 211235, 201810),
    ("2018-11-19", 3662832, "1219", 35200, 246435, 201811),
    ("2018-12-14", 3972558, "1219", 35200, 281635, 201812),
    ("2019-06-30", 6013167, "1231", 3451, 285086, 0),
]


@pytest.fixture
def manual_ledger(query: Stage) -> str:
    """An employer whose person 1 has the ledger that the manual shows; its serial numbers are a million higher."""
    employer_no = with_people(query, 1)
    posted = [
        stories.line(
            employer_no,
            1,
            int(employer_no[1:]) * 10_000_000 + serial_no,
            posted_on=posted_on,
            summary=summary,
            credit_fen=credit,
            balance_after_fen=balance,
            base_fen=160_000,
            from_month=month,
            to_month=month,
        )
        for posted_on, serial_no, summary, credit, balance, month in _MANUAL_LEDGER
    ]
    query.tell(story_of("deposit", employer_no, stories.lines(*posted)))
    return employer_no


def ledger(query: Stage, employer_no: str, **fields: object) -> pb.ListLedgerResponse:
    request = pb.ListLedgerRequest(account_no=stories.account_no(employer_no, 1), **fields)
    return query.ask(request, pb.ListLedgerResponse, by=agent_of(employer_no))


def test_ledger_reads_as_in_the_manual(query: Stage, manual_ledger: str) -> None:
    reply = ledger(query, manual_ledger)
    assert reply.name == "试验1"
    newest, next_newest = reply.entries[:2]
    assert (newest.posted_on, newest.summary, newest.remark) == (
        "2019-06-30",
        "年度结息",
        "年度结息",
    )
    assert (newest.debit_fen, newest.credit_fen, newest.balance_fen) == (0, 3451, 285086)
    assert (newest.base_fen, newest.transaction_type, newest.from_month) == (160_000, "0", 0)
    assert (next_newest.posted_on, next_newest.summary) == ("2018-12-14", "汇缴")
    assert (next_newest.from_month, next_newest.to_month) == (201812, 201812)
    assert [entry.balance_fen for entry in reply.entries] == [
        285086, 281635, 246435, 211235, 176035, 140835, 105635, 70435,
    ]  # fmt: skip


def test_ledger_pages_and_dates(query: Stage, manual_ledger: str) -> None:
    span = {"from_date": "2018-07-13", "to_date": "2018-12-14"}
    first = ledger(query, manual_ledger, page_size=4, **span)
    second = ledger(query, manual_ledger, page_size=4, page_token=first.next_page_token, **span)
    days = [entry.posted_on for entry in (*first.entries, *second.entries)]
    assert days == [
        "2018-12-14", "2018-11-19", "2018-10-25", "2018-09-25", "2018-08-16", "2018-07-13",
    ]  # fmt: skip
    assert second.next_page_token == ""


def test_ledger_of_days_without_lines_is_empty_and_names_its_person(
    query: Stage, manual_ledger: str
) -> None:
    reply = ledger(query, manual_ledger, from_date="2020-01-01")
    assert (reply.name, list(reply.entries), reply.next_page_token) == ("试验1", [], "")


def test_ledger_reads_oldest_first_when_asked_to(query: Stage, manual_ledger: str) -> None:
    oldest = {"order": pb.LINE_ORDER_OLDEST_FIRST, "page_size": 6}
    first = ledger(query, manual_ledger, **oldest)
    second = ledger(query, manual_ledger, page_token=first.next_page_token, **oldest)
    assert [entry.balance_fen for entry in (*first.entries, *second.entries)] == [
        70435, 105635, 140835, 176035, 211235, 246435, 281635, 285086,
    ]  # fmt: skip


def test_code_without_a_title_is_shown_as_it_is(query: Stage, serial: Callable[[], int]) -> None:
    employer_no = with_people(query, 1)
    strange = stories.line(employer_no, 1, serial(), summary="9876")
    query.tell(story_of("deposit", employer_no, stories.lines(strange)))
    [entry] = ledger(query, employer_no).entries
    assert (entry.summary, entry.remark) == ("9876", "9876")


def test_contribution_details_between_two_dates(query: Stage) -> None:
    employer_no = new_employer_no()
    query.tell(
        story_of(
            "deposit",
            employer_no,
            stories.paid_in(employer_no, 1_000_000, day="2019-09-18"),
            stories.remitted(employer_no),
        )
    )

    def found(from_date: str, to_date: str) -> list[tuple[str, str, int]]:
        request = pb.ListStatementRequest(from_date=from_date, to_date=to_date)
        reply = query.ask(request, pb.ListStatementResponse, by=agent_of(employer_no))
        return [(each.posted_on, each.summary, each.suspense_after_fen) for each in reply.lines]

    paid, remitted = ("2019-09-18", "来款入账", 1_000_000), ("2019-09-20", "汇缴", 890_000)
    assert found("2019-09-18", "2019-09-20") == [remitted, paid]
    assert found("2019-09-18", "2019-09-19") == [paid]
    assert found("2019-09-21", "2019-09-30") == []


def test_contribution_details_without_dates_are_refused(query: Stage) -> None:
    request = pb.ListStatementRequest(from_date="2019-09-01")
    assert query.refusal(request, by=agent_of(new_employer_no())) == "DATE_RANGE_REQUIRED"


# ---------------------------------------------------------------- reading one's own writes


def after(owner: str, employer_no: str, version: int) -> pb.ListPeopleRequest:
    token = ConsistencyToken(owner=owner, employer_no=employer_no, version=version)
    return pb.ListPeopleRequest(consistency=[token])


def test_read_of_a_version_not_reached_is_refused_as_retryable(query: Stage) -> None:
    employer_no = with_people(query, 1)
    request = after("collection", employer_no, 3)
    assert query.refusal(request, by=agent_of(employer_no)) == "READ_MODEL_BEHIND"


def test_read_of_a_version_reached_is_answered(query: Stage) -> None:
    employer_no = with_people(query, 1)
    request = after("collection", employer_no, 2)
    reply = query.ask(request, pb.ListPeopleResponse, by=agent_of(employer_no))
    assert reply.totals.headcount == 1


def test_token_of_another_employer_is_left_alone(query: Stage) -> None:
    employer_no = with_people(query, 1)
    request = after("collection", "somebody else", 10**9)
    assert query.reply(request, by=agent_of(employer_no)).code == 0


def test_more_tokens_than_anybody_needs_are_refused(query: Stage) -> None:
    employer_no = with_people(query, 1)
    request = pb.GetEmployerRequest(consistency=[ConsistencyToken(owner="collection")] * 21)
    assert query.refusal(request, by=agent_of(employer_no)) == "TOO_MANY_TOKENS"
