"""Our signature check and our list of algorithms in the shape the path validation engine asks for."""

from __future__ import annotations

from datetime import datetime

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, AlgorithmUsagePolicy
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)

from services.auth.certificates.limits import CheckPolicy
from services.auth.certificates.settings import AuthoritySettings
from services.kit.signatures import (
    KeyFacts,
    KeyFamily,
    UnknownAlgorithm,
    algorithm_of,
    key_facts,
    verify_with_key,
)


class EngineSignatures(SignatureValidator):
    """Checks certificates, CRLs and OCSP answers; what the CA's settings do not allow is invalid.

    The engine asks the algorithm policy about certificates only, so lists and answers are held to
    it here.
    """

    def __init__(self, settings: AuthoritySettings, *, policy: CheckPolicy) -> None:
        self._settings = settings
        self._policy = policy

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        if not self.is_signed_by(
            public_key_info, signature_algorithm, message=signed_data, signature=signature
        ):
            raise InvalidSignature

    def is_signed_by(
        self,
        key: keys.PublicKeyInfo,
        declared: algos.SignedDigestAlgorithm,
        *,
        message: bytes,
        signature: bytes,
    ) -> bool:
        """Whether the signature holds, with an allowed algorithm and a strong enough key."""
        try:
            algorithm, salt_bytes = algorithm_of(declared)
            if algorithm not in self._settings.algorithms:
                return False
            if not is_strong(key_facts(key), policy=self._policy):
                return False
        except UnknownAlgorithm:
            return False
        return verify_with_key(
            key,
            algorithm,
            message=message,
            signature=signature,
            sm2_user_ids=self._settings.sm2_user_ids,
            pss_salt_bytes=salt_bytes,
        )


class EngineAlgorithms(AlgorithmUsagePolicy):
    """The CA's algorithms as an allow-list, at any time."""

    def __init__(self, settings: AuthoritySettings, *, policy: CheckPolicy) -> None:
        self._settings = settings
        self._policy = policy

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        allowed = {algorithm.digest for algorithm in self._settings.algorithms}
        return AlgorithmUsageConstraint(algo["algorithm"].native in allowed)

    def signature_algorithm_allowed(
        self,
        algo: algos.SignedDigestAlgorithm,
        moment: datetime | None,
        public_key: keys.PublicKeyInfo | None,
    ) -> AlgorithmUsageConstraint:
        try:
            algorithm, _ = algorithm_of(algo)
            strong = public_key is None or is_strong(key_facts(public_key), policy=self._policy)
        except UnknownAlgorithm:
            return AlgorithmUsageConstraint(allowed=False)
        return AlgorithmUsageConstraint(strong and algorithm in self._settings.algorithms)


def is_strong(key: KeyFacts, *, policy: CheckPolicy) -> bool:
    """Whether a key of an accepted kind is long enough, and not so long that it slows us down."""
    if key.family is KeyFamily.RSA:
        return policy.min_rsa_bits <= key.bits <= policy.max_rsa_bits
    return True
