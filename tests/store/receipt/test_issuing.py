"""缴存证明 and 缴存凭证 (manual 七): of the figures that events told, numbered, printed and counted."""

from __future__ import annotations

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1.business_pb2 import ConsistencyToken
from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit.ids import new_id
from services.receipt.prints import Press
from tests.store import stories
from tests.store.receipt.printing import downloaded, get, text_of
from tests.store.stage import Stage, agent_of, event_of, new_employer_no, story_of


@pytest.fixture
def employer_no(receipt: Stage) -> str:
    """Two people active, one sealed; one month of 2200.00 remitted from 10000.00, and known to be."""
    employer_no = new_employer_no()
    people = [stories.account(employer_no, number) for number in (1, 2)]
    sealed = stories.account(employer_no, 3, status="02")
    receipt.tell(
        story_of(
            "collection",
            employer_no,
            stories.registered(employer_no),
            stories.opened(employer_no, *people, sealed),
            stories.roster_released(
                employer_no,
                status="01",
                paid_through_month=201907,
                employer_rate_min=10,
                employer_rate_max=12,
                employee_rate_min=10,
                employee_rate_max=10,
            ),
        )
    )
    receipt.tell(
        story_of(
            "deposit",
            employer_no,
            stories.paid_in(employer_no, 1_000_000),
            stories.remitted(employer_no, people=2),
        )
    )
    return employer_no


def issue_certificate(receipt: Stage, employer_no: str, *, request_id: str = "") -> pb.Receipt:
    request = pb.IssueContributionCertificateRequest(request_id=request_id or new_id())
    reply = receipt.ask(request, pb.IssueContributionCertificateResponse, by=agent_of(employer_no))
    return reply.document


def issue_voucher(receipt: Stage, employer_no: str, registration_no: str) -> pb.Receipt:
    request = pb.IssueVoucherRequest(
        request_id=new_id(), transaction_date="2019-09-20", registration_no=registration_no
    )
    return receipt.ask(request, pb.IssueVoucherResponse, by=agent_of(employer_no)).document


def test_certificate_says_how_the_employer_stands(
    receipt: Stage, press: Press, employer_no: str
) -> None:
    document = issue_certificate(receipt, employer_no)
    assert document.paper == pb.PAPER_CERTIFICATE
    assert document.state == pb.RECEIPT_STATE_PENDING
    assert document.document_no.startswith("ZM20190920")
    given, pdf = downloaded(
        receipt, press, employer_no, document.document_no, request_id="request-1"
    )
    shown = "".join(text_of(pdf).split())
    for fact in (
        "张家口市住房公积金单位缴存证明",
        f"编号：{document.document_no}",
        f"单位账号{employer_no}",
        "开户日期2019-07-01",
        "单位账户状态正常",
        "单位缴存比例10%至12%",
        "个人缴存比例10%",
        "初缴年月201907",
        "缴至年月201907",
        "正常缴存人数2人",
        "封存人数1人",
        "缴存余额2,200.00",
        "贰仟贰佰元整",
        f"验证码：{document.verification_code}",
    ):
        assert fact in shown, fact
    assert given.print_count == 1


def test_certificate_asked_for_twice_with_one_request_id_is_one(
    receipt: Stage, employer_no: str
) -> None:
    first = issue_certificate(receipt, employer_no, request_id="request-1")
    again = issue_certificate(receipt, employer_no, request_id="request-1")
    other = issue_certificate(receipt, employer_no, request_id="request-2")
    assert first.document_no == again.document_no != other.document_no


def test_certificate_keeps_its_figures_when_the_employers_change(
    receipt: Stage, press: Press, employer_no: str
) -> None:
    number = issue_certificate(receipt, employer_no).document_no
    _, first = downloaded(receipt, press, employer_no, number, request_id="request-1")
    changed = stories.roster_released(employer_no, paid_through_month=201912)
    receipt.tell(story_of("collection", employer_no, changed))
    _, again = downloaded(receipt, press, employer_no, number, request_id="request-2")
    assert text_of(again) == text_of(first).replace("打印次数：1", "打印次数：2")


def test_no_certificate_of_an_employer_that_is_not_known_yet(receipt: Stage) -> None:
    request = pb.IssueContributionCertificateRequest(request_id=new_id())
    refusal = receipt.refusal(request, by=agent_of(new_employer_no()))
    assert refusal == "FIGURES_NOT_KNOWN_YET"


