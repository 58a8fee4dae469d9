"""Submissions formed by hand and signed by OpenSSL are taken; anything else under the same signature is not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from asn1crypto import pem
from google.protobuf.message import Message
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.common.v1 import submission_pb2 as pb
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.app import Method, Principal
from services.kit.errors import DomainError
from services.kit.submissions.canonical import canonical_form, list_content, sha256_hex
from services.kit.submissions.submission import Submission

MADE = Path(__file__).parent / "openssl"
EMPLOYER_NO = "10700000010"
REMIT = deposit.DESCRIPTOR.services_by_name["DepositService"].methods_by_name["SubmitRemittance"]
LIST = collection.DESCRIPTOR.services_by_name["CollectionService"].methods_by_name[
    "SubmitWorksheet"
]
ALGORITHMS = {
    "rsa-pkcs1-sha256": ("rsa.pem", pb.SUBMISSION_ALGORITHM_RSA_PKCS1_SHA256),
    "rsa-pss-sha256": ("rsa.pem", pb.SUBMISSION_ALGORITHM_RSA_PSS_SHA256),
    "ecdsa-p256-sha256": ("p256.pem", pb.SUBMISSION_ALGORITHM_ECDSA_P256_SHA256),
    "ecdsa-p384-sha384": ("p384.pem", pb.SUBMISSION_ALGORITHM_ECDSA_P384_SHA384),
    "sm2-sm3": ("sm2.pem", pb.SUBMISSION_ALGORITHM_SM2_SM3),
}

each_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


def remittance() -> deposit.SubmitRemittanceRequest:
    return deposit.SubmitRemittanceRequest(request_id="remit-0001", to_month=201912)


def worksheet() -> business_pb2.SubmitWorksheetRequest:
    return business_pb2.SubmitWorksheetRequest(
        request_id="open-0001", business="open_accounts", expected_revision=7
    )


def signature_of(name: str) -> pb.SubmissionSignature:
    certificate, algorithm = ALGORITHMS[name]
    return pb.SubmissionSignature(
        algorithm=algorithm,
        certificate=pem.unarmor((MADE / certificate).read_bytes())[2],
        signature=(MADE / f"{name}.sig").read_bytes(),
    )


def refusal(
    request: Message,
    signature: pb.SubmissionSignature,
    *,
    employer_no: str = EMPLOYER_NO,
    session_of: bytes = b"",
) -> str:
    """Why the submission is refused; empty when it is taken."""
    request.signature.CopyFrom(signature)  # type: ignore[attr-defined]  # of a submission
    method = Method(REMIT.name, REMIT, lambda _call, _request: request)
    thumbprint = hashlib.sha256(session_of or signature.certificate).hexdigest()
    who = Principal(kind="employer", employer_no=employer_no, certificate_sha256=thumbprint)
    try:
        Submission.of(method, request, who).begin()
    except DomainError as error:
        return error.reason.code
    return ""


def test_the_form_of_a_request_is_the_one_typed_by_hand() -> None:
    method = "hpf.deposit.v1.DepositService/SubmitRemittance"
    made = canonical_form(method, employer_no=EMPLOYER_NO, request=remittance())
    assert made == (MADE / "remittance.json").read_bytes()


def test_a_signature_is_no_part_of_what_it_signs() -> None:
    signed = remittance()
    signed.signature.CopyFrom(signature_of("sm2-sm3"))
    method = "hpf.deposit.v1.DepositService/SubmitRemittance"
    made = canonical_form(method, employer_no=EMPLOYER_NO, request=signed)
    assert made == (MADE / "remittance.json").read_bytes()


def test_the_form_of_a_list_is_the_one_typed_by_hand() -> None:
    rows = [
        {"name": "张三", "base": "16317.00"},
        {"name": '李"四\\', "base": "5000.00"},
    ]
    content = list_content({}, rows)
    assert content == (MADE / "list.json").read_bytes()
    made = canonical_form(
        "hpf.collection.v1.CollectionService/SubmitWorksheet",
        employer_no=EMPLOYER_NO,
        request=worksheet(),
        content_sha256=sha256_hex(content),
    )
    assert made == (MADE / "worksheet.json").read_bytes()


@each_algorithm
def test_what_openssl_signed_is_taken(name: str) -> None:
    assert refusal(remittance(), signature_of(name)) == ""


@each_algorithm
def test_one_flipped_bit_is_not(name: str) -> None:
    good = signature_of(name)
    for place in (0, len(good.signature) // 2, len(good.signature) - 1):
        changed = bytearray(good.signature)
        changed[place] ^= 1
        bad = pb.SubmissionSignature(
            algorithm=good.algorithm, certificate=good.certificate, signature=bytes(changed)
        )
        assert refusal(remittance(), bad) == "SIGNATURE_WRONG"


@each_algorithm
def test_nothing_else_is_taken_under_the_same_signature(name: str) -> None:
    good = signature_of(name)
    another_month = deposit.SubmitRemittanceRequest(request_id="remit-0001", to_month=201911)
    again = deposit.SubmitRemittanceRequest(request_id="remit-0002", to_month=201912)
    assert refusal(another_month, good) == "SIGNATURE_WRONG"
    assert refusal(again, good) == "SIGNATURE_WRONG"
    assert refusal(remittance(), good, employer_no="10700000011") == "SIGNATURE_WRONG"


@each_algorithm
def test_a_signature_is_not_of_another_algorithm_or_none(name: str) -> None:
    good = signature_of(name)
    for other, (_, algorithm) in ALGORITHMS.items():
        if other != name:
            bad = pb.SubmissionSignature(
                algorithm=algorithm, certificate=good.certificate, signature=good.signature
            )
            assert refusal(remittance(), bad) == "SIGNATURE_WRONG"
    unnamed = pb.SubmissionSignature(certificate=good.certificate, signature=good.signature)
    assert refusal(remittance(), unnamed) == "SIGNATURE_ALGORITHM_UNKNOWN"


@each_algorithm
def test_the_certificate_must_be_the_sessions(name: str) -> None:
    good = signature_of(name)
    assert refusal(remittance(), good, session_of=b"another") == "SIGNATURE_CERTIFICATE_OTHER"
