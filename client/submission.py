"""Submitting, signed with the employer's USB key as long as there is one (docs/submissions.md)."""

from __future__ import annotations

from typing import Any, Protocol

from hpf.common.v1.submission_pb2 import SubmissionSignature

from client.calls import Caller
from services.kit.ids import new_id
from services.kit.submissions.canonical import canonical_form, sha256_hex


class SubmissionKey(Protocol):
    """The unlocked USB key that the session was opened with."""

    def sign_submission(self, form: bytes) -> SubmissionSignature:
        """A signature over the canonical form of a submission."""
        ...


class Submitter:
    """Sends what is submitted. With a `key` every submission is signed, without one none is."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.key: SubmissionKey | None = None

    def submit(self, method: Any, request: Any, *, owner: str, content: bytes = b"") -> Any:
        """`content` is what is submitted besides the request, as the signer sees it: a list in canonical form, or
        the canonical form of what is approved."""
        session = self._caller.session()
        if self.key is not None and session is not None:
            # The id is signed too, so it has to be there before.
            request.request_id = request.request_id or new_id()
            form = canonical_form(
                _path(owner, request),
                employer_no=session.employer_no,
                request=request,
                content_sha256=sha256_hex(content) if content else "",
            )
            request.signature.CopyFrom(self.key.sign_submission(form))
        return self._caller.call(method, request)


def _path(owner: str, request: Any) -> str:
    method = type(request).__name__.removesuffix("Request")
    return f"hpf.{owner}.v1.{owner.capitalize()}Service/{method}"
