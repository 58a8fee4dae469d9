"""Receipts, vouchers and certificates of the 缴存 businesses (manual 六, 七): the manual's words in its order."""

from __future__ import annotations

from datetime import date

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt.documents import (
    back_payment,
    contribution_certificate,
    remittance,
    reversal,
    voucher,
)
from services.receipt.documents.contribution_certificate import Figures, RateLimits
from tests.unit.receipt.made_up import (
    DESK,
    HEADER,
    REMITTED,
    WHO,
    fields,
    rows,
    totals,
)


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
        ("单位账户状态", "正常"),
        ("开户日期", "2009-09-14"),
        ("初缴年月", "200909"),
        ("单位缴存比例", "12%"),
        ("个人缴存比例", "10%至12%"),
        ("缴至年月", "无"),
        ("正常缴存人数", "106人"),
        ("封存人数", "2人"),
    ]
    assert totals(document) == [("缴存余额", "11,361,445.21")]
    assert document.totals[0].words == "壹仟壹佰叁拾陆万壹仟肆佰肆拾伍元贰角壹分"
