"""同城转移 and 单位注销 on the money side (manual §5.4, §5.8), through both services."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2 as collection_events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events

from services.kit.errors import field_errors_of, reason_of
from services.kit.events import event_type
from services.kit.ids import new_id
from tests.system.city import City, Refused
from tests.system.deposit_city import employer_with, transfer
from tests.system.people import agent_of, check_books, pay_in, remit


def close(city: City, employer_no: str) -> business_pb2.Business:
    request = collection.CloseEmployerRequest(close_reason="01")
    reply = city.call(
        "collection", request, collection.CloseEmployerResponse, by=agent_of(employer_no)
    )
    city.settle()
    asked = business_pb2.GetBusinessRequest(registration_no=reply.business.registration_no)
    return city.call(
        "collection", asked, business_pb2.GetBusinessResponse, by=agent_of(employer_no)
    ).business


def test_the_whole_balance_moves_in_a_pair_of_lines(city: City) -> None:
    source, (leaving, _) = employer_with(city, "16317.00", "5000.00")
    target, _ = employer_with(city, "6000.00")
    pay_in(city, source, 1_000_000)
    remit(city, source, 201908)  # 2 × 3589.74 and 2 × 1100.00

    transfer(city, source, target, [leaving])

    settled = city.last_event(events.TransferSettled, source)
    assert settled.posted
    assert [(each.account_no, each.balance_fen) for each in settled.balances] == [
        (leaving, 717_948)
    ]
    (out_line,) = city.last_event(events.LedgerLinesPosted, source).lines
    (in_line,) = city.last_event(events.LedgerLinesPosted, target).lines
    assert (out_line.summary, out_line.debit_fen, out_line.balance_after_fen) == (
        "1201",
        717_948,
        0,
    )
    assert (in_line.summary, in_line.credit_fen, in_line.balance_after_fen) == (
        "1202",
        717_948,
        717_948,
    )
    assert in_line.paid_through_month == 201908
    posted_out = city.last_event(events.TransferPostedOut, source)
    posted_in = city.last_event(events.TransferPostedIn, target)
    assert (posted_out.amount_fen, posted_out.money.balance_fen) == (717_948, 220_000)
    assert (posted_in.amount_fen, posted_in.money.balance_fen) == (717_948, 717_948)
    assert check_books(city).clean


def test_a_question_asked_twice_is_answered_twice_and_moves_once(city: City) -> None:
    source, accounts = employer_with(city, "5000.00")
    target, _ = employer_with(city)
    pay_in(city, source, 110_000)
    remit(city, source, 201907)
    transfer(city, source, target, accounts)

    ask_again(city, collection_events.TransferRequested, source)

    settled = city.events_of(events.TransferSettled, source)
    assert [each.amount_fen for each in settled] == [110_000, 110_000]
    assert len(city.events_of(events.TransferPostedOut, source)) == 1
    assert check_books(city).clean


def test_closing_names_every_condition_that_is_not_met(city: City) -> None:
    employer_no, accounts = employer_with(city, "5000.00")
    target, _ = employer_with(city)
    pay_in(city, employer_no, 110_001)
    remit(city, employer_no, 201907)
    transfer(city, employer_no, target, accounts)

    refused = close(city, employer_no)
    assert refused.state == business_pb2.BUSINESS_STATE_REJECTED
    assert reason_of(refused.rejection) == "CLOSING_UNMET"
    assert [(each.path, each.zh) for each in field_errors_of(refused.rejection)] == [
        ("suspense_fen", "单位暂存款余额 0.01 元，尚未清零")
    ]


def test_an_employer_without_money_closes_for_good(city: City) -> None:
    employer_no, _ = employer_with(city)

    closed = close(city, employer_no)

    assert closed.state == business_pb2.BUSINESS_STATE_POSTED
    with pytest.raises(Refused) as refused:
        remit(city, employer_no, 201907)
    assert refused.value.reason == "EMPLOYER_CLOSED"


def ask_again(city: City, question: type[Message], employer_no: str) -> None:
    """Deliver a question of collection once more as a new event, as its sweeper does."""
    asked = [
        each
        for each in city.delivered
        if each.type == event_type(question) and each.subject == employer_no
    ]
    city.publish(replace(asked[-1], event_id=new_id()))
    city.settle()
