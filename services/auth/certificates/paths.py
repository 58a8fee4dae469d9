"""From a certificate up to a root: which chains are worth asking the engine about.

Shortest first, each step proven by a signature, no name-and-key twice in a chain, and a fixed number
of steps: a hundred intermediates of one name cost a hundred signature checks, not 100! chains.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from asn1crypto import x509

from services.auth.certificates.engine_signatures import EngineSignatures
from services.auth.certificates.limits import CheckPolicy
from services.auth.certificates.lint import Finding, lint_intermediate, lint_root
from services.auth.certificates.trust_store import Authority
from services.auth.certificates.verdict import CheckReason


@dataclass(frozen=True, slots=True)
class Chain:
    """The holder's certificate, what is above it, the root last."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def root(self) -> x509.Certificate:
        return self.certificates[-1]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        return tuple(certificate.sha256.hex() for certificate in self.certificates)


_NO_CHAIN = Finding(CheckReason.NO_TRUSTED_PATH, "no chain leads to a trusted root")


@dataclass
class PathSearch:
    """One search. After `chains()` is exhausted `finding` says why there was none."""

    authority: Authority
    signatures: EngineSignatures
    policy: CheckPolicy
    finding: Finding = _NO_CHAIN
    _checks: int = 0
    _proven: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)

    def chains(self, holder: x509.Certificate) -> Iterator[Chain]:
        """Complete chains, shortest first; stops silently at the limits of the policy."""
        waiting: deque[tuple[x509.Certificate, ...]] = deque([(holder,)])
        found = 0
        while waiting:
            path = waiting.popleft()
            for root in self._issuers(path, self.authority.roots):
                if self._is_unfit(lint_root(root, policy=self.policy)):
                    continue
                yield Chain((*path, root))
                found += 1
            if len(path) + 1 >= self.policy.max_chain_length:
                self.finding = Finding(CheckReason.CHAIN_TOO_LONG, "longer than is allowed")
                continue
            for issuer in self._issuers(path, self.authority.intermediates):
                if self._is_unfit(lint_intermediate(issuer, policy=self.policy)):
                    continue
                waiting.append((*path, issuer))
            if found >= self.policy.max_paths or len(waiting) > self.policy.max_paths:
                self.finding = Finding(CheckReason.SEARCH_LIMIT, "too many possible chains")
                return

    def _issuers(
        self, path: tuple[x509.Certificate, ...], candidates: Sequence[x509.Certificate]
    ) -> Iterator[x509.Certificate]:
        subject = path[-1]
        in_path = {_identity(certificate) for certificate in path}
        for candidate in candidates:
            if candidate.subject.hashable != subject.issuer.hashable:
                continue
            if _identity(candidate) in in_path or not _identifiers_match(subject, candidate):
                continue
            if self._is_signed_by(subject, candidate):
                yield candidate

    def _is_signed_by(self, subject: x509.Certificate, issuer: x509.Certificate) -> bool:
        pair = subject.sha256, issuer.public_key.sha256
        if pair not in self._proven:
            if self._checks >= self.policy.max_signature_checks:
                self.finding = Finding(CheckReason.SEARCH_LIMIT, "too many signatures to check")
                return False
            self._checks += 1
            self._proven[pair] = self.signatures.is_signed_by(
                issuer.public_key,
                subject["signature_algorithm"],
                message=subject["tbs_certificate"].dump(),
                signature=subject["signature_value"].native,
            )
            if not self._proven[pair]:
                self.finding = Finding(CheckReason.BAD_SIGNATURE, "the issuer did not sign it so")
        return self._proven[pair]

    def _is_unfit(self, finding: Finding | None) -> bool:
        if finding is not None:
            self.finding = Finding(finding.reason, f"of an issuer: {finding.detail}")
        return finding is not None


def _identity(certificate: x509.Certificate) -> tuple[str, bytes]:
    return certificate.subject.hashable, certificate.public_key.sha256


def _identifiers_match(subject: x509.Certificate, issuer: x509.Certificate) -> bool:
    named, own = subject.authority_key_identifier, issuer.key_identifier
    if named and own and named != own:
        return False
    listed = subject.authority_issuer_serial
    return not listed or listed == issuer.issuer_serial
