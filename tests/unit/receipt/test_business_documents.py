"""What the receipts of the businesses say: the manual's words in the manual's order."""

from __future__ import annotations

from datetime import date

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt import facts
from services.receipt.documents import DOCUMENTS, open_accounts, remittance
from services.receipt.documents.desk import Desk
from services.receipt.domain import Print, verification_code
from services.receipt.rendering.document import Document, DocumentKind

# Sealed facts open by turning them round, so that a cell that was not opened shows.
DESK = Desk("张家口市住房公积金", lambda sealed: sealed.decode()[::-1])

HEADER = business_pb2.BusinessHeader(
    registration_no="2020042310000001",
    employer_no="10700000010",
    employer_name="张家口试验有限公司",
    branch_name="张家口市住房公积金管理中心桥东管理部",
    agent_name="李经办",
    business_date="2020-04-23",
)

OPENED = collection.AccountsOpened(
    header=HEADER,
    accounts=[
        collection.AccountState(
            account_no="2070000000019",
            name="张䶮",
            id_number_sealed=b"X10010105891207031",
            mobile_sealed=b"43210000831",
            base_fen=1_631_700,
            employer_rate=12,
            employee_rate=10,
            employer_share_fen=195_804,
            employee_share_fen=163_170,
            effective_month=202004,
        )
    ],
    total_monthly_fen=358_974,
)

REMITTED = deposit.RemittancePosted(
    header=HEADER,
    from_month=201910,
    to_month=201912,
    headcount=108,
    amount_fen=32_242_122,
    suspense_out_fen=32_242_122,
    suspense_after_fen=718_218_890,
    last_month=201909,
    last_headcount=107,
    last_amount_fen=10_700_000,
)


def test_head_of_every_receipt() -> None:
    document = open_accounts.document_of(OPENED, DESK)
    assert document.kind is DocumentKind.OPEN_ACCOUNTS
    assert document.title == "张家口市住房公积金个人账户设立业务回单"
    assert document.registration_no == "2020042310000001"
    assert (document.employer_no, document.employer_name) == ("10700000010", "张家口试验有限公司")
    assert document.branch_name == "张家口市住房公积金管理中心桥东管理部"
    assert (document.agent_name, document.business_date) == ("李经办", date(2020, 4, 23))
    assert document.notes == ("金额单位为元",)


def test_receipt_of_open_accounts() -> None:
    document = open_accounts.document_of(OPENED, DESK)
    assert document.table is not None
    assert [column.title for column in document.table.columns] == [
        "个人账号", "姓名", "证件号码", "缴存基数", "单位比例", "个人比例",
        "单位月缴", "个人月缴", "月缴总额", "启用年月", "手机号",
    ]  # fmt: skip
    assert list(document.table.rows) == [
        (
            "2070000000019", "张䶮", "13070219850101001X", "16,317.00", "12%", "10%",
            "1,958.04", "1,631.70", "3,589.74", "202004", "13800001234",
        )
    ]  # fmt: skip
    headcount, monthly = document.totals
    assert (headcount.label, headcount.value) == ("人数合计", "1人")
    assert (monthly.label, monthly.value) == ("月缴额合计", "3,589.74")
    assert monthly.words == "叁仟伍佰捌拾玖元柒角肆分"


def test_receipt_of_a_remittance() -> None:
    document = remittance.document_of(REMITTED, DESK)
    assert document.title == "张家口市住房公积金汇缴业务回单"
    assert [(field.label, field.value) for field in document.fields] == [
        ("上次汇缴月", "201909"),
        ("上月汇缴人数", "107人"),
        ("上月汇缴金额", "107,000.00"),
        ("本次缴款方式", "暂存款"),
        ("本次汇缴起始月", "201910"),
        ("本次汇缴截止月", "201912"),
        ("本次汇缴金额", "322,421.22"),
        ("实际缴款金额", "322,421.22"),
        ("暂存款转出金额", "322,421.22"),
        ("暂存款转入金额", "0.00"),
        ("暂存款余额", "7,182,188.90"),
    ]
    assert document.totals[0].words == "叁拾贰万贰仟肆佰贰拾壹元贰角贰分"


def test_first_remittance_has_no_last_month() -> None:
    first = deposit.RemittancePosted()
    first.CopyFrom(REMITTED)
    first.last_month = 0
    assert remittance.document_of(first, DESK).fields[0].value == "无"


@pytest.mark.parametrize("owner", DOCUMENTS)
def test_every_event_with_a_document_has_a_header(owner: str) -> None:
    for event in DOCUMENTS[owner]:
        assert event.DESCRIPTOR.fields_by_name["header"].message_type is HEADER.DESCRIPTOR


@pytest.mark.parametrize(
    "document",
    [open_accounts.document_of(OPENED, DESK), remittance.document_of(REMITTED, DESK)],
    ids=["with table", "with fields"],
)
def test_facts_come_back_as_they_were_kept(document: Document) -> None:
    kept = facts.to_bytes(document)
    again = facts.from_bytes(kept)
    assert facts.to_bytes(again) == kept
    assert list(again.texts()) == list(document.texts())
    assert (again.kind, again.business_date) == (document.kind, document.business_date)


def test_verification_code_is_sixteen_letters_that_are_not_mistaken() -> None:
    assert verification_code(bytes(32)) == "0000000000000000"
    assert verification_code(b"\xff" * 32) == "ZZZZZZZZZZZZZZZZ"
    # 00000 00001 00010 00011 | 00100 00101 00110 00111, twice
    assert verification_code(bytes([0x00, 0x44, 0x32, 0x14, 0xC7]) * 2) == "0123456701234567"


def test_print_is_named_by_receipt_number_and_content() -> None:
    wanted = Print("2020042310000001", 2)
    assert wanted.key == "2020042310000001/2"
    assert wanted.blob("abcdef0123456789ffff") == "receipts/2020042310000001/2-abcdef0123456789.pdf"
    assert Print.from_bytes(wanted.to_bytes()) == wanted
