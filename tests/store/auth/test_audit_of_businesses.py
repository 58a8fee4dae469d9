"""Every business that ended stands in the audit trail, bound to the event that reported it."""

from __future__ import annotations

import hashlib
from typing import Any

from google.rpc import code_pb2, error_details_pb2, status_pb2
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2, submission_events_pb2

from services.auth.service import APP
from services.kit.app import Principal

STAFF = Principal(kind="staff", name="wang")


def entries(door: Any, **wanted: Any) -> Any:
    return door.call("ListAuditEntries", pb.ListAuditEntriesRequest(**wanted), STAFF)


def opened(number: str) -> collection.AccountsOpened:
    header = business_pb2.BusinessHeader(
        registration_no=number,
        kind=business_pb2.BUSINESS_KIND_OPEN_ACCOUNTS,
        employer_no="10010001",
    )
    return collection.AccountsOpened(header=header)


def test_a_posted_business_is_audited_with_the_digest_of_its_event(door: Any) -> None:
    event = opened("20250602000001")

    door.tell(event, "10010001")

    newest = entries(door, employer_no="10010001").entries[0]
    assert (newest.step, newest.outcome, newest.actor) == ("open_accounts", "posted", "collection")
    assert newest.registration_no == "20250602000001"
    assert newest.digest == hashlib.sha256(event.SerializeToString()).hexdigest()
    trail = door.call("VerifyAuditTrail", pb.VerifyAuditTrailRequest(), STAFF)
    assert (trail.intact_entries, trail.first_broken) == (2, 0)


def test_a_changed_digest_breaks_the_trail(door: Any) -> None:
    door.tell(opened("20250602000001"), "10010001")
    door.tamper("UPDATE audit_entry SET digest = '00' WHERE position = 2")
    trail = door.call("VerifyAuditTrail", pb.VerifyAuditTrailRequest(), STAFF)
    assert trail.first_broken == 2


def test_a_rejected_business_is_audited_with_its_reason(door: Any) -> None:
    rejection = status_pb2.Status(code=code_pb2.FAILED_PRECONDITION)
    rejection.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="INSUFFICIENT_SUSPENSE", domain="hpf")
    )
    business = business_pb2.Business(
        registration_no="20250602000002",
        kind=business_pb2.BUSINESS_KIND_REMITTANCE,
        state=business_pb2.BUSINESS_STATE_REJECTED,
        employer_no="10010001",
        rejection=rejection,
    )
    finished = business_pb2.BusinessFinished(business=business)

    door.tell(finished, "10010001")
    business.state = business_pb2.BUSINESS_STATE_POSTED  # known from its own event already
    door.tell(business_pb2.BusinessFinished(business=business), "10010001")

    found = [(each.step, each.outcome) for each in entries(door).entries]
    assert found == [("remittance", "rejected:INSUFFICIENT_SUSPENSE"), ("bind", "ok:handler")]


def test_a_submission_is_audited_with_its_session_and_what_became_of_it(door: Any) -> None:
    form = hashlib.sha256(b"the canonical form").hexdigest()
    told = submission_events_pb2.SubmissionNoted(
        outcome=submission_events_pb2.SUBMISSION_OUTCOME_WAITING,
        method="hpf.deposit.v1.DepositService/SubmitRemittance",
        waiting_no="WD20250602000001",
        session_id="s-1",
        certificate="CN=CA#1a",
        address="192.0.2.7",
        digest=form,
    )
    door.tell(told, "10010001")
    told.outcome = submission_events_pb2.SUBMISSION_OUTCOME_APPROVED
    told.method = "hpf.deposit.v1.DepositService/ApproveSubmission"
    told.registration_no = "20250602200001"
    door.tell(told, "10010001")
    refused = submission_events_pb2.SubmissionNoted(
        outcome=submission_events_pb2.SUBMISSION_OUTCOME_REFUSED,
        method="hpf.collection.v1.CollectionService/SubmitWorksheet",
        reason="SIGNATURE_REQUIRED",
    )
    door.tell(refused, "10010001")

    newest, approved, waits = entries(door).entries[:3]
    assert (newest.step, newest.outcome) == ("SubmitWorksheet", "refused:SIGNATURE_REQUIRED")
    assert newest.digest == ""
    assert (approved.step, approved.outcome) == ("ApproveSubmission", "approved")
    assert approved.registration_no == "20250602200001"
    assert (waits.step, waits.outcome) == ("SubmitRemittance", "waiting")
    assert (waits.registration_no, waits.digest) == ("WD20250602000001", form)
    assert (waits.session_id, waits.certificate, waits.address) == ("s-1", "CN=CA#1a", "192.0.2.7")
    trail = door.call("VerifyAuditTrail", pb.VerifyAuditTrailRequest(), STAFF)
    assert (trail.intact_entries, trail.first_broken) == (4, 0)


def test_entries_come_in_pages_newest_first(door: Any) -> None:
    for number in ("1", "2", "3"):
        door.tell(opened(number), "10010001")
    first = entries(door, employer_no="10010001", page_size=2)
    second = entries(door, employer_no="10010001", page_size=2, page_token=first.next_page_token)
    assert [each.registration_no for each in first.entries] == ["3", "2"]
    assert [each.registration_no for each in second.entries] == ["1", ""]
    assert second.next_page_token == ""


def test_every_business_of_both_owners_is_followed() -> None:
    followed = {
        (each.source, name.rpartition(".")[2])
        for each in APP.subscriptions
        for name in each.handlers
    }
    assert {
        ("collection", "AccountsOpened"),
        ("collection", "AccountsTransferredOut"),
        ("collection", "RosterReleased"),
        ("deposit", "RemittancePosted"),
        ("deposit", "BackPaymentPosted"),
        ("deposit", "BankPaymentRecorded"),
        ("deposit", "BusinessFinished"),
        ("collection", "SubmissionNoted"),
        ("deposit", "SubmissionNoted"),
    } <= followed
