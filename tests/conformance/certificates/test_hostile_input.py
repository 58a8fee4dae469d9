"""A bounded number of mangled certificates and signatures: no crash, no acceptance, no long wait."""

from __future__ import annotations

import random
import time
from typing import Any

from asn1crypto import ocsp
from cryptography.x509.ocsp import OCSPCertStatus

from services.auth.certificates import SignatureAlgorithm, verify_signature
from tests.mangling import mangle

CASES = 600


def test_mangled_certificates_are_never_accepted_and_never_crash(lab: Any) -> None:
    rng = random.Random(20250602)
    holder = lab.holder().der
    lists = [lab.crl(lab.root), lab.crl(lab.issuing)]
    assert lab.check(holder, crls=lists) == "accepted"
    started = time.monotonic()
    for _ in range(CASES):
        mangled = mangle(holder, rng)
        if mangled != holder:
            assert lab.check(mangled, crls=lists).startswith("refused")
    assert time.monotonic() - started < 30


def test_mangled_lists_decide_nothing_and_never_crash(lab: Any) -> None:
    rng = random.Random(20250603)
    holder = lab.holder()
    good, serial = lab.crl(lab.root), holder.parsed.serial_number
    revoking = lab.crl(lab.issuing, [serial])
    for _ in range(CASES // 2):
        mangled = mangle(revoking, rng)
        if mangled != revoking:
            verdict = lab.check(holder, crls=[good, mangled])
            assert verdict.startswith("undecided"), verdict


def test_mangled_signatures_never_verify_and_never_crash(lab: Any) -> None:
    rng = random.Random(20250604)
    holder = lab.holder()
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    signature = holder.key.sign(b"message", ec.ECDSA(hashes.SHA256()))
    for _ in range(CASES):
        mangled = mangle(signature, rng)
        for algorithm in (SignatureAlgorithm.ECDSA_SHA256, SignatureAlgorithm.SM2_SM3):
            if mangled != signature:
                assert not verify_signature(
                    holder.der, algorithm, message=b"message", signature=mangled
                )


def test_mangled_ocsp_answers_decide_nothing_and_never_crash(lab: Any) -> None:
    """One that was flipped where nothing is signed may still say what it said: revoked, never good."""
    rng = random.Random(20250605)
    holder = lab.holder()
    root_list = lab.crl(lab.root)
    for status, whole in (
        ("good", lab.ocsp(holder, status=OCSPCertStatus.GOOD)),
        ("revoked", lab.ocsp(holder, status=OCSPCertStatus.REVOKED)),
    ):
        for _ in range(CASES // 4):
            mangled = mangle(whole, rng)
            verdict = lab.check(holder, crls=[root_list], ocsp_answers=[mangled])
            if mangled == whole:
                continue
            assert verdict != "accepted" or status == "good"
            assert verdict.partition(":")[0] in ("undecided", "revoked", "accepted"), verdict
            if verdict == "accepted":
                assert signed_part(mangled) == signed_part(whole)


def signed_part(answer: bytes) -> bytes:
    basic = ocsp.OCSPResponse.load(answer)["response_bytes"]["response"].parsed
    return bytes(basic["tbs_response_data"].dump())
