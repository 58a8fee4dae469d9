"""A saga's question that is asked twice gets one answer, and the employer is free afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection_events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit_events
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from tests.system.city import City
from tests.system.deposit_city import back_payment_row, type_back_payment
from tests.system.lists import account_nos, submit, submit_rows
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

_employers = count(90_000)
_people = count(1_500_000)


def employer_with_one(city: City) -> str:
    """An employer with one person of 5000.00 (1100.00 a month) and July paid."""
    employer_no = register(city, next(_employers))
    open_accounts(city, employer_no, [person(next(_people))])
    city.settle()
    pay_in(city, employer_no, 1_000_000)
    remit(city, employer_no, 201907)
    return employer_no


def ask_again(city: City, owner: str) -> None:
    """Let the patience of `owner` run out before anything is delivered."""
    city.clock.moment += timedelta(seconds=60)
    city.tick(owner, "ask again")
    city.settle()


def is_free(city: City, employer_no: str) -> bool:
    """Whether the next remittance goes through."""
    return remit(city, employer_no, 201908).state == POSTED and check_books(city).clean


def test_a_remittance_asked_for_twice_is_posted_once(city: City) -> None:
    employer_no = register(city, next(_employers))
    open_accounts(city, employer_no, [person(next(_people))])
    city.settle()
    pay_in(city, employer_no, 1_000_000)
    request = deposit.SubmitRemittanceRequest(to_month=201907)
    reply = city.call(
        "deposit", request, deposit.SubmitRemittanceResponse, by=agent_of(employer_no)
    )

    ask_again(city, "deposit")

    done = outcome(city, employer_no, reply.business.registration_no)
    assert (done.state, done.amount_fen) == (POSTED, 110_000)
    assert is_free(city, employer_no)


@pytest.mark.parametrize(("last_month", "state"), [(201907, POSTED), (201909, REJECTED)])
def test_a_back_payment_asked_for_twice_ends_once(city: City, last_month: int, state: int) -> None:
    employer_no = employer_with_one(city)
    (account_no,) = account_nos(city, employer_no)
    row = back_payment_row(account_no, "100.00", 201907, last_month)
    type_back_payment(city, employer_no, [row], kind="不定额补缴", amount="100.00", people=1)
    business = submit(city, employer_no, "back_payment", owner="deposit")

    ask_again(city, "deposit")

    assert outcome(city, employer_no, business.registration_no).state == state
    assert is_free(city, employer_no)


def test_a_transfer_asked_for_twice_moves_once(city: City) -> None:
    employer_no, target = employer_with_one(city), register(city, next(_employers))
    city.settle()
    (account_no,) = account_nos(city, employer_no)
    business = submit_rows(
        city,
        employer_no,
        "transfer",
        [{"account_no": account_no}],
        header={"target_employer_no": target},
    )

    ask_again(city, "collection")

    done = outcome(city, employer_no, business.registration_no, owner="collection")
    assert (done.state, done.amount_fen) == (POSTED, 110_000)
    pay_in(city, target, 1_000_000)
    assert remit(city, target, 201908).state == POSTED
    assert check_books(city).clean


def test_a_closing_asked_for_twice_ends_once(city: City) -> None:
    employer_no = register(city, next(_employers))
    city.settle()
    request = collection.CloseEmployerRequest(close_reason="01")
    reply = city.call(
        "collection", request, collection.CloseEmployerResponse, by=agent_of(employer_no)
    )

    ask_again(city, "collection")

    number = reply.business.registration_no
    assert outcome(city, employer_no, number, owner="collection").state == POSTED


#: Twenty seconds before midnight in China.
LATE_ON_20_SEPTEMBER = datetime(2019, 9, 20, 15, 59, 40, tzinfo=UTC)


def test_a_transfer_asked_for_again_after_midnight_keeps_its_day(city: City) -> None:
    employer_no, target = employer_with_one(city), register(city, next(_employers))
    city.settle()
    (account_no,) = account_nos(city, employer_no)
    city.clock.moment = LATE_ON_20_SEPTEMBER
    header = {"target_employer_no": target}
    submit_rows(city, employer_no, "transfer", [{"account_no": account_no}], header=header)

    ask_again(city, "collection")

    asked = city.events_of(collection_events.TransferRequested, employer_no)
    assert [each.business_date for each in asked] == ["2019-09-20", "2019-09-20"]
    assert asked[0] == asked[1]
    posted = city.last_event(deposit_events.TransferPostedOut, employer_no)
    assert posted.header.business_date == "2019-09-20"


def test_a_closing_asked_for_again_after_midnight_keeps_its_day(city: City) -> None:
    employer_no = register(city, next(_employers))
    city.settle()
    city.clock.moment = LATE_ON_20_SEPTEMBER
    request = collection.CloseEmployerRequest(close_reason="01")
    city.call("collection", request, collection.CloseEmployerResponse, by=agent_of(employer_no))

    ask_again(city, "collection")

    asked = city.events_of(collection_events.ClosingRequested, employer_no)
    assert [each.business_date for each in asked] == ["2019-09-20", "2019-09-20"]
    closed = city.last_event(collection_events.EmployerClosed, employer_no)
    assert closed.header.business_date == "2019-09-20"


def test_questions_come_in_growing_pauses(city: City) -> None:
    """The other side says nothing for an hour: asked after half a minute, 1, 2, 4 and 8, then after 10 more each."""
    employer_no = employer_with_one(city)
    request = deposit.SubmitRemittanceRequest(to_month=201908)
    by = agent_of(employer_no)
    city.call("deposit", request, deposit.SubmitRemittanceResponse, by=by)
    begun = city.clock.moment
    asked_after: list[int] = []

    for second in range(5, 3600, 5):  # the ticker's own pace
        city.clock.moment = begun + timedelta(seconds=second)
        city.tick("deposit", "ask again")
        if asked_at(city, employer_no) == city.clock.moment:
            asked_after.append(second)

    assert asked_after == [35, 75, 155, 315, 635, 1240, 1845, 2450, 3055]
    city.settle()
    assert city.last_event(business_pb2.BusinessFinished, employer_no).business.state == POSTED


def asked_at(city: City, employer_no: str) -> datetime | None:
    """When deposit last asked for the employer's business that is on its way."""
    with city.runtimes["deposit"].database.engine.connect() as connection:
        found: datetime | None = connection.exec_driver_sql(
            "SELECT max(asked_at) FROM business WHERE employer_no = %s AND NOT finished",
            (employer_no,),
        ).scalar()
    return found
