"""Every method that submits, signed and not: held to the session's key, kept as evidence, noted when refused."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass
from hpf.common.v1 import submission_events_pb2, submission_pb2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.kit.ids import new_id
from services.kit.registry import app_of
from services.kit.signatures import SignatureAlgorithm, verify_signature
from tests.owning import owning
from tests.system.city import City
from tests.system.keys import path_of, seen_list
from tests.system.lists import type_rows
from tests.system.submissions import (
    APPROVER,
    CASES,
    HANDLER,
    POSTED,
    SIGNED,
    Case,
    asked,
    each_case,
    new_person,
    noted,
    outcomes,
    posted,
    refusal,
    send,
    sign,
)


def test_every_method_that_submits_has_a_case_here() -> None:
    declared = {
        path_of(owner, GetMessageClass(method.descriptor.input_type)())
        for owner in ("collection", "deposit")
        for method in app_of(owner).methods.values()
        if method.submits
    }
    assert declared == {
        "hpf.collection.v1.CollectionService/SubmitWorksheet",
        "hpf.collection.v1.CollectionService/ChangeProfile",
        "hpf.collection.v1.CollectionService/ChangeRates",
        "hpf.collection.v1.CollectionService/CloseEmployer",
        "hpf.deposit.v1.DepositService/SubmitRemittance",
        "hpf.deposit.v1.DepositService/SubmitWorksheet",
    }


@each_case
def test_a_signed_submission_is_taken_and_its_signature_kept(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    form = case.form(city, employer_no, request)
    content = seen_list(city, employer_no, request, owner=case.owner)

    number = send(city, case, employer_no, request, SIGNED).registration_no

    assert asked(city, case, employer_no, number).state == POSTED
    kept = city.call(
        case.owner,
        submission_pb2.ListSubmissionEvidenceRequest(number=number),
        submission_pb2.ListSubmissionEvidenceResponse,
    )
    (evidence,) = kept.evidence
    assert (evidence.canonical, kept.content) == (form, content)
    assert evidence.session_id == f"handler of {employer_no}"
    assert verify_signature(
        evidence.signature.certificate,
        SignatureAlgorithm.ECDSA_SHA256,
        message=evidence.canonical,
        signature=evidence.signature.signature,
    )
    told = noted(city, employer_no)[-1]
    assert (told.registration_no, told.signed) == (number, True)
    assert told.digest == hashlib.sha256(form).hexdigest()


def test_a_repetition_may_be_signed_anew(city: City) -> None:
    case = CASES["remittance"]
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    first = bytes(request.signature.signature)
    number = send(city, case, employer_no, request, SIGNED).registration_no

    request.signature.CopyFrom(HANDLER.signature(case.form(city, employer_no, request)))

    assert request.signature.signature != first
    assert send(city, case, employer_no, request, SIGNED).registration_no == number
    assert len(posted(city, case, employer_no)) == 1


@each_case
def test_where_signatures_are_required_nothing_passes_without_one(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request = case.request(city, employer_no)

    assert refusal(lambda: send(city, case, employer_no, request, SIGNED)) == "SIGNATURE_REQUIRED"

    assert posted(city, case, employer_no) == []
    told = noted(city, employer_no)[-1]
    assert told.outcome == submission_events_pb2.SUBMISSION_OUTCOME_REFUSED
    assert (told.reason, told.certificate) == ("SIGNATURE_REQUIRED", "CN=handler#1")


@each_case
def test_what_was_signed_for_something_else_is_refused(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    request.request_id = new_id()
    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_WRONG"

    sign(city, case, employer_no, request, key=APPROVER)
    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_CERTIFICATE_OTHER"
    # The session's certificate beside a signature of another key.
    request.request_id = new_id()
    request.signature.certificate = HANDLER.certificate
    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_WRONG"

    assert posted(city, case, employer_no) == []
    assert outcomes(city, employer_no)[-3:] == ["REFUSED"] * 3


def test_rows_changed_after_the_signature_are_not_posted(city: City) -> None:
    case = CASES["open_accounts"]
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    type_rows(city, employer_no, "open_accounts", [new_person(base="9000.00")])

    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_WRONG"

    assert posted(city, case, employer_no) == []


def test_evidence_is_never_changed_or_deleted_but_sealed_anew(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    number = send(city, case, employer_no, request).registration_no
    database = city.runtimes["collection"].database

    for statement in (
        "DELETE FROM submission_evidence WHERE number = :number",
        "UPDATE submission_evidence SET signature = 'x' WHERE number = :number",
        "UPDATE submission_evidence SET number = '1' WHERE number = :number",
    ):
        with pytest.raises(DBAPIError, match="permission denied"), database.transaction() as mine:
            mine.execute(text(statement), {"number": number})
        with (
            pytest.raises(DBAPIError, match="never changed or deleted"),
            owning(database.url) as owners,
        ):
            owners.execute(text(statement), {"number": number})
    with database.transaction() as connection:
        anew = "UPDATE submission_evidence SET canonical_sealed = canonical_sealed WHERE number = :number"
        assert connection.execute(text(anew), {"number": number}).rowcount == 1
