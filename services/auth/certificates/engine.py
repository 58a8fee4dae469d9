"""One chain through the RFC 5280 engine (pyhanko-certvalidator), set up so that nothing is left to defaults.

Revocation is checked always (the engine's default accepts revoked certificates it has a list for),
nothing is fetched, clocks get no tolerance, and constraints of the root count.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from asn1crypto import core, ocsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko_certvalidator._state import ValProcState
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    OCSPValidationError,
    PathBuildingError,
    RevokedError,
    StaleRevinfoError,
    ValidationError,
)
from pyhanko_certvalidator.name_trees import (
    PKIXSubtrees,
    default_excluded_subtrees,
    default_permitted_subtrees,
    process_general_subtrees,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import CertificateRegistry
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response
from pyhanko_certvalidator.util import ConsList
from pyhanko_certvalidator.validate import async_validate_path

from services.auth.certificates.engine_signatures import EngineAlgorithms, EngineSignatures
from services.auth.certificates.evidence import Evidence
from services.auth.certificates.limits import CheckPolicy
from services.auth.certificates.paths import Chain
from services.auth.certificates.settings import AuthoritySettings

ANY_POLICY = "2.5.29.32.0"

_Result = TypeVar("_Result")

# What the ASN.1 reader and the engine raise on input they did not expect. Naming them keeps errors
# of our own (a missing attribute in a rename, say) visible in tests that fuzz only the input.
ENGINE_FAULTS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    AssertionError,
    RecursionError,
    LookupError,
    InvalidSignature,
    UnsupportedAlgorithm,
    PathBuildingError,
    ValidationError,
    OCSPValidationError,
)

# The engine's own log lines quote subjects, which are names of people and employers.
_engine_log = logging.getLogger("pyhanko_certvalidator")
_engine_log.addHandler(logging.NullHandler())
_engine_log.propagate = False


def validate_chain(
    chain: Chain,
    *,
    settings: AuthoritySettings,
    evidence: Evidence,
    at: datetime,
    policy: CheckPolicy,
) -> bool:
    """Return if the chain is valid at `at`; raises the engine's `ValidationError`s if it is not.

    False where nothing was known of the holder's revocation and the CA's settings do not demand it.

    Lists and OCSP answers are asked each for itself: one that says "revoked" is never outvoted.
    """
    validation = _Validation(chain, settings, evidence, at, policy)
    if validation.answers_are_good():
        validation.run(_UNCHECKED)
        if evidence.has_list_for(*chain.certificates[:2]):
            try:
                validation.run(RevocationCheckingRule.CRL_REQUIRED)
            except (InsufficientRevinfoError, StaleRevinfoError):
                return True  # the list says nothing; the answer did
        return True
    rule = _holder_rule(chain, settings, evidence)
    validation.run(rule)
    return rule is not _UNCHECKED


_UNCHECKED = RevocationCheckingRule.NO_CHECK


@dataclass(frozen=True)
class _Validation:
    """One chain and all that it is judged by."""

    chain: Chain
    settings: AuthoritySettings
    evidence: Evidence
    at: datetime
    policy: CheckPolicy

    def run(self, holder_rule: RevocationCheckingRule) -> None:
        """RFC 5280 §6.1 with §6.3; `holder_rule` says how revocation of the holder is looked up."""
        context, path = self._prepared(holder_rule, self.evidence.ocsp_answers)
        run_without_waiting(async_validate_path(context, path))

    def answers_are_good(self) -> bool:
        """Whether some OCSP answer says that the holder is good; raises RevokedError if any says it is revoked.

        The engine itself looks only at answers for certificates that name a responder.
        """
        good = False
        for answer in self.evidence.answers_for(self.chain.certificates[0]):
            demand = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
            context, path = self._prepared(demand, [answer])
            try:
                state = ValProcState(cert_path_stack=ConsList.sing(path), init_index=path.pkix_len)
                run_without_waiting(verify_ocsp_response(path.leaf, path, context, state))
            except RevokedError as revoked:
                if revoked.is_side_validation:
                    continue  # the responder is, not the holder
                raise
            except ENGINE_FAULTS:
                continue  # an answer that cannot be used says nothing
            good = True
        return good

    def _prepared(
        self, holder_rule: RevocationCheckingRule, answers: Sequence[ocsp.OCSPResponse]
    ) -> tuple[ValidationContext, ValidationPath]:
        holder, *above, root = self.chain.certificates
        registry = CertificateRegistry.build([root, *above, *self.evidence.crl_issuers])
        anchor = CertTrustAnchor(root, _qualifiers(root, self.settings))
        authority_rule = _authority_rule(self.chain, self.settings, self.evidence)
        context = ValidationContext(
            trust_roots=[anchor],
            certificate_registry=registry,
            moment=self.at,
            allow_fetching=False,
            crls=list(self.evidence.crls),
            ocsps=list(answers),
            revinfo_policy=CertRevTrustPolicy(
                RevocationCheckingPolicy(holder_rule, authority_rule)
            ),
            time_tolerance=timedelta(0),
            algorithm_usage_policy=EngineAlgorithms(self.settings, policy=self.policy),
            signature_validator=EngineSignatures(self.settings, policy=self.policy),
        )
        return context, ValidationPath(anchor, above[::-1], holder)


def run_without_waiting(coroutine: Coroutine[object, None, _Result]) -> _Result:
    """Run a coroutine that never waits. `asyncio.run` fails in a second greenlet; this does not."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: _Result = finished.value
        return result
    coroutine.close()
    raise RuntimeError("the validation wanted to wait for something")


