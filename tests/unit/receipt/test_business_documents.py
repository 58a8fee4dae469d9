"""What the receipts of the businesses say: the manual's words in the manual's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt import facts
from services.receipt.documents import (
    back_payment,
    base_change,
    closing,
    contribution_certificate,
    documents_made_of,
    open_accounts,
    profile_change,
    rate_change,
    remittance,
    reversal,
    seal,
    transfer,
    unseal,
    voucher,
)
from services.receipt.documents.contribution_certificate import Figures, RateLimits
from services.receipt.documents.desk import Desk, KnownEmployer, KnownPerson
from services.receipt.domain import (
    Print,
    certificate_no,
    code_as_printed,
    codes_in_file,
    joining_receipt_no,
    mask_name,
    mask_number,
    verification_code,
    voucher_no,
)
from services.receipt.events import OWNERS, messages_of
from services.receipt.rendering.document import Document, DocumentKind


class Register:
    """Knows one other employer and one person; sealed facts open by turning them round, so that one that was not
    opened shows."""

    def employer(self, employer_no: str) -> KnownEmployer:
        return {"10700000020": KnownEmployer("张家口转入有限公司", "宣化管理部")}[employer_no]

    def people(self, account_nos: Sequence[str]) -> Mapping[str, KnownPerson]:
        known = {"2070000000019": KnownPerson("张䶮", "13070219850101001X")}
        return {account_no: known[account_no] for account_no in account_nos}


DESK = Desk("张家口市住房公积金", lambda sealed: sealed.decode()[::-1], Register())

HEADER = business_pb2.BusinessHeader(
    registration_no="2020042310000001",
    employer_no="10700000010",
    employer_name="张家口试验有限公司",
    branch_name="张家口市住房公积金管理中心桥东管理部",
    agent_name="李经办",
    business_date="2020-04-23",
)

PERSON = collection.AccountState(
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
WHO = ("2070000000019", "张䶮", "13070219850101001X")

OPENED = collection.AccountsOpened(header=HEADER, accounts=[PERSON], total_monthly_fen=358_974)

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


def test_receipt_of_a_back_payment_names_the_people_behind_the_accounts() -> None:
    event = deposit.BackPaymentPosted(
        header=HEADER,
        kind=deposit.BACK_PAYMENT_KIND_ARBITRARY,
        headcount=1,
        amount_fen=123_456,
        suspense_out_fen=123_456,
        suspense_after_fen=103_736_424,
        lines=[
            deposit.BackPaymentLine(
                account_no="2070000000019",
                from_month=201901,
                to_month=201903,
                amount_fen=123_456,
            )
        ],
    )

    document = back_payment.document_of(event, DESK)

    assert fields(document) == [
        ("补缴类型", "不定额补缴"),
        ("缴款方式", "暂存款"),
        ("补缴金额", "1,234.56"),
        ("补缴人数", "1人"),
        ("实际缴款金额", "1,234.56"),
        ("暂存款转出金额", "1,234.56"),
        ("暂存款转入金额", "0.00"),
        ("暂存款可用金额", "1,037,364.24"),
    ]
    assert rows(document) == [(*WHO, "1,234.56", "201901", "201903")]
    assert document.totals[0].words == "壹仟贰佰叁拾肆元伍角陆分"


def test_receipt_of_a_reversal_names_what_was_taken_back() -> None:
    event = deposit.BusinessReversed(
        header=HEADER,
        reversed_registration_no="2020042200000007",
        reversed_kind=business_pb2.BUSINESS_KIND_REMITTANCE,
        transaction_type="7",
        from_month=202003,
        to_month=202004,
        headcount=2,
        amount_fen=220_000,
        suspense_in_fen=220_000,
        suspense_after_fen=1_000_000,
        reason="年月有误",
    )

    document = reversal.document_of(event, DESK)

    assert fields(document)[:4] == [
        ("被冲正登记号", "2020042200000007"),
        ("被冲正业务", "汇缴"),
        ("冲正方式", "当日冲正"),
        ("涉及人数", "2人"),
    ]
    assert fields(document)[-1] == ("冲正原因", "年月有误")
    assert totals(document) == [("冲正金额", "2,200.00")]


def test_voucher_is_of_the_day_on_which_the_business_was_posted() -> None:
    event = deposit.RemittancePosted()
    event.CopyFrom(REMITTED)
    event.statement.MergeFrom(
        deposit.StatementLine(
            posted_on="2020-04-24",
            kind=business_pb2.BUSINESS_KIND_REMITTANCE,
            headcount=108,
            amount_fen=32_242_122,
            from_month=201910,
            to_month=201912,
            suspense_out_fen=32_242_122,
            suspense_after_fen=718_218_890,
            transaction_type="0",
        )
    )

    document = voucher.document_of(event, DESK)

    assert document.title == "张家口市住房公积金缴存凭证"
    assert document.business_date == date(2020, 4, 24)
    assert fields(document) == [
        ("业务类型", "汇缴"),
        ("交易类型", "正常"),
        ("起始年月", "201910"),
        ("截止年月", "201912"),
        ("缴存人数", "108人"),
        ("暂存款转出金额", "322,421.22"),
        ("暂存款转入金额", "0.00"),
        ("暂存款余额", "7,182,188.90"),
    ]
    assert document.totals[0].words == "叁拾贰万贰仟肆佰贰拾壹元贰角贰分"


def test_certificate_has_every_figure_of_the_manual() -> None:
    figures = Figures(
        employer_no="10700000010",
        name="张家口试验有限公司",
        branch_name="桥东管理部",
        agent_name="李经办",
        status="01",
        opened_on="2009-09-14",
        employer_rate=RateLimits(12, 12),
        employee_rate=RateLimits(10, 12),
        first_month=200909,
        paid_through_month=0,
        active_headcount=106,
        sealed_headcount=2,
        balance_fen=1_136_144_521,
    )

    document = contribution_certificate.document_of(
        figures,
        number="ZM2020042400000018",
        day=date(2020, 4, 24),
        centre_name="张家口市住房公积金",
    )

    assert document.title == "张家口市住房公积金单位缴存证明"
    assert document.registration_no == "ZM2020042400000018"
    assert fields(document) == [
        ("单位名称", "张家口试验有限公司"),
        ("单位账号", "10700000010"),
        ("开户日期", "2009-09-14"),
        ("单位账户状态", "正常"),
        ("经办机构", "桥东管理部"),
        ("单位缴存比例", "12%"),
        ("个人缴存比例", "10%至12%"),
        ("初缴年月", "200909"),
        ("缴至年月", "无"),
        ("正常缴存人数", "106人"),
        ("封存人数", "2人"),
    ]
    assert totals(document) == [("缴存余额", "11,361,445.21")]
    assert document.totals[0].words == "壹仟壹佰叁拾陆万壹仟肆佰肆拾伍元贰角壹分"


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


def test_documents_of_one_business_have_different_numbers() -> None:
    numbers = {"2020042310000001", joining_receipt_no("2020042310000001")}
    numbers |= {voucher_no("2020042310000001")}
    assert numbers == {"2020042310000001", "ZR2020042310000001", "PZ2020042310000001"}


def test_certificate_number_has_the_day_and_a_check_digit() -> None:
    # Luhn of 0000017: 7 counts double, 14 → 5, and 1; 6 in all, so 4 is missing to 10.
    assert certificate_no(date(2020, 4, 24), 17) == "ZM2020042400000174"


def test_code_is_read_as_people_type_it() -> None:
    assert code_as_printed(" 7k2m-9qxa 4t6p-oil1 ") == "7K2M9QXA4T6P0111"


def test_file_carries_its_code_where_it_can_be_found() -> None:
    content = b"%PDF (2020 code:7K2M9QXA4T6P0111) ... (code:7K2M9QXA4T6P0111) code:SHORT"
    assert codes_in_file(content) == ["7K2M9QXA4T6P0111"]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张家口试验有限公司", "张家****公司"),
        ("某公司", "某****司"),
        ("甲", "*"),
        ("", ""),
    ],
)
def test_name_is_masked_in_the_middle(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"), [("2020042310000001", "****0001"), ("1234", "****"), ("", "****")]
)
def test_number_is_masked_but_for_its_end(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def columns(document: Document) -> list[str]:
    assert document.table is not None
    return [column.title for column in document.table.columns]


def rows(document: Document) -> list[tuple[str, ...]]:
    assert document.table is not None
    return [tuple(row) for row in document.table.rows]


def fields(document: Document) -> list[tuple[str, str]]:
    return [(field.label, field.value) for field in document.fields]


def totals(document: Document) -> list[tuple[str, str]]:
    return [(total.label, total.value) for total in document.totals]