def test_certificate_waits_for_what_its_agent_has_done(receipt: Stage, employer_no: str) -> None:
    token = ConsistencyToken(owner="collection", employer_no=employer_no, version=4)
    request = pb.IssueContributionCertificateRequest(request_id=new_id(), consistency=[token])
    agent = agent_of(employer_no)
    assert receipt.refusal(request, by=agent) == "READ_MODEL_BEHIND"
    # Versions 1 to 3 have come; the fourth makes no document and tells nothing of the employer.
    passing = collection.PolicyChanged(valid_from="2020-01-01")
    receipt.tell_one(event_of("collection", employer_no, 4, passing))
    receipt.ask(request, pb.IssueContributionCertificateResponse, by=agent)


def test_tokens_of_other_employers_are_nothing_to_wait_for(
    receipt: Stage, employer_no: str
) -> None:
    token = ConsistencyToken(owner="deposit", employer_no=new_employer_no(), version=99)
    request = pb.IssueContributionCertificateRequest(request_id=new_id(), consistency=[token])
    receipt.ask(request, pb.IssueContributionCertificateResponse, by=agent_of(employer_no))


def test_voucher_shows_the_business_before_it_is_printed(receipt: Stage, employer_no: str) -> None:
    request = pb.GetVoucherRequest(
        transaction_date="2019-09-20", registration_no=f"R{employer_no}4"
    )
    voucher = receipt.ask(request, pb.GetVoucherResponse, by=agent_of(employer_no)).voucher
    assert voucher.title == "张家口市住房公积金缴存凭证"
    assert {each.label: each.value for each in voucher.facts} == {
        "业务类型": "汇缴",
        "交易类型": "正常",
        "起始年月": "201907",
        "截止年月": "201907",
        "缴存人数": "2人",
        "暂存款转出金额": "2,200.00",
        "暂存款转入金额": "0.00",
        "暂存款余额": "7,800.00",
        "缴存金额": "2,200.00",
    }
    assert voucher.facts[-1].words == "贰仟贰佰元整"


def test_voucher_is_one_document_that_counts_its_prints(
    receipt: Stage, press: Press, employer_no: str
) -> None:
    registration_no = f"R{employer_no}4"
    number = issue_voucher(receipt, employer_no, registration_no).document_no
    _, pdf = downloaded(receipt, press, employer_no, number, request_id="request-1")
    assert issue_voucher(receipt, employer_no, registration_no).document_no == number
    again, _ = downloaded(receipt, press, employer_no, number, request_id="request-2")
    assert again.print_count == 2
    assert get(receipt, employer_no, registration_no).print_count == 0
    shown = text_of(pdf)
    for fact in ("缴存凭证", f"登记号：{registration_no}", "交易日期：2019-09-20", "打印次数：1"):
        assert fact in shown, fact


def test_voucher_is_not_listed_before_it_is_asked_for(receipt: Stage, employer_no: str) -> None:
    def papers() -> list[int]:
        reply = receipt.ask(
            pb.ListReceiptsRequest(), pb.ListReceiptsResponse, by=agent_of(employer_no)
        )
        return sorted(each.paper for each in reply.receipts)

    assert papers() == [pb.PAPER_RECEIPT] * 2
    issue_voucher(receipt, employer_no, f"R{employer_no}4")
    assert papers() == [pb.PAPER_RECEIPT, pb.PAPER_RECEIPT, pb.PAPER_VOUCHER]
    only = pb.ListReceiptsRequest(paper=pb.PAPER_VOUCHER)
    listed = receipt.ask(only, pb.ListReceiptsResponse, by=agent_of(employer_no)).receipts
    assert [each.registration_no for each in listed] == [f"R{employer_no}4"]


@pytest.mark.parametrize(
    ("day", "number"),
    [("2019-09-21", "4"), ("", "4"), ("20th", "4"), ("2019-09-20", "9"), ("2019-09-20", "2")],
    ids=["another day", "no day", "no date", "no such business", "not a deposit business"],
)
def test_voucher_needs_day_and_number_of_one_deposit_business(
    receipt: Stage, employer_no: str, day: str, number: str
) -> None:
    wanted = {"transaction_date": day, "registration_no": f"R{employer_no}{number}"}
    agent = agent_of(employer_no)
    assert receipt.refusal(pb.GetVoucherRequest(**wanted), by=agent) == "VOUCHER_UNKNOWN"
    issue = pb.IssueVoucherRequest(request_id=new_id(), **wanted)
    assert receipt.refusal(issue, by=agent) == "VOUCHER_UNKNOWN"


def test_another_employers_voucher_is_unknown(receipt: Stage, employer_no: str) -> None:
    wanted = pb.GetVoucherRequest(transaction_date="2019-09-20", registration_no=f"R{employer_no}4")
    assert receipt.refusal(wanted, by=agent_of(new_employer_no())) == "VOUCHER_UNKNOWN"
