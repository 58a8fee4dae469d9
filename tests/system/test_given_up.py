"""A business that waits for collection in vain is given up by staff: nothing is posted, and the employer goes on."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2 as roster
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.errors import reason_of
from services.kit.events import Event, event_type
from tests.system.city import City, Refused
from tests.system.deposit_city import back_payment_row, type_back_payment
from tests.system.lists import account_nos, submit, worksheet
from tests.system.people import (
    agent_of,
    check_books,
    open_accounts,
    outcome,
    pay_in,
    person,
    register,
    remit,
)

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED

_employers = count(120_000)
_people = count(210_000)


def new_employer_with_one(city: City) -> str:
    """An employer with one person of 5000.00 (1100.00 a month) and 10000.00 to pay with."""
    employer_no = register(city, next(_employers))
    open_accounts(city, employer_no, [person(next(_people))])
    city.settle()
    pay_in(city, employer_no, 1_000_000)
    return employer_no


def employer_with_one(city: City) -> str:
    """The same with July paid."""
    employer_no = new_employer_with_one(city)
    remit(city, employer_no, 201907)
    return employer_no


def begin_remittance(city: City, employer_no: str) -> str:
    request = deposit.SubmitRemittanceRequest(to_month=201908)
    by = agent_of(employer_no)
    reply = city.call("deposit", request, deposit.SubmitRemittanceResponse, by=by)
    return reply.business.registration_no


def lose(city: City, employer_no: str, message: type[Message]) -> list[Event]:
    """Events of this class about the employer lie among the dead letters of whoever was to hear them."""
    city.events_of(message, employer_no)  # published by now
    lost = []
    for queue in city.queues:
        mine = [
            each
            for each in queue.events
            if each.type == event_type(message) and each.subject == employer_no
        ]
        for each in mine:
            queue.events.remove(each)
        lost += mine
    return lost


def give_up(city: City, registration_no: str) -> business_pb2.Business:
    request = deposit.GiveUpBusinessRequest(registration_no=registration_no, reason="名册无答复")
    return city.call("deposit", request, deposit.GiveUpBusinessResponse).business


def refusal(city: City, registration_no: str) -> str:
    with pytest.raises(Refused) as refused:
        give_up(city, registration_no)
    return refused.value.reason


def test_a_question_that_never_came_is_given_up_and_changes_nothing_when_it_comes(
    city: City,
) -> None:
    employer_no = employer_with_one(city)
    registration_no = begin_remittance(city, employer_no)
    (lost,) = lose(city, employer_no, events.RemittanceRequested)
    city.clock.moment += timedelta(minutes=10)

    assert give_up(city, registration_no).state == business_pb2.BUSINESS_STATE_PENDING
    city.settle()

    ended = outcome(city, employer_no, registration_no)
    assert (ended.state, reason_of(ended.rejection)) == (REJECTED, "GIVEN_UP")
    told = city.last_event(events.BusinessGivenUp, employer_no)
    assert (told.registration_no, told.reason, told.by) == (
        registration_no,
        "名册无答复",
        "staff:tester",
    )
    city.publish(lost)  # the dead letter is replayed after all
    city.settle()
    assert remit(city, employer_no, 201908).state == POSTED
    assert check_books(city).clean


def test_a_roster_that_is_held_is_let_go(city: City) -> None:
    employer_no = new_employer_with_one(city)
    registration_no = begin_remittance(city, employer_no)
    city.settle_until(roster.RosterReserved, employer_no)
    (lost,) = lose(city, employer_no, roster.RosterReserved)
    city.clock.moment += timedelta(minutes=10)

    give_up(city, registration_no)
    city.publish(lost)
    city.settle()

    assert outcome(city, employer_no, registration_no).state == REJECTED
    assert remit(city, employer_no, 201908).state == POSTED
    assert check_books(city).clean


def test_the_rows_of_a_back_payment_come_back_to_its_list(city: City) -> None:
    employer_no = employer_with_one(city)
    (account_no,) = account_nos(city, employer_no)
    row = back_payment_row(account_no, "100.00", 201907, 201907)
    type_back_payment(city, employer_no, [row], kind="不定额补缴", amount="100.00", people=1)
    business = submit(city, employer_no, "back_payment", owner="deposit")
    lose(city, employer_no, events.BackPaymentRequested)
    city.clock.moment += timedelta(minutes=10)

    give_up(city, business.registration_no)
    city.settle()

    assert outcome(city, employer_no, business.registration_no).state == REJECTED
    rows = worksheet(city, employer_no, "back_payment", owner="deposit").rows
    assert [each.cells["account_no"] for each in rows] == [account_no]
    assert remit(city, employer_no, 201908).state == POSTED


def test_nothing_is_given_up_that_may_still_be_answered_or_is_decided(city: City) -> None:
    employer_no = employer_with_one(city)
    registration_no = begin_remittance(city, employer_no)
    city.clock.moment += timedelta(minutes=9, seconds=59)
    assert refusal(city, registration_no) == "GIVE_UP_TOO_EARLY"
    city.settle()
    city.clock.moment += timedelta(minutes=1)

    assert refusal(city, registration_no) == "NOT_WAITING_FOR_ROSTER"
    assert refusal(city, "209912312000001") == "BUSINESS_UNKNOWN"
    assert outcome(city, employer_no, registration_no).state == POSTED


def test_money_that_is_posted_is_never_given_up(city: City) -> None:
    """The roster's last answer is lost: the money has moved, and only the answer ends it."""
    employer_no = new_employer_with_one(city)
    registration_no = begin_remittance(city, employer_no)
    city.settle_until(events.RemittanceSettled, employer_no)
    lose(city, employer_no, events.RemittanceSettled)
    city.clock.moment += timedelta(minutes=10)

    assert refusal(city, registration_no) == "NOT_WAITING_FOR_ROSTER"

    city.tick("deposit", "ask again")
    city.settle()
    assert outcome(city, employer_no, registration_no).state == POSTED
