"""The check of a certificate, one function: `check_certificate`.

Order: read strictly, lint, find chains to a trusted root, validate each with the engine, keep the
answer that says most. Whatever goes wrong on the way is a refusal, never an acceptance (manual §3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathValidationError,
    RevokedError,
    StaleRevinfoError,
)

from services.auth.certificates.engine import ENGINE_FAULTS, validate_chain
from services.auth.certificates.engine_signatures import EngineSignatures
from services.auth.certificates.evidence import Evidence, evidence_for, is_revoked_by_delta
from services.auth.certificates.facts import facts_of, uscc_of
from services.auth.certificates.limits import DEFAULT_POLICY, CheckPolicy
from services.auth.certificates.lint import lint_holder, lint_usage
from services.auth.certificates.paths import Chain, PathSearch
from services.auth.certificates.reading import Unreadable, read_certificate
from services.auth.certificates.trust_store import Authority, TrustStore
from services.auth.certificates.verdict import CheckReason, Outcome, Verdict

#: `detail` of a certificate accepted from a CA that need not say whether it is revoked.
NOT_LOOKED_UP = "accepted without knowing whether it is revoked"
# The later in this list, the more it says; a revocation of the holder is final.
_WEIGHT = (Outcome.REFUSED, Outcome.UNDECIDED, Outcome.ACCEPTED, Outcome.REVOKED)


def check_certificate(
    leaf_der: bytes,
    *,
    trust: TrustStore,
    at: datetime,
    crls: Iterable[bytes] = (),
    ocsp_answers: Iterable[bytes] = (),
    policy: CheckPolicy = DEFAULT_POLICY,
) -> Verdict:
    """Is this certificate (DER) good for logging in at `at` (aware)?

    `trust` holds the CAs with their intermediates and lists; `crls` and `ocsp_answers` (DER) are
    fresher ones from the CA's distribution point, if any. Never raises for what is in the bytes;
    bounded in time by the limits of `policy`. See `Verdict` for the four outcomes.
    """
    if at.tzinfo is None:
        raise ValueError("the time of the check needs a time zone")
    try:
        holder = read_certificate(leaf_der, max_bytes=policy.max_certificate_bytes)
        finding = lint_holder(holder, policy=policy)
        facts = facts_of(holder)
        candidates = [each for each in trust.authorities if each.knows_issuer(holder)]
    except Unreadable as error:
        return Verdict(Outcome.REFUSED, error.reason, str(error))
    except ENGINE_FAULTS:
        return Verdict(Outcome.REFUSED, CheckReason.MALFORMED, "the certificate cannot be read")
    if finding is not None:
        return Verdict(Outcome.REFUSED, finding.reason, finding.detail, certificate=facts)
    best = Verdict(Outcome.REFUSED, CheckReason.NO_TRUSTED_PATH, "the issuer is not trusted")
    fresh_crls, fresh_answers = list(crls), list(ocsp_answers)
    for authority in candidates:
        evidence = evidence_for(
            authority, crls=fresh_crls, ocsp_answers=fresh_answers, policy=policy
        )
        verdict = _check_with(authority, holder, evidence=evidence, at=at, policy=policy)
        best = _weightier(best, verdict)
    return replace(best, certificate=best.certificate or facts)


def _check_with(
    authority: Authority,
    holder: x509.Certificate,
    *,
    evidence: Evidence,
    at: datetime,
    policy: CheckPolicy,
) -> Verdict:
    """The answer as far as one CA is concerned."""
    name = authority.settings.name
    search = PathSearch(authority, EngineSignatures(authority.settings, policy=policy), policy)
    best: Verdict | None = None
    try:
        for chain in search.chains(holder):
            verdict = _judge(chain, authority, evidence=evidence, at=at, policy=policy)
            best = verdict if best is None else _weightier(best, verdict)
            if best.outcome in (Outcome.ACCEPTED, Outcome.REVOKED):
                break
    except ENGINE_FAULTS:
        best = best or Verdict(Outcome.REFUSED, CheckReason.PATH_INVALID, "no chain can be built")
    if best is None:
        finding = search.finding
        return Verdict(Outcome.REFUSED, finding.reason, finding.detail, authority=name)
    if not best.accepted:
        return best
    return replace(
        best, certificate=replace(facts_of(holder), uscc=uscc_of(holder, authority.settings.uscc))
    )


def _judge(
    chain: Chain, authority: Authority, *, evidence: Evidence, at: datetime, policy: CheckPolicy
) -> Verdict:
    """What the engine says of one chain, in our words; its own messages quote names."""
    outcome, detail = Outcome.ACCEPTED, ""
    reason: CheckReason | None = None
    try:
        unfit = lint_usage(chain.certificates[0], settings=authority.settings, policy=policy)
        if unfit is not None:
            outcome, reason, detail = Outcome.REFUSED, unfit.reason, unfit.detail
        else:
            looked_up = validate_chain(
                chain, settings=authority.settings, evidence=evidence, at=at, policy=policy
            )
            detail = "" if looked_up else NOT_LOOKED_UP
            holder, issuer = chain.certificates[:2]
            signatures = EngineSignatures(authority.settings, policy=policy)
            if is_revoked_by_delta(evidence, holder, issuer, signatures=signatures, at=at):
                outcome, reason = Outcome.REVOKED, CheckReason.REVOKED
                detail = "revoked by a delta list"
    except ENGINE_FAULTS as error:
        outcome, reason, detail = _reason_of(error)
    return Verdict(
        outcome, reason, detail, authority=authority.settings.name, chain=chain.fingerprints
    )


def _reason_of(error: Exception) -> tuple[Outcome, CheckReason, str]:
    match error:
        case RevokedError() if error.is_ee_cert and not error.is_side_validation:
            return Outcome.REVOKED, CheckReason.REVOKED, "revoked by its CA"
        case RevokedError():
            return Outcome.REFUSED, CheckReason.AUTHORITY_REVOKED, "an issuer is revoked"
        case StaleRevinfoError():
            return Outcome.UNDECIDED, CheckReason.REVOCATION_STALE, "revocation data is too old"
        case InsufficientRevinfoError():
            return Outcome.UNDECIDED, CheckReason.REVOCATION_UNKNOWN, "no usable revocation data"
        case ExpiredError():
            return Outcome.REFUSED, CheckReason.EXPIRED, _whose(error, "expired")
        case NotYetValidError():
            return Outcome.REFUSED, CheckReason.NOT_YET_VALID, _whose(error, "not yet valid")
        case DisallowedAlgorithmError():
            return Outcome.REFUSED, CheckReason.WEAK_ALGORITHM, _whose(error, "weakly signed")
        case PathValidationError():
            return Outcome.REFUSED, CheckReason.PATH_INVALID, _whose(error, "fails RFC 5280 §6")
        case _:
            broke = f"the check broke on it: {type(error).__name__}"
            return Outcome.REFUSED, CheckReason.PATH_INVALID, broke


def _whose(error: PathValidationError, what: str) -> str:
    return f"{what}: {'the certificate' if error.is_ee_cert else 'an issuer'}"


def _weightier(one: Verdict, other: Verdict) -> Verdict:
    """The one that says more; between equals the one that got further, then the first."""
    if _WEIGHT.index(other.outcome) != _WEIGHT.index(one.outcome):
        return max(one, other, key=lambda verdict: _WEIGHT.index(verdict.outcome))
    return other if one.authority is None else one
