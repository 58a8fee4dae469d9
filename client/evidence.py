"""Checks kept signatures of submissions again, from nothing but what the hall hands out (docs/submissions.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509
from hpf.common.v1 import submission_pb2 as pb

from services.kit.signatures import verify_signature
from services.kit.submissions.algorithms import ALGORITHMS
from services.kit.submissions.canonical import is_submission, sha256_hex

_APPROVAL = "ApproveSubmission"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one piece of evidence proves; `faults` are Chinese, empty when all is well."""

    certificate: str  # serial number, hexadecimal
    kept_at: datetime
    faults: tuple[str, ...]


def check_evidence(reply: pb.ListSubmissionEvidenceResponse) -> list[Finding]:
    """Each signature by its own certificate, each form against what it names: the list, or the form it approves."""
    submitted = {
        sha256_hex(each.canonical) for each in reply.evidence if not each.method.endswith(_APPROVAL)
    }
    return [_finding(each, reply.content, submitted) for each in reply.evidence]


def _finding(each: pb.SubmissionEvidence, content: bytes, submitted: set[str]) -> Finding:
    faults = []
    if not is_submission(each.canonical):
        return Finding("", each.kept_at.ToDatetime(tzinfo=UTC), ("不是业务提交",))
    form = json.loads(each.canonical)
    signed = each.signature
    algorithm = ALGORITHMS.get(signed.algorithm)
    if algorithm is None or not verify_signature(
        signed.certificate, algorithm, message=each.canonical, signature=signed.signature
    ):
        faults.append("签名无效")
    if (form["method"], form["employer_no"]) != (each.method, each.employer_no):
        faults.append("业务或单位不符")
    named = form["content_sha256"]
    if each.method.endswith(_APPROVAL):
        # What was approved is known by its own evidence only when it was signed too.
        if submitted and named not in submitted:
            faults.append("复核的不是该提交")
    elif named and named != sha256_hex(content):
        faults.append("清单不符")
    return Finding(_serial(signed.certificate), each.kept_at.ToDatetime(tzinfo=UTC), tuple(faults))


def _serial(certificate: bytes) -> str:
    try:
        return f"{x509.Certificate.load(certificate).serial_number:x}"
    except (ValueError, TypeError):
        return ""
