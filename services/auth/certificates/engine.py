"""One chain through the RFC 5280 engine (pyhanko-certvalidator), set up so that nothing is left to defaults.

Revocation is checked always (the engine's default accepts revoked certificates it has a list for),
nothing is fetched, clocks get no tolerance, and constraints of the root count.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import TypeVar

from asn1crypto import core, x509
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
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
from pyhanko_certvalidator.validate import async_validate_path

from services.auth.certificates.engine_signatures import EngineAlgorithms, EngineSignatures
from services.auth.certificates.evidence import Evidence
from services.auth.certificates.limits import CheckPolicy
from services.auth.certificates.paths import Chain
from services.auth.certificates.settings import AuthoritySettings

ANY_POLICY = "2.5.29.32.0"

_Result = TypeVar("_Result")

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
) -> None:
    """Return if the chain is valid at `at`; raises the engine's `ValidationError`s if it is not."""
    holder, *above, root = chain.certificates
    registry = CertificateRegistry.build([root, *above, *evidence.crl_issuers])
    anchor = CertTrustAnchor(root, _qualifiers(root, settings))
    context = ValidationContext(
        trust_roots=[anchor],
        certificate_registry=registry,
        moment=at,
        allow_fetching=False,
        crls=list(evidence.crls),
        ocsps=list(evidence.ocsp_answers),
        revinfo_policy=CertRevTrustPolicy(_rules(chain, settings, evidence)),
        time_tolerance=timedelta(0),
        algorithm_usage_policy=EngineAlgorithms(settings, policy=policy),
        signature_validator=EngineSignatures(settings, policy=policy),
    )
    path = ValidationPath(anchor, above[::-1], holder)
    run_without_waiting(async_validate_path(context, path))


def run_without_waiting(coroutine: Coroutine[object, None, _Result]) -> _Result:
    """Run a coroutine that never waits. `asyncio.run` fails in a second greenlet; this does not."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: _Result = finished.value
        return result
    coroutine.close()
    raise RuntimeError("the validation wanted to wait for something")


def _rules(
    chain: Chain, settings: AuthoritySettings, evidence: Evidence
) -> RevocationCheckingPolicy:
    """Demand revocation data; where the CA need not give any, demand it if there is some."""
    issuers = chain.certificates[1:]
    demand = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    holder_rule = authority_rule = demand
    if not settings.crl_required and not evidence.speaks_for(issuers[0]):
        holder_rule = RevocationCheckingRule.NO_CHECK
    above = [issuer for issuer in issuers[1:] if evidence.speaks_for(issuer)]
    if not settings.demands_authority_crl and not above:
        authority_rule = RevocationCheckingRule.NO_CHECK
    return RevocationCheckingPolicy(holder_rule, authority_rule)


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
