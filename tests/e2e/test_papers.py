"""Papers of the running hall: signed with the seal's key, verifiable by anyone, counted (manual 五 to 七)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hpf.common.v1.business_pb2 import Business
from hpf.receipt.v1 import receipt_service_pb2 as pb
from pypdf import PdfReader

from client.hall import Hall
from client.signature_check import SignatureVerdict, check_signature, read_certificates
from tests.e2e.town import Employer, Town


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    """Two people with money to remit a month."""
    return town.settle(months_ago=1, headcount=2, paid_fen=300_000)


@pytest.fixture(scope="module")
def remittance(employer: Employer) -> Business:
    """One month: 2200.00 of 3000.00."""
    return employer.hall.outcome(employer.hall.submit_remittance(employer.first_month.to_int()))


@pytest.fixture(scope="module")
def receipt_file(
    employer: Employer, remittance: Business, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    return employer.hall.download_receipt(remittance.registration_no, folder).path


def flipped(path: Path) -> bytes:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    return bytes(content)


def opinion_of_poppler(path: Path) -> str:
    done = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, check=False)
    return done.stdout.decode()


def test_a_receipt_is_signed_and_whole(town: Town, receipt_file: Path) -> None:
    roots = read_certificates((town.instance.trust_dir / "democa" / "ca.pem").read_bytes())

    opinion = opinion_of_poppler(receipt_file)

    assert "Signature is Valid" in opinion
    assert "Total document signed" in opinion
    assert check_signature(receipt_file.read_bytes(), trusted=roots) is SignatureVerdict.INTACT


def test_one_flipped_bit_is_seen_by_poppler_and_by_the_hall(
    town: Town, receipt_file: Path, tmp_path: Path
) -> None:
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(flipped(receipt_file))

    with Hall(town.instance.edge_target, ca_pem=town.instance.ca_pem.read_bytes()) as anyone:
        before = anyone.verify(content=receipt_file.read_bytes())
        after = anyone.verify(content=altered.read_bytes())

    assert before.verdict == pb.VERDICT_GENUINE
    assert after.verdict == pb.VERDICT_ALTERED
    assert "Signature is Valid" not in opinion_of_poppler(altered)


def test_a_certificate_asked_for_at_once_says_what_was_remitted(
    employer: Employer, remittance: Business, tmp_path: Path
) -> None:
    issued = employer.hall.issue_certificate()

    file = employer.hall.download_receipt(issued.document_no, tmp_path / "certificate.pdf")

    text = "".join("".join(page.extract_text() for page in PdfReader(file.path).pages).split())
    assert f"缴至年月{employer.first_month}" in text
    assert "正常缴存人数2人" in text
    assert "缴存余额2,200.00" in text
    assert employer.hall.verify(code=issued.verification_code).verdict == pb.VERDICT_GENUINE


def test_a_voucher_is_found_by_day_and_number_of_the_statement(
    employer: Employer, remittance: Business, tmp_path: Path
) -> None:
    hall = employer.hall
    line = hall.statement(from_date="2000-01-01", to_date="2099-12-31").lines[0]
    assert line.registration_no == remittance.registration_no

    voucher = hall.voucher(line.posted_on, line.registration_no)
    issued = hall.issue_voucher(line.posted_on, line.registration_no)
    hall.download_receipt(issued.document_no, tmp_path / "1.pdf")
    hall.download_receipt(issued.document_no, tmp_path / "2.pdf")

    assert voucher.facts[-1].value == "2,200.00"
    assert hall.receipt(issued.document_no).print_count == 2
