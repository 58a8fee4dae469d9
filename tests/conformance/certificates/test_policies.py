"""Certificate policies: explicit, mapped, inhibited (RFC 5280 §6.1; PKITS 4.8 to 4.12)."""

from __future__ import annotations

from typing import Any

import pytest
from asn1crypto import core, x509

from tests.conformance.certificates.laboratory import Lab, Made

OURS, THEIRS, ANY = "1.2.156.1", "1.2.156.2", "2.5.29.32.0"
REFUSED = "refused:path_invalid"


def under(*oids: str) -> Any:
    return (False, x509.CertificatePolicies([{"policy_identifier": oid} for oid in oids]))


def mapping(ours: str, theirs: str) -> Any:
    pair = {"issuer_domain_policy": ours, "subject_domain_policy": theirs}
    return (True, x509.PolicyMappings([pair]))


def constraints(**limits: int) -> Any:
    return (True, x509.PolicyConstraints(limits))


def ca(lab: Lab, *oids: str, **extensions: Any) -> Made:
    """The issuing CA under these policies."""
    change = {"certificate_policies": under(*oids), **extensions}
    return lab.make("Issuing", issuer=lab.root, ca=True, key=lab.issuing.key, change=change)


def verdict(lab: Lab, issuing: Made, *oids: str, **settings: Any) -> str:
    change = {"certificate_policies": under(*oids)} if oids else {}
    return lab.check(lab.holder(change=change), intermediates=[issuing], **settings)


@pytest.mark.parametrize(
    ("issuer", "holder", "expected"),
    [
        ((OURS,), (OURS,), "accepted"),
        ((OURS, THEIRS), (THEIRS,), "accepted"),
        ((OURS,), (THEIRS,), REFUSED),
        ((ANY,), (OURS,), "accepted"),
        ((OURS,), (ANY,), "accepted"),
        ((OURS,), (), REFUSED),
    ],
)
def test_a_ca_that_requires_policies_needs_one_in_common(
    lab: Lab, issuer: tuple[str, ...], holder: tuple[str, ...], expected: str
) -> None:
    issuing = ca(lab, *issuer, policy_constraints=constraints(require_explicit_policy=0))
    assert verdict(lab, issuing, *holder) == expected


def test_without_a_demand_different_policies_do_no_harm(lab: Lab) -> None:
    assert verdict(lab, ca(lab, OURS), THEIRS) == "accepted"
    assert verdict(lab, ca(lab, OURS), THEIRS, explicit_policy=True) == REFUSED


def test_named_policies_demand_one_of_them_unless_told_otherwise(lab: Lab) -> None:
    named = frozenset({THEIRS})
    assert verdict(lab, ca(lab, OURS), OURS, certificate_policies=named) == REFUSED
    relaxed = verdict(lab, ca(lab, OURS), OURS, certificate_policies=named, explicit_policy=False)
    assert relaxed == "accepted"


def test_a_mapped_policy_stands_for_ours(lab: Lab) -> None:
    issuing = ca(lab, OURS, policy_mappings=mapping(OURS, THEIRS))
    wanted = {"certificate_policies": frozenset({OURS})}
    assert verdict(lab, issuing, THEIRS, **wanted) == "accepted"
    assert verdict(lab, issuing, OURS, **wanted) == REFUSED
    assert verdict(lab, issuing, THEIRS, inhibit_policy_mapping=True, **wanted) == REFUSED


@pytest.mark.parametrize("pair", [(ANY, THEIRS), (OURS, ANY)])
def test_any_policy_is_never_mapped(lab: Lab, pair: tuple[str, str]) -> None:
    issuing = ca(lab, OURS, ANY, policy_mappings=mapping(*pair))
    assert verdict(lab, issuing, THEIRS) == REFUSED


def test_a_root_that_inhibits_mapping_binds(lab: Lab) -> None:
    middle = lab.make(
        "Middle",
        issuer=lab.root,
        ca=True,
        change={
            "certificate_policies": under(OURS),
            "policy_constraints": constraints(require_explicit_policy=0, inhibit_policy_mapping=0),
        },
    )
    mapped = {"certificate_policies": under(OURS), "policy_mappings": mapping(OURS, THEIRS)}
    issuing = lab.make("Issuing", issuer=middle, ca=True, change=mapped)
    holder = lab.holder(issuer=issuing, change={"certificate_policies": under(THEIRS)})
    lists = [lab.crl(made) for made in (lab.root, middle, issuing)]
    assert lab.check(holder, intermediates=[middle, issuing], crls=lists) == REFUSED


@pytest.mark.parametrize(("skip", "expected"), [(0, REFUSED), (1, "accepted")])
def test_a_ca_that_inhibits_any_policy_binds(lab: Lab, skip: int, expected: str) -> None:
    issuing = ca(
        lab,
        OURS,
        policy_constraints=constraints(require_explicit_policy=0),
        inhibit_any_policy=(True, core.Integer(skip)),
    )
    assert verdict(lab, issuing, ANY) == expected


def test_our_settings_can_inhibit_any_policy(lab: Lab) -> None:
    wanted: dict[str, Any] = {"certificate_policies": frozenset({OURS})}
    assert verdict(lab, ca(lab, ANY), OURS, **wanted) == "accepted"
    assert verdict(lab, ca(lab, ANY), OURS, inhibit_any_policy=True, **wanted) == REFUSED
