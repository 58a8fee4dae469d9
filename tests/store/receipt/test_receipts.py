"""Receipts from event to paper: facts kept, prints rendered, counted and given to their employer only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hpf.receipt.v1 import receipt_events_pb2
from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import text

from deploy.local import programs
from services.kit import job_worker
from services.kit.ids import new_id
from services.receipt import facts
from services.receipt.domain import RENDER
from services.receipt.prints import Press
from services.receipt.rendering.document import Column, Table
from services.receipt.rendering.signing import Pkcs11Signer, SealKey
from services.receipt.store import documents
from tests.store import stories
from tests.store.receipt.printing import (
    download,
    downloaded,
    events_of,
    get,
    render_all,
    text_of,
)
from tests.store.stage import STAFF, Stage, agent_of, event_of, new_employer_no, refusal_of

READY = pb.RECEIPT_STATE_READY
PENDING = pb.RECEIPT_STATE_PENDING
FAILED = pb.RECEIPT_STATE_FAILED


def opened(receipt: Stage, *, name: str = "张䶮") -> tuple[str, str]:
    """An employer that has just opened accounts for two people; returns it and the registration number."""
    employer_no = new_employer_no()
    message = stories.opened(
        employer_no,
        stories.account(employer_no, 1, name=name),
        stories.account(employer_no, 2, name="<b>&amp;"),
    )
    receipt.tell_one(event_of("collection", employer_no, 2, message))
    return employer_no, message.header.registration_no


def test_receipt_of_open_accounts_carries_its_facts(receipt: Stage, press: Press) -> None:
    employer_no, registration_no = opened(receipt)
    assert get(receipt, employer_no, registration_no).state == PENDING
    render_all(receipt, press)
    found, pdf = downloaded(receipt, press, employer_no, registration_no, request_id="request-1")
    shown = text_of(pdf)
    for fact in (
        "张家口市住房公积金个人账户设立业务回单",
        registration_no,
        employer_no,
        "张䶮",
        "<b>&amp;",
        stories.id_number(1),
        stories.mobile(2),
        "2人",
        "2,200.00",
        "贰仟贰佰元整",
        found.verification_code,
    ):
        assert fact in shown, fact
    assert found.sha256 == hashlib.sha256(pdf).hexdigest()
    assert found.size_bytes == len(pdf)


def test_receipt_of_a_remittance_carries_its_facts(receipt: Stage, press: Press) -> None:
    employer_no = new_employer_no()
    message = stories.remitted(employer_no, people=2)
    receipt.tell_one(event_of("deposit", employer_no, 2, message))
    render_all(receipt, press)
    _, pdf = downloaded(
        receipt, press, employer_no, message.header.registration_no, request_id="request-1"
    )
    shown = text_of(pdf)
    for fact in ("汇缴业务回单", "201907", "2,200.00", "7,800.00", "贰仟贰佰元整", "李经办"):
        assert fact in shown, fact


def test_event_told_twice_makes_one_receipt(receipt: Stage, press: Press) -> None:
    employer_no = new_employer_no()
    message = stories.remitted(employer_no)
    receipt.tell_one(event_of("deposit", employer_no, 2, message))
    receipt.tell_one(event_of("deposit", employer_no, 2, message))
    assert render_all(receipt, press) == 1
    reply = receipt.ask(pb.ListReceiptsRequest(), pb.ListReceiptsResponse, by=agent_of(employer_no))
    assert [each.registration_no for each in reply.receipts] == [message.header.registration_no]
    (event,) = events_of(receipt, employer_no)
    assert isinstance(event, receipt_events_pb2.ReceiptReady)
    assert event.sha256 == reply.receipts[0].sha256


def test_receipt_is_not_ready_before_it_is_rendered(receipt: Stage) -> None:
    employer_no, registration_no = opened(receipt)
    assert refusal_of(download(receipt, employer_no, registration_no)) == "NOT_READY_YET"
    assert get(receipt, employer_no, registration_no).print_count == 0


def test_download_sent_twice_counts_once(receipt: Stage, press: Press) -> None:
    employer_no, registration_no = opened(receipt)
    render_all(receipt, press)
    first = download(receipt, employer_no, registration_no)
    assert first.code == 0
    assert download(receipt, employer_no, registration_no) == first
    assert get(receipt, employer_no, registration_no).print_count == 1


def test_reprint_differs_in_its_print_count_only(receipt: Stage, press: Press) -> None:
    names = opened(receipt)
    render_all(receipt, press)
    first, one = downloaded(receipt, press, *names, request_id="request-1")
    second, two = downloaded(receipt, press, *names, request_id="request-2")
    assert (first.print_count, second.print_count) == (1, 2)
    assert first.verification_code == second.verification_code
    assert text_of(two) == text_of(one).replace("打印次数：1", "打印次数：2")
    assert one != two


def test_print_is_rendered_to_the_same_bytes_again(receipt: Stage, press: Press) -> None:
    names = opened(receipt)
    render_all(receipt, press)
    sha256 = get(receipt, *names).sha256
    again = pb.RenderReceiptAgainRequest(request_id=new_id(), registration_no=names[1])
    receipt.ask(again, pb.RenderReceiptAgainResponse, by=STAFF)
    receipt.clock.moment = receipt.clock.moment.replace(year=2029)
    assert render_all(receipt, press) == 1
    assert get(receipt, *names).sha256 == sha256


def test_print_given_out_is_not_replaced(receipt: Stage, press: Press) -> None:
    names = opened(receipt)
    render_all(receipt, press)
    given = download(receipt, *names)
    again = pb.RenderReceiptAgainRequest(request_id=new_id(), registration_no=names[1])
    receipt.ask(again, pb.RenderReceiptAgainResponse, by=STAFF)
    altered = Press(press.fonts, replace(press.seal, number="1307020000001"), None)
    render_all(receipt, altered)
    assert download(receipt, *names) == given
    _, second = downloaded(receipt, press, *names, request_id="request-2")
    assert "1307020000001" not in text_of(receipt.runtime.blobs.read(given.blob)).replace("\n", "")
    assert "打印次数：2" in text_of(second)


def test_print_whose_file_was_altered_is_not_counted_and_can_be_made_anew(
    receipt: Stage, press: Press, tmp_path: Path
) -> None:
    names = opened(receipt)
    render_all(receipt, press)
    (file,) = (tmp_path / "blobs" / "receipts" / names[1]).iterdir()
    whole = file.read_bytes()
    assert whole[:4] == b"HPF1"
    assert b"%PDF" not in whole
    file.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    assert refusal_of(download(receipt, *names)) == "STORED_FILE_UNUSABLE"
    assert get(receipt, *names).print_count == 0

    again = pb.RenderReceiptAgainRequest(request_id=new_id(), registration_no=names[1])
    receipt.ask(again, pb.RenderReceiptAgainResponse, by=STAFF)
    first, pdf = downloaded(receipt, press, *names, request_id="request-1")
    assert first.print_count == 1
    assert hashlib.sha256(pdf).hexdigest() == first.sha256


def test_another_employers_receipt_is_unknown(receipt: Stage, press: Press) -> None:
    names = opened(receipt)
    render_all(receipt, press)
    other = new_employer_no()
    request = pb.GetReceiptRequest(registration_no=names[1])
    assert receipt.refusal(request, by=agent_of(other)) == "RECEIPT_UNKNOWN"
    assert refusal_of(download(receipt, other, names[1])) == "RECEIPT_UNKNOWN"
    reply = receipt.ask(pb.ListReceiptsRequest(), pb.ListReceiptsResponse, by=agent_of(other))
    assert list(reply.receipts) == []
    assert get(receipt, *names).print_count == 0


def test_receipts_are_listed_newest_first_in_pages(receipt: Stage) -> None:
    employer_no = new_employer_no()
    for version, message in enumerate(
        (
            stories.opened(employer_no, stories.account(employer_no, 1)),
            stories.remitted(employer_no),
        ),
        start=1,
    ):
        owner = message.DESCRIPTOR.full_name.split(".")[1]
        receipt.tell_one(event_of(owner, employer_no, version, message))
    agent = agent_of(employer_no)
    first = receipt.ask(pb.ListReceiptsRequest(page_size=1), pb.ListReceiptsResponse, by=agent)
    rest = pb.ListReceiptsRequest(page_size=1, page_token=first.next_page_token)
    second = receipt.ask(rest, pb.ListReceiptsResponse, by=agent)
    assert [each.title[-6:] for each in (*first.receipts, *second.receipts)] == [
        "汇缴业务回单",
        "设立业务回单",
    ]
    assert second.next_page_token == ""


def test_name_that_no_face_shows_fails_the_receipt_in_sight_of_staff(
    receipt: Stage, press: Press
) -> None:
    names = opened(receipt, name="试\U0001f600验")
    render_all(receipt, press)
    seen_by_agent = get(receipt, *names)
    assert seen_by_agent.state == FAILED
    assert seen_by_agent.failure == "回单生成失败，业务已办理成功，请联系管理部重新生成回单"
    assert refusal_of(download(receipt, *names)) == "RECEIPT_FAILED"
    listed = receipt.ask(pb.ListFailedReceiptsRequest(), pb.ListFailedReceiptsResponse, by=STAFF)
    (failed,) = [each for each in listed.receipts if each.registration_no == names[1]]
    assert failed.failure == "UNSHOWABLE_TEXT: no face shows U+1F600 in table.rows[0]"
    (event,) = events_of(receipt, names[0])
    assert isinstance(event, receipt_events_pb2.ReceiptFailed)


def test_facts_that_fit_on_no_page_fail_the_receipt_at_once(receipt: Stage, press: Press) -> None:
    employer_no, number = opened(receipt)
    vault = receipt.runtime.vault
    with receipt.runtime.database.transaction() as connection:
        document = facts.from_bytes(vault.open(documents.load_facts(connection, number)))
        table = Table((Column("窄", 10), Column("宽", 160)), (("甲" * 200, "乙"),))
        connection.execute(
            text("UPDATE receipt SET facts_sealed = :facts WHERE document_no = :no"),
            {"facts": vault.seal(facts.to_bytes(replace(document, table=table))), "no": number},
        )
    render_all(receipt, press)
    assert get(receipt, employer_no, number).state == FAILED
    listed = receipt.ask(pb.ListFailedReceiptsRequest(), pb.ListFailedReceiptsResponse, by=STAFF)
    (failed,) = [each for each in listed.receipts if each.registration_no == number]
    assert failed.failure == "DOCUMENT_TOO_LARGE: table.rows[0] does not fit on a page"


def test_seal_that_a_person_must_mend_fails_the_receipt_in_sight_of_staff(
    receipt: Stage, press: Press
) -> None:
    employer_no, number = opened(receipt)
    no_library = SealKey(module=Path("/nowhere/softhsm.so"), token_label="seal", pin="00000000")
    render_all(receipt, replace(press, signer=Pkcs11Signer(no_library)))
    assert get(receipt, employer_no, number).state == FAILED
    listed = receipt.ask(pb.ListFailedReceiptsRequest(), pb.ListFailedReceiptsResponse, by=STAFF)
    (failed,) = [each for each in listed.receipts if each.registration_no == number]
    assert failed.failure == "SEAL_UNUSABLE: the PKCS#11 library does not load"


def test_receipt_waits_for_a_token_that_is_away(
    receipt: Stage, press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    employer_no, number = opened(receipt)
    away = SealKey(module=programs.softhsm().module, token_label="seal", pin="00000000")
    assert render_all(receipt, replace(press, signer=Pkcs11Signer(away))) == 1
    assert get(receipt, employer_no, number).state == PENDING
    receipt.clock.moment += timedelta(minutes=1)
    render_all(receipt, press)
    assert get(receipt, employer_no, number).state == READY


def test_staff_have_a_failed_receipt_rendered_again(receipt: Stage, press: Press) -> None:
    names = opened(receipt)
    no_disk = job_worker.JobKind(_refuse, press.kind().gave_up)
    assert job_worker.run_one(receipt.runtime, {RENDER: no_disk})
    assert get(receipt, *names).state == FAILED
    again = pb.RenderReceiptAgainRequest(request_id=new_id(), registration_no=names[1])
    reply = receipt.ask(again, pb.RenderReceiptAgainResponse, by=STAFF)
    assert reply.receipt.state == PENDING
    render_all(receipt, press)
    assert get(receipt, *names).state == READY
    assert download(receipt, *names, request_id="request-2").code == 0


def test_agents_may_not_render_again(receipt: Stage) -> None:
    names = opened(receipt)
    again = pb.RenderReceiptAgainRequest(request_id=new_id(), registration_no=names[1])
    assert receipt.refusal(again, by=agent_of(names[0])) == "NOT_ALLOWED"


def test_facts_are_stored_sealed(receipt: Stage) -> None:
    employer_no, _ = opened(receipt, name="张䶮")
    with receipt.runtime.database.reading() as connection:
        rows = connection.execute(
            text("SELECT r::text FROM receipt r WHERE employer_no = :no"), {"no": employer_no}
        ).all()
    stored = repr(rows)
    assert "个人账户设立业务回单" in stored
    for secret in ("张䶮", stories.id_number(1), stories.mobile(1)):
        assert secret not in stored
        assert secret.encode().hex() not in stored


def _refuse(*_: object) -> job_worker.Record:
    raise job_worker.JobRefused("NO_SPACE")
