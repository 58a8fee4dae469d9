"""What was signed, for the centre's staff: everything that is needed to check a signature again, years later."""

from __future__ import annotations

import json
import zlib

from hpf.common.v1 import submission_pb2 as pb

from services.kit.app import Call, Handler
from services.kit.clock import timestamp
from services.kit.signatures import SignatureAlgorithm
from services.kit.submissions import store
from services.kit.submissions.algorithms import ALGORITHMS
from services.kit.submissions.canonical import list_content
from services.kit.submissions.submitting import unpack
from services.kit.worksheet.store import find_submission

_ON_THE_WIRE = {algorithm: value for value, algorithm in ALGORITHMS.items()}


def list_submission_evidence(
    call: Call, request: pb.ListSubmissionEvidenceRequest
) -> pb.ListSubmissionEvidenceResponse:
    """Of a business and of its approval, by registration number or waiting number; empty when nothing was signed."""
    waited = store.waited_as(call.connection, request.number)
    numbers = [request.number]
    if waited is not None:
        numbers = [each for each in (waited.waiting_no, waited.registration_no) if each]
    return pb.ListSubmissionEvidenceResponse(
        evidence=[_message(call, each) for each in store.evidence_of(call.connection, numbers)],
        content=unpack(waited.content_sealed, call) if waited else _submitted(call, request.number),
    )


HANDLERS: dict[str, Handler] = {"ListSubmissionEvidence": list_submission_evidence}


def _submitted(call: Call, registration_no: str) -> bytes:
    """The list that is kept under a registration number, in canonical form."""
    found = find_submission(call.connection, registration_no)
    if found is None:
        return b""
    content = json.loads(zlib.decompress(call.vault.open(bytes(found["rows_sealed"]))))
    return list_content(content["header"], content["rows"])


def _message(call: Call, found: store.Evidence) -> pb.SubmissionEvidence:
    return pb.SubmissionEvidence(
        number=found.number,
        employer_no=found.employer_no,
        method=found.method,
        canonical=call.vault.open(found.canonical_sealed),
        signature=pb.SubmissionSignature(
            algorithm=_ON_THE_WIRE[SignatureAlgorithm(found.algorithm)],
            certificate=found.certificate,
            signature=found.signature,
        ),
        session_id=found.session_id,
        kept_at=timestamp(found.kept_at),
    )
