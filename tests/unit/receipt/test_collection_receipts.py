"""Receipts of the 归集 businesses (manual 五): the manual's words in the manual's order."""

from __future__ import annotations

from datetime import date

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection

from services.receipt import facts
from services.receipt.documents import (
    base_change,
    closing,
    documents_made_of,
    open_accounts,
    profile_change,
    rate_change,
    remittance,
    seal,
    transfer,
    unseal,
)
from services.receipt.events import OWNERS, messages_of
from services.receipt.rendering.document import Document, DocumentKind
from tests.unit.receipt.made_up import (
    DESK,
    HEADER,
    OPENED,
    PERSON,
    REMITTED,
    WHO,
    columns,
    fields,
    rows,
    totals,
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


def test_receipt_of_a_sealing() -> None:
    event = collection.AccountsSealed(
        header=HEADER,
        accounts=[PERSON],
        people=[
            collection.SealedPerson(
                account_no="2070000000019",
                seal_reason_title="退休",
                effective_month=202005,
                monthly_fen=358_974,
            )
        ],
        reduced_monthly_fen=358_974,
    )

    document = seal.document_of(event, DESK)

    assert document.title == "张家口市住房公积金个人封存业务回单"
    assert columns(document) == [
        "个人账号",
        "姓名",
        "证件号码",
        "月缴额",
        "封存原因",
        "封存启用年月",
    ]
    assert rows(document) == [(*WHO, "3,589.74", "退休", "202005")]
    assert totals(document) == [("封存人数", "1人"), ("减少月缴额", "3,589.74")]


def test_receipt_of_an_unsealing() -> None:
    event = collection.AccountsUnsealed(
        header=HEADER,
        accounts=[PERSON],
        people=[
            collection.UnsealedPerson(
                account_no="2070000000019",
                unseal_kind_title="辖内转入",
                effective_month=202005,
                base_fen=160_000,
                monthly_fen=35_200,
            )
        ],
        added_monthly_fen=35_200,
    )

    document = unseal.document_of(event, DESK)

    assert rows(document) == [(*WHO, "1,600.00", "352.00", "辖内转入", "202005")]
    assert totals(document) == [("启封人数", "1人"), ("增加月缴额", "352.00")]


def test_receipt_of_a_transfer_for_the_employer_that_is_left() -> None:
    event = collection.AccountsTransferredOut(
        header=HEADER,
        target_employer_no="10700000020",
        target_employer_name="张家口转入有限公司",
        people=[
            collection.TransferredPerson(
                account_no="2070000000019",
                name="张䶮",
                id_number_sealed=b"X10010105891207031",
                balance_fen=14_141_137,
            )
        ],
        amount_fen=14_141_137,
    )

    document = transfer.document_out(event, DESK)

    assert fields(document) == [
        ("转入单位账号", "10700000020"),
        ("转入账户机构", "宣化管理部"),
        ("转入单位名称", "张家口转入有限公司"),
    ]
    assert rows(document) == [(*WHO, "141,411.37")]
    assert totals(document) == [("转移总人数", "1人"), ("转移总金额", "141,411.37")]
    assert document.totals[1].words == "壹拾肆万壹仟肆佰壹拾壹元叁角柒分"


def test_receipt_of_a_transfer_for_the_employer_that_is_joined() -> None:
    event = collection.AccountsTransferredIn(
        header=HEADER, source_employer_no="10700000020", accounts=[PERSON], amount_fen=14_141_137
    )

    document = transfer.document_in(event, DESK)

    assert fields(document)[0] == ("转出单位账号", "10700000020")
    assert fields(document)[2] == ("转出单位名称", "张家口转入有限公司")
    assert rows(document) == [(*WHO, "16,317.00", "3,589.74")]
    assert totals(document) == [("转移总人数", "1人"), ("转移总金额", "141,411.37")]


def test_receipt_of_a_profile_change_says_what_was_empty() -> None:
    event = collection.ProfileChanged(
        header=HEADER,
        changes=[
            collection.ProfileFieldChange(title="单位邮编", before="075000", after="075100"),
            collection.ProfileFieldChange(title="主管部门", before="", after="市工信局"),
        ],
    )

    document = profile_change.document_of(event, DESK)

    assert columns(document) == ["单位可修改信息", "修改前", "修改后"]
    assert rows(document) == [("单位邮编", "075000", "075100"), ("主管部门", "无", "市工信局")]
    assert document.notes == ()


def test_receipt_of_a_rate_change_is_the_manuals() -> None:
    event = collection.RatesChanged(
        header=HEADER,
        before=collection.RateLimits(
            employer_rate_min=10, employer_rate_max=12, employee_rate_min=9, employee_rate_max=11
        ),
        after=collection.RateLimits(
            employer_rate_min=5, employer_rate_max=8, employee_rate_min=6, employee_rate_max=7
        ),
        accounts=[PERSON],
        effective_month=202005,
    )

    document = rate_change.document_of(event, DESK)

    assert rows(document) == [
        ("单位比例", "12%", "10%", "8%", "5%"),
        ("个人比例", "11%", "9%", "7%", "6%"),
    ]
    assert fields(document) == [("启用年月", "202005")]
    assert totals(document) == [("随之调整人数", "1人")]


def test_receipt_of_a_base_change_has_the_sums_of_the_whole_employer() -> None:
    event = collection.BasesChanged(
        header=HEADER,
        changes=[
            collection.BaseChange(
                account_no="2070000000019",
                name="张䶮",
                base_before_fen=1_631_700,
                base_after_fen=1_652_700,
                monthly_before_fen=358_974,
                monthly_after_fen=363_594,
            )
        ],
        total_base_before_fen=48_182_000,
        total_base_after_fen=48_203_000,
        total_monthly_before_fen=10_600_040,
        total_monthly_after_fen=10_604_660,
        effective_month=202005,
    )

    document = base_change.document_of(event, DESK)

    assert fields(document) == [
        ("调整前缴存基数", "481,820.00"),
        ("调整后缴存基数", "482,030.00"),
        ("调整前月缴存额", "106,000.40"),
        ("调整后月缴存额", "106,046.60"),
        ("启用年月", "202005"),
    ]
    assert columns(document) == ["个人账号", "姓名", "缴存基数", "缴存基数", "月缴存额"]
    assert rows(document) == [("2070000000019", "张䶮", "16,317.00", "16,527.00", "3,635.94")]
    assert totals(document)[0] == ("调整人数", "1人")


def test_receipt_of_a_closing() -> None:
    event = collection.EmployerClosed(
        header=HEADER,
        employer=collection.EmployerState(closed_on="2020-04-23"),
        close_reason_title="破产",
    )

    assert fields(closing.document_of(event, DESK)) == [
        ("注销原因", "破产"),
        ("注销日期", "2020-04-23"),
        ("单位账户余额", "0.00"),
        ("单位暂存款余额", "0.00"),
        ("个人账户数", "0人"),
    ]


@pytest.mark.parametrize("owner", OWNERS)
def test_every_event_with_a_document_has_a_header(owner: str) -> None:
    made = [each for each in messages_of(owner) if documents_made_of(each)]
    assert len(made) >= 5
    for event in made:
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
