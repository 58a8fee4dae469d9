"""Money: the bank's payment into suspense, and three months remitted from it (manual §6.1)."""

from __future__ import annotations

from hpf.common.v1 import business_pb2
from hpf.deposit.v1.deposit_service_pb2 import RecordBankPaymentRequest

from client.cli import tables
from client.demo.story import MONTHS, Story, known_by_now
from services.kit.ids import new_id
from services.kit.money import format_yuan


def pay_in(story: Story) -> None:
    """The bank reports a transfer, twice; it counts once."""
    story.tell.step("银行来款：转入单位暂存款（银行重复通知，只记一次）")
    reference = f"DEMO{story.today:%Y%m%d}0001"
    for _ in range(2):
        request = RecordBankPaymentRequest(
            employer_no=story.employer_no,
            bank_reference=reference,
            amount_fen=story.paid_in_fen,
            value_date=story.today.isoformat(),
            payer_name="单位基本户",
        )
        known_by_now(lambda request=request: story.staff.record_payment(request))  # type: ignore[misc]
    amount = format_yuan(story.paid_in_fen)
    story.tell.command(
        f"hpf admin payment record {story.employer_no} --amount {amount} "
        f"--reference {reference} --date {story.today}"
    )
    story.tell.check_yuan(
        "暂存款可用余额", expected_fen=story.paid_in_fen, found_fen=story.hall.suspense_fen()
    )


def remit(story: Story) -> None:
    """Three months at once; the same submission sent twice posts once."""
    last = story.months[-1]
    story.tell.step(f"汇缴：{story.months[0]} 至 {last} 三个月")
    preview = story.hall.preview_remittance(last.to_int())
    story.tell.command(f"hpf remit preview --to {last}")
    story.tell.show(tables.preview_table(preview))
    story.tell.check("应缴月数", expected=MONTHS, found=len(preview.months))
    story.tell.check_yuan("应缴金额", expected_fen=story.due_fen, found_fen=preview.amount_fen)
    request_id = new_id()

    def submit() -> business_pb2.Business:
        accepted = story.hall.submit_remittance(last.to_int(), due=preview, request_id=request_id)
        return story.hall.outcome(accepted)

    first, again = submit(), submit()
    story.remittance = first.registration_no
    story.tell.command(f"hpf remit submit --to {last}")
    story.tell.show(tables.business_facts(first))
    posted = business_pb2.BUSINESS_STATE_POSTED
    story.tell.check("汇缴已办结", expected=posted, found=first.state, shown=story.remittance)
    story.tell.check(
        "重复提交得到同一登记号", expected=story.remittance, found=again.registration_no
    )
    story.tell.check_yuan(
        "汇缴后暂存款余额",
        expected_fen=story.paid_in_fen - story.due_fen,
        found_fen=story.hall.suspense_fen(),
    )