def _holder_rule(
    chain: Chain, settings: AuthoritySettings, evidence: Evidence
) -> RevocationCheckingRule:
    """Demand revocation data; where the CA need not give any, demand it if there is some."""
    holder, issuer = chain.certificates[:2]
    told = evidence.has_list_for(holder, issuer) or evidence.answers_for(holder)
    if settings.crl_required or told:
        return RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    return _UNCHECKED


def _authority_rule(
    chain: Chain, settings: AuthoritySettings, evidence: Evidence
) -> RevocationCheckingRule:
    """The same for the CAs between the holder and the root."""
    told = any(
        evidence.has_list_for(authority, issuer) or evidence.answers_for(authority)
        for authority, issuer in pairwise(chain.certificates[1:])
    )
    if settings.demands_authority_crl or told:
        return RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    return _UNCHECKED


def _qualifiers(root: x509.Certificate, settings: AuthoritySettings) -> TrustQualifiers:
    """The root's dates, path length and name constraints bind like those of any CA."""
    policies = {
        "any_policy" if policy == ANY_POLICY else policy for policy in settings.certificate_policies
    }
    return TrustQualifiers(
        max_path_length=root.max_path_length,
        max_aa_path_length=root.max_path_length,
        valid_from=root.not_valid_before,
        valid_until=root.not_valid_after,
        standard_parameters=PKIXValidationParams(
            user_initial_policy_set=frozenset(policies or {"any_policy"}),
            initial_explicit_policy=settings.demands_explicit_policy,
            initial_policy_mapping_inhibit=settings.inhibit_policy_mapping,
            initial_any_policy_inhibit=settings.inhibit_any_policy,
            initial_permitted_subtrees=_constraints(
                root, "permitted_subtrees", default_permitted_subtrees()
            ),
            initial_excluded_subtrees=_constraints(
                root, "excluded_subtrees", default_excluded_subtrees()
            ),
        ),
    )


def _constraints(root: x509.Certificate, part: str, default: PKIXSubtrees) -> PKIXSubtrees:
    constraints = root.name_constraints_value
    if constraints is None or isinstance(constraints[part], core.Void):
        return default
    # Kinds of names that the root does not mention stay as free as they were.
    return {**default, **process_general_subtrees(constraints[part])}
