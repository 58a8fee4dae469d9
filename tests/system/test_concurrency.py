"""At the same moment: exactly one wins, the other gets a clear reason (real threads on real PostgreSQL)."""

from __future__ import annotations

from itertools import count

from hpf.collection.v1 import collection_events_pb2 as events
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.ids import new_id
from tests.system.at_once import WON, at_once
from tests.system.city import City
from tests.system.lists import account_nos, submit, type_rows
from tests.system.people import (
    agent_of,
    check_books,
    open_accounts,
    outcome,
    pay_in,
    person,
    register,
)

_employers = count(30_000)
_people = count(500_000)


def test_a_person_opened_by_two_employers_at_once_is_opened_by_one(city: City) -> None:
    same = person(next(_people))
    employers = [register(city, next(_employers)) for _ in range(2)]
    for employer_no in employers:
        type_rows(city, employer_no, "open_accounts", [same])

    ends = at_once(*(lambda e=e: submit(city, e, "open_accounts") for e in employers))

    assert ends[1] == WON
    assert ends[0] in ("ACCOUNT_TAKEN_MEANWHILE", "WORKSHEET_HAS_ERRORS")
    opened = [city.events_of(events.AccountsOpened, employer_no) for employer_no in employers]
    assert sorted(len(each) for each in opened) == [0, 1]


def test_a_list_submitted_twice_at_once_is_posted_once(city: City) -> None:
    employer_no = register(city, next(_employers))
    type_rows(city, employer_no, "open_accounts", [person(next(_people))])

    ends = at_once(*(lambda: submit(city, employer_no, "open_accounts"),) * 2)

    assert ends == ["WORKSHEET_EMPTY", WON]
    assert len(city.events_of(events.AccountsOpened, employer_no)) == 1


def test_the_same_request_sent_twice_at_once_is_one_business(city: City) -> None:
    employer_no = register(city, next(_employers))
    type_rows(city, employer_no, "open_accounts", [person(next(_people))])
    request = business_pb2.SubmitWorksheetRequest(request_id=new_id(), business="open_accounts")
    numbers: list[str] = []

    def send() -> None:
        reply = city.call(
            "collection",
            request,
            business_pb2.SubmitWorksheetResponse,
            by=agent_of(employer_no),
        )
        numbers.append(reply.business.registration_no)

    assert at_once(send, send, send) == [WON, WON, WON]
    assert len(set(numbers)) == 1


def employer_with_suspense_for_one_month(city: City) -> str:
    employer_no = register(city, next(_employers))
    open_accounts(city, employer_no, [person(next(_people))])
    city.settle()
    pay_in(city, employer_no, 110_000)
    return employer_no


def test_two_remittances_at_once_post_one(city: City) -> None:
    employer_no = employer_with_suspense_for_one_month(city)

    def remit_first_month() -> None:
        request = deposit.SubmitRemittanceRequest(to_month=201907)
        city.call("deposit", request, deposit.SubmitRemittanceResponse, by=agent_of(employer_no))

    ends = at_once(remit_first_month, remit_first_month)
    city.settle()

    assert ends == ["EMPLOYER_BUSY", WON]
    assert check_books(city).clean


def test_a_list_submitted_while_a_remittance_holds_the_roster_is_to_try_again(
    city: City,
) -> None:
    employer_no = employer_with_suspense_for_one_month(city)
    (account,) = account_nos(city, employer_no)
    seal = {"account_no": account, "seal_reason": "01", "effective_month": "201908"}
    type_rows(city, employer_no, "seal", [seal])
    request = deposit.SubmitRemittanceRequest(to_month=201907)
    reply = city.call(
        "deposit", request, deposit.SubmitRemittanceResponse, by=agent_of(employer_no)
    )
    city.settle_until(events.RosterReserved, employer_no)

    ends = at_once(lambda: submit(city, employer_no, "seal"))
    city.settle()
    later = at_once(lambda: submit(city, employer_no, "seal"))

    assert ends == ["EMPLOYER_BUSY"]
    assert later == [WON]
    remitted = outcome(city, employer_no, reply.business.registration_no)
    assert remitted.state == business_pb2.BUSINESS_STATE_POSTED
