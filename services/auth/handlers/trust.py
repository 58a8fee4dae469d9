"""The process's one look at the trust directory, and the judgement of a certificate by it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from services.auth.certificates import (
    Authority,
    SignatureAlgorithm,
    TrustFolder,
    Verdict,
    check_certificate,
    verify_signature,
)
from services.kit.app import Call


@lru_cache(maxsize=4)
def _folder(directory: Path) -> TrustFolder:
    return TrustFolder(directory)


def judge(call: Call, certificate: bytes) -> tuple[Verdict, Authority | None]:
    """The verdict on a certificate now, and the CA that it is of."""
    trust = _folder(call.settings.trust_dir).current()
    verdict = check_certificate(certificate, trust=trust, at=call.now)
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
