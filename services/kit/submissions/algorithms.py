"""How a key may sign a submission, on the wire and as it is checked."""

from __future__ import annotations

from hpf.common.v1 import submission_pb2

from services.kit.signatures import SignatureAlgorithm

ALGORITHMS = {
    submission_pb2.SUBMISSION_ALGORITHM_RSA_PKCS1_SHA256: SignatureAlgorithm.RSA_PKCS1_SHA256,
    submission_pb2.SUBMISSION_ALGORITHM_RSA_PSS_SHA256: SignatureAlgorithm.RSA_PSS_SHA256,
    submission_pb2.SUBMISSION_ALGORITHM_ECDSA_P256_SHA256: SignatureAlgorithm.ECDSA_SHA256,
    submission_pb2.SUBMISSION_ALGORITHM_ECDSA_P384_SHA384: SignatureAlgorithm.ECDSA_SHA384,
    submission_pb2.SUBMISSION_ALGORITHM_SM2_SM3: SignatureAlgorithm.SM2_SM3,
}
