"""One submission under way: its canonical form, the check of its signature, what became of it.

The list that a submission carries is known only when its handler takes it, under the worksheet's lock; so the form
`stands` at that moment, and what was signed is what is posted. Without a list it stands before the handler runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from google.protobuf.message import Message
from hpf.common.v1 import approval_pb2, business_pb2, submission_events_pb2, submission_pb2

from services.kit.app import Method, Principal
from services.kit.errors import DomainError
from services.kit.roles import Policy
from services.kit.signatures import verify_signature
from services.kit.submissions.algorithms import ALGORITHMS
from services.kit.submissions.canonical import (
    canonical_form,
    list_content,
    method_path,
    sha256_hex,
)
from services.kit.submissions.errors import (
    SIGNATURE_ALGORITHM_UNKNOWN,
    SIGNATURE_CERTIFICATE_OTHER,
    SIGNATURE_REQUIRED,
    SIGNATURE_WRONG,
    SUBMISSION_CONTENT_CHANGED,
)

#: Requests whose form names content that only their handler knows: a list, what is being approved.
_WITH_CONTENT = {
    business_pb2.SubmitWorksheetRequest.DESCRIPTOR.full_name,
    approval_pb2.ApproveSubmissionRequest.DESCRIPTOR.full_name,
}

_Outcome = submission_events_pb2.SubmissionOutcome


@dataclass
class Submission:
    """What one call submits or approves. `canonical` is empty until the form stands."""

    method: str
    principal: Principal
    request: Message
    signature: submission_pb2.SubmissionSignature | None = None
    has_content: bool = False
    # Set when an approved submission runs again: the list must be the one that was submitted.
    pinned_sha256: str = ""
    content: bytes = b""
    content_sha256: str = ""
    canonical: bytes = b""
    # What became of it.
    outcome: _Outcome = submission_events_pb2.SUBMISSION_OUTCOME_UNSPECIFIED
    registration_no: str = ""
    waiting_no: str = ""

    @classmethod
    def of(cls, method: Method, request: Message, principal: Principal) -> Self:
        return cls(
            method=method_path(method.descriptor),
            principal=principal,
            request=request,
            signature=request.signature if request.HasField("signature") else None,  # type: ignore[attr-defined]  # Method.is_signed
            has_content=request.DESCRIPTOR.full_name in _WITH_CONTENT,
        )

    def begin(self) -> None:
        """What can be checked before anything is done. Raises SIGNATURE_REQUIRED, SIGNATURE_CERTIFICATE_OTHER,
        SIGNATURE_ALGORITHM_UNKNOWN, SIGNATURE_WRONG."""
        if self.signature is None:
            if Policy.SIGNATURE in self.principal.policies:
                raise DomainError(SIGNATURE_REQUIRED)
        elif sha256_hex(self.signature.certificate) != self.principal.certificate_sha256:
            raise DomainError(SIGNATURE_CERTIFICATE_OTHER)
        elif self.signature.algorithm not in ALGORITHMS:
            raise DomainError(SIGNATURE_ALGORITHM_UNKNOWN)
        if not self.has_content:
            self.stand()

    def see_list(self, header: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> None:
        """The handler has taken this list. Raises SIGNATURE_WRONG, SUBMISSION_CONTENT_CHANGED."""
        self.content = list_content(header, rows)
        self.stand(sha256_hex(self.content))

    def stand(self, content_sha256: str = "") -> None:
        """The submission is complete: form it, and hold it to its signature."""
        if self.pinned_sha256 and content_sha256 != self.pinned_sha256:
            raise DomainError(SUBMISSION_CONTENT_CHANGED)
        self.content_sha256 = content_sha256
        self.canonical = canonical_form(
            self.method,
            employer_no=self.principal.employer_no,
            request=self.request,
            content_sha256=content_sha256,
        )
        if self.signature is not None and not verify_signature(
            self.signature.certificate,
            ALGORITHMS[self.signature.algorithm],
            message=self.canonical,
            signature=self.signature.signature,
        ):
            raise DomainError(SIGNATURE_WRONG)

    def check_stands(self) -> None:
        """A list that was submitted without being seen is a fault of ours: nothing would hold it to its signature."""
        if not self.canonical:
            raise ValueError(f"{self.method} accepted a submission whose content nobody saw")

    def became(self, outcome: _Outcome, *, registration_no: str = "", waiting_no: str = "") -> None:
        self.outcome, self.registration_no, self.waiting_no = outcome, registration_no, waiting_no
