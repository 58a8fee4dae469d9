"""Whatever comes as signature or request of a submission is refused in a bounded time; nothing crashes."""

from __future__ import annotations

import hashlib

from hpf.common.v1 import business_pb2, submission_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.app import Method, Principal
from services.kit.errors import DomainError
from services.kit.submissions.canonical import canonical_json, is_submission
from services.kit.submissions.submission import Submission
from tests.conformance.submissions.test_openssl import LIST, signature_of

#: Enough to find what a parser trips over, a second in all.
bounded = settings(max_examples=150, deadline=2000)

REFUSALS = {"SIGNATURE_WRONG", "SIGNATURE_ALGORITHM_UNKNOWN"}


def refusal(signature: submission_pb2.SubmissionSignature, *, business: str) -> str:
    request = business_pb2.SubmitWorksheetRequest(
        request_id="open-0001", business=business, signature=signature
    )
    who = Principal(
        kind="employer",
        employer_no="10700000010",
        certificate_sha256=hashlib.sha256(signature.certificate).hexdigest(),
    )
    submission = Submission.of(
        Method(LIST.name, LIST, lambda _call, _request: request), request, who
    )
    try:
        submission.begin()
        submission.see_list({}, [{"name": business}])
    except DomainError as error:
        return error.reason.code
    return ""


@bounded
@given(
    algorithm=st.integers(0, 7),
    certificate=st.binary(max_size=300),
    signature=st.binary(max_size=600),
    business=st.text(max_size=40),
)
def test_made_up_certificates_prove_nothing(
    algorithm: int, certificate: bytes, signature: bytes, business: str
) -> None:
    made_up = submission_pb2.SubmissionSignature(
        algorithm=algorithm,  # type: ignore[arg-type]  # also numbers that nobody has defined
        certificate=certificate,
        signature=signature,
    )
    assert refusal(made_up, business=business) in REFUSALS


@bounded
@given(
    name=st.sampled_from(
        ["rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p256-sha256", "ecdsa-p384-sha384"]
    ),
    signature=st.binary(max_size=600),
    business=st.text(max_size=40),
)
def test_made_up_signatures_prove_nothing(name: str, signature: bytes, business: str) -> None:
    forged = signature_of(name)
    forged.signature = signature
    assert refusal(forged, business=business) == "SIGNATURE_WRONG"


@bounded
@given(text=st.binary(max_size=200))
def test_a_key_signs_no_other_text_as_a_submission(text: bytes) -> None:
    assert not is_submission(text)


def test_a_submission_in_any_other_form_is_none() -> None:
    form = canonical_json({"purpose": "hpf-submission/1", "request_id": "r"})
    assert is_submission(form)
    for other in (
        form + b"\n",
        form.replace(b":", b": "),
        form.replace(b"/1", b"/2"),
        b"[" * 100_000,
    ):
        assert not is_submission(other)
