"""The process's one look at the trust directory, and the judgement of a certificate by it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from google.protobuf.message import Message
from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.certificates import (
    Authority,
    SignatureAlgorithm,
    TrustFolder,
    Verdict,
    verify_signature,
)
from services.auth.certificates.asking import Inquiries
from services.auth.settings import auth_settings
from services.kit.app import Call, Principal, Runtime


@lru_cache(maxsize=4)
def _folder(directory: Path, fetched: Path | None) -> TrustFolder:
    return TrustFolder(directory, fetched=fetched)


@lru_cache(maxsize=4)
def _inquiries(directory: Path) -> Inquiries:
    return Inquiries()


def ask_authority(runtime: Runtime, request: Message, principal: Principal) -> None:
    """Before the transaction of a call that shows a certificate: what its CA says of it, if it has to be asked."""
    if not isinstance(request, pb.AnswerChallengeRequest | pb.BindCertificateRequest):
        return
    settings = auth_settings(runtime)
    trust = _folder(settings.trust_dir, settings.fetch_dir).current()
    _inquiries(settings.trust_dir).ask(request.certificate, trust=trust, at=runtime.clock.now())


def judge(call: Call, certificate: bytes) -> tuple[Verdict, Authority | None]:
    """The verdict on a certificate now, and the CA that it is of."""
    settings = call.settings
    trust = _folder(settings.trust_dir, settings.fetch_dir).current()
    verdict = _inquiries(settings.trust_dir).check(certificate, trust=trust, at=call.now)
    return verdict, trust.authority_named(verdict.authority or "")


def is_signed(
    authority: Authority,
    certificate: bytes,
    algorithm: SignatureAlgorithm | None,
    *,
    message: bytes,
    signature: bytes,
) -> bool:
    """Whether the holder signed the message, with an algorithm that the CA's settings allow."""
    if algorithm is None or algorithm not in authority.settings.algorithms:
        return False
    return verify_signature(
        certificate,
        algorithm,
        message=message,
        signature=signature,
        sm2_user_ids=authority.settings.sm2_user_ids,
    )
