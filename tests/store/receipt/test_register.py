"""What receipt knows of employers and people, and the documents that must name them."""

from __future__ import annotations

import pytest
from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.receipt.documents.desk import NotYetKnown
from services.receipt.handlers.register import StoredRegister
from services.receipt.prints import Press
from services.receipt.store import register
from tests.store import stories
from tests.store.receipt.printing import downloaded, get, render_all, text_of
from tests.store.stage import Stage, agent_of, event_of, new_employer_no, story_of


def test_back_payment_names_people_of_earlier_events(receipt: Stage, press: Press) -> None:
    employer_no = new_employer_no()
    opened = stories.opened(employer_no, stories.account(employer_no, 1, name="张䶮"))
    receipt.tell(story_of("collection", employer_no, opened))
    message = stories.back_paid(employer_no, 1)
    receipt.tell(story_of("deposit", employer_no, message))
    render_all(receipt, press)
    names = employer_no, message.header.registration_no
    _, pdf = downloaded(receipt, press, *names, request_id="request-1")
    shown = text_of(pdf)
    for fact in ("补缴业务回单", "张䶮", stories.id_number(1), "1,100.00", "壹仟壹佰元整"):
        assert fact in shown, fact


def test_back_payment_waits_for_people_that_are_not_known_yet(receipt: Stage) -> None:
    employer_no = new_employer_no()
    event = event_of("deposit", employer_no, 1, stories.back_paid(employer_no, 1))
    with pytest.raises(NotYetKnown, match="1 accounts"):
        receipt.tell_one(event)
    opened = stories.opened(employer_no, stories.account(employer_no, 1))
    receipt.tell(story_of("collection", employer_no, opened))
    assert receipt.tell_one(event)


def test_transfer_gives_both_employers_their_receipt(receipt: Stage, press: Press) -> None:
    source, target = new_employer_no(), new_employer_no()
    joined = stories.employer_state(target, name="张家口转入有限公司", branch_name="宣化管理部")
    receipt.tell(story_of("collection", source, stories.registered(source)))
    receipt.tell(story_of("collection", target, stories.registered(target, joined)))
    out, into = stories.transferred(source, target, 1)
    receipt.tell_one(event_of("collection", source, 2, out))
    receipt.tell_one(event_of("collection", target, 2, into))
    render_all(receipt, press)
    number = out.header.registration_no
    _, left = downloaded(receipt, press, source, number, request_id="request-1")
    _, arrived = downloaded(receipt, press, target, number, request_id="request-1")
    for fact in ("转出单位账号", "张家口转入有限公司", "宣化管理部", "2,850.86"):
        assert fact in text_of(left), fact
    for fact in ("转入单位账号", "张家口试验有限公司", "桥东管理部", "2,850.86"):
        assert fact in text_of(arrived), fact
    assert get(receipt, source, number).document_no == number
    assert get(receipt, target, number).document_no == f"ZR{number}"
    request = pb.GetReceiptRequest(registration_no=f"ZR{number}")
    assert receipt.refusal(request, by=agent_of(source)) == "RECEIPT_UNKNOWN"


def test_people_count_where_they_are_now(receipt: Stage) -> None:
    source, target = new_employer_no(), new_employer_no()
    for each in (source, target):
        receipt.tell(story_of("collection", each, stories.registered(each)))
    opened = stories.opened(source, stories.account(source, 1), stories.account(source, 2))
    receipt.tell_one(event_of("collection", source, 2, opened))
    out, into = stories.transferred(source, target, 1)
    receipt.tell_one(event_of("collection", source, 3, out))
    with receipt.runtime.database.reading() as connection:
        assert register.headcounts(connection, source) == register.Headcounts(1, 0)
    receipt.tell_one(event_of("collection", target, 2, into))
    with receipt.runtime.database.reading() as connection:
        assert register.headcounts(connection, source) == register.Headcounts(1, 0)
        assert register.headcounts(connection, target) == register.Headcounts(1, 0)


def test_an_older_word_never_replaces_a_newer_one(receipt: Stage) -> None:
    """The revision says which is newer, not the clock of the process that told it."""
    employer_no = new_employer_no()
    person = stories.account(employer_no, 1, name="旧名字")
    older = event_of("collection", employer_no, 1, stories.opened(employer_no, person))
    person = stories.account(employer_no, 1, name="新名字", status="02")
    newer = event_of("collection", employer_no, 2, stories.opened(employer_no, person))
    receipt.tell([newer, older])
    account_no = stories.account_no(employer_no, 1)
    with receipt.runtime.database.reading() as connection:
        known = StoredRegister(connection, receipt.runtime.vault).people([account_no])
        assert known[account_no].name == "新名字"
        assert register.headcounts(connection, employer_no) == register.Headcounts(0, 1)


def test_money_and_employer_may_be_told_in_any_order(receipt: Stage) -> None:
    employer_no = new_employer_no()
    receipt.tell(story_of("deposit", employer_no, stories.remitted(employer_no)))
    with receipt.runtime.database.reading() as connection:
        assert register.load_employer(connection, employer_no) is None
    receipt.tell(story_of("collection", employer_no, stories.registered(employer_no)))
    with receipt.runtime.database.reading() as connection:
        row = register.load_employer(connection, employer_no)
    assert row is not None
    assert (row.name, row.balance_fen) == ("张家口试验有限公司", 110_000)
