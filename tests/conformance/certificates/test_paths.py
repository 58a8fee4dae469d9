"""Paths: signatures, dates, lengths, names, policies, loops; RFC 5280 §6.1 and what we ask beyond."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SECOND = timedelta(seconds=1)
POLICY = "1.2.156.1"


def subtrees(**constraint: Any) -> Any:
    [(kind, base)] = constraint.items()
    return x509.GeneralSubtrees([{"base": x509.GeneralName(name=kind, value=base)}])


def directory(**parts: str) -> x509.Name:
    return x509.Name.build(parts)


def policies(*oids: str) -> Any:
    return (False, x509.CertificatePolicies([{"policy_identifier": oid} for oid in oids]))


def test_a_good_path_is_accepted(lab: Any) -> None:
    assert lab.check(lab.holder()) == "accepted"


def test_a_holder_directly_below_the_root_is_accepted(lab: Any) -> None:
    assert lab.check(lab.holder(issuer=lab.root)) == "accepted"


@pytest.mark.parametrize("kind", ["rsa-2048", "p-256", "p-384"])
def test_accepted_kinds_of_keys(lab: Any, kind: str) -> None:
    key: Any = {
        "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
        "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    }[kind]()
    assert lab.check(lab.holder(key=key)) == "accepted"


def test_an_unknown_issuer_is_no_path(lab: Any) -> None:
    stranger = lab.make("Stranger", ca=True)
    assert lab.check(lab.holder(issuer=stranger)) == "refused:no_trusted_path"


def test_an_issuer_of_the_same_name_with_another_key_is_no_issuer(lab: Any) -> None:
    twin = lab.make("Issuing", issuer=lab.root, ca=True)
    forged = lab.holder(issuer=twin)
    assert lab.check(forged) == "refused:no_trusted_path"
    lying = lab.holder(issuer=twin, change={"authority_key_identifier": None})
    assert lab.check(lying) == "refused:missing_key_identifier"


def test_a_broken_signature_of_the_holder_is_refused(lab: Any) -> None:
    good = lab.holder().der
    assert lab.check(good[:-1] + bytes([good[-1] ^ 1])) == "refused:bad_signature"


def test_a_broken_signature_of_the_issuer_is_refused(lab: Any) -> None:
    other_root = lab.make("Root", ca=True, key=ec.generate_private_key(ec.SECP256R1()))
    wrong = lab.make(
        "Issuing",
        issuer=other_root,
        ca=True,
        key=lab.issuing.key,
        change={"authority_key_identifier": lab_id(lab.root)},
    )
    assert lab.check(lab.holder(), intermediates=[wrong]) == "refused:bad_signature"


def lab_id(made: Any) -> Any:
    identifier = made.parsed.key_identifier
    return (False, x509.AuthorityKeyIdentifier({"key_identifier": identifier}))


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (timedelta(days=-1), "accepted"),
        (timedelta(days=-1) - SECOND, "refused:not_yet_valid"),
        (timedelta(days=30), "accepted"),
        (timedelta(days=30) + SECOND, "refused:expired"),
    ],
)
def test_a_holder_is_valid_to_the_second(lab: Any, shift: timedelta, expected: str) -> None:
    at = lab_now() + shift
    long = (at - timedelta(days=99), at + timedelta(days=99))
    root = lab.make("Root", ca=True, key=lab.root.key, valid=long)
    issuing = lab.make("Issuing", issuer=root, ca=True, key=lab.issuing.key, valid=long)
    lists = [
        lab.crl(made, this_update=at - SECOND, next_update=at + SECOND) for made in (root, issuing)
    ]
    verdict = lab.check(lab.holder(), roots=[root], intermediates=[issuing], crls=lists, at=at)
    assert verdict == expected


def lab_now() -> Any:
    from datetime import UTC, datetime

    return datetime(2025, 6, 2, tzinfo=UTC)


@pytest.mark.parametrize("who", ["root", "issuing"])
def test_an_expired_authority_is_refused(lab: Any, who: str) -> None:
    over = (lab_now() - timedelta(days=9), lab_now() - SECOND)
    holder = lab.holder()
    root = lab.make("Root", ca=True, key=lab.root.key, **({"valid": over} if who == "root" else {}))
    issuing = lab.make(
        "Issuing",
        issuer=root,
        ca=True,
        key=lab.issuing.key,
        **({"valid": over} if who == "issuing" else {}),
    )
    assert lab.check(holder, roots=[root], intermediates=[issuing]) == "refused:expired"


def test_an_intermediate_that_is_no_authority_is_refused(lab: Any) -> None:
    fake = lab.make("Fake", issuer=lab.issuing, change={"key_usage": None})
    holder = lab.holder(issuer=fake)
    verdict = lab.check(holder, intermediates=[lab.issuing, fake])
    assert verdict == "refused:bad_basic_constraints"


def test_a_path_length_of_zero_allows_no_further_authority(lab: Any) -> None:
    below = lab.make("Below", issuer=lab.issuing, ca=True)
    holder = lab.holder(issuer=below)
    lists = [lab.crl(made) for made in (lab.root, lab.issuing, below)]
    verdict = lab.check(holder, intermediates=[lab.issuing, below], crls=lists)
    assert verdict == "refused:path_invalid"


def test_the_roots_path_length_binds(lab: Any) -> None:
    root = lab.make("Root", ca=True, path_length=0, key=lab.root.key)
    assert lab.check(lab.holder(), roots=[root]) == "refused:path_invalid"


def test_a_chain_longer_than_eight_is_refused(lab: Any) -> None:
    root = lab.make("Root", ca=True)
    chain, lists = [root], [lab.crl(root)]
    for number in range(7):
        chain.append(lab.make(f"CA{number}", issuer=chain[-1], ca=True))
        lists.append(lab.crl(chain[-1]))
    short, long = lab.holder(issuer=chain[6]), lab.holder(issuer=chain[7])
    assert lab.check(short, roots=[root], intermediates=chain[1:], crls=lists) == "accepted"
    verdict = lab.check(long, roots=[root], intermediates=chain[1:], crls=lists)
    assert verdict == "refused:chain_too_long"


def test_a_hundred_intermediates_of_one_name_cost_no_time(lab: Any) -> None:
    crowd = [lab.make("Issuing", issuer=lab.root, ca=True) for _ in range(100)]
    lying = lab.holder(issuer=crowd[0], change={"authority_key_identifier": lab_id(lab.root)})
    holder = lab.holder(issuer=crowd[50])
    lists = [lab.crl(lab.root), lab.crl(crowd[50])]
    started = time.monotonic()
    assert lab.check(holder, intermediates=crowd, crls=lists) == "accepted"
    assert lab.check(lying, intermediates=crowd[1:], crls=lists).startswith("refused")
    assert time.monotonic() - started < 5


def test_a_hundred_cross_certificates_of_one_key_cost_no_time(lab: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first = lab.make("Crowd", ca=True, key=key)
    crowd = [lab.make("Crowd", issuer=first, ca=True, key=key) for _ in range(100)]
    started = time.monotonic()
    verdict = lab.check(lab.holder(issuer=first), intermediates=crowd)
    assert verdict.startswith("refused")
    assert time.monotonic() - started < 5


def test_a_hundred_authorities_that_certify_each_other_cost_no_time(lab: Any) -> None:
    rings = [lab.make(f"Ring{number}", ca=True) for number in range(15)]
    crossed = [
        lab.make(f"Ring{number}", issuer=other, ca=True, key=made.key)
        for number, made in enumerate(rings)
        for other in rings
        if other is not made
    ]
    started = time.monotonic()
    verdict = lab.check(lab.holder(issuer=rings[0]), intermediates=crossed)
    assert verdict.startswith("refused")
    assert time.monotonic() - started < 5


def test_a_self_signed_holder_is_refused(lab: Any) -> None:
    alone = lab.make("Alone")
    assert lab.check(alone).startswith("refused")
    assert lab.check(alone, roots=[alone]).startswith("refused")


def test_a_root_cannot_log_in(lab: Any) -> None:
    assert lab.check(lab.root) == "refused:authority_as_holder"


@pytest.mark.parametrize("where", ["root", "issuing"])
@pytest.mark.parametrize(
    ("part", "organization", "expected"),
    [
        ("permitted_subtrees", "Ours", "accepted"),
        ("permitted_subtrees", "Theirs", "refused:path_invalid"),
        ("excluded_subtrees", "Ours", "refused:path_invalid"),
        ("excluded_subtrees", "Theirs", "accepted"),
    ],
)
def test_directory_name_constraints_bind(
    lab: Any, where: str, part: str, organization: str, expected: str
) -> None:
    base = directory(country_name="CN", organization_name=organization)
    constraints = (True, x509.NameConstraints({part: subtrees(directory_name=base)}))
    change = {"name_constraints": constraints}
    ours = directory(country_name="CN", organization_name="Ours", common_name="CA")
    root = lab.make(
        "Root", ca=True, key=lab.root.key, **({"change": change} if where == "root" else {})
    )
    issuing = lab.make(
        None,
        issuer=root,
        ca=True,
        key=lab.issuing.key,
        subject=ours,
        **({"change": change} if where == "issuing" else {}),
    )
    holder = lab.make(
        None,
        issuer=issuing,
        subject=directory(country_name="CN", organization_name="Ours", common_name="Holder"),
    )
    lists = [lab.crl(root), lab.crl(issuing)]
    assert lab.check(holder, roots=[root], intermediates=[issuing], crls=lists) == expected


@pytest.mark.parametrize("where", ["root", "issuing"])
@pytest.mark.parametrize(
    ("mailbox", "expected"),
    [("a@ours.example", "accepted"), ("a@theirs.example", "refused:path_invalid")],
)
def test_mailbox_constraints_bind(lab: Any, where: str, mailbox: str, expected: str) -> None:
    change = {
        "name_constraints": (
            True,
            x509.NameConstraints({"permitted_subtrees": subtrees(rfc822_name="ours.example")}),
        )
    }
    root = lab.make(
        "Root", ca=True, key=lab.root.key, **({"change": change} if where == "root" else {})
    )
    issuing = lab.make(
        "Issuing",
        issuer=root,
        ca=True,
        key=lab.issuing.key,
        **({"change": change} if where == "issuing" else {}),
    )
    names = x509.GeneralNames([x509.GeneralName(name="rfc822_name", value=mailbox)])
    holder = lab.holder(extra=[("subject_alt_name", False, names)])
    assert lab.check(holder, roots=[root], intermediates=[issuing]) == expected


def test_a_required_policy_must_be_in_every_certificate(lab: Any) -> None:
    under = {"certificate_policies": policies(POLICY)}
    issuing = lab.make("Issuing", issuer=lab.root, ca=True, key=lab.issuing.key, change=under)
    with_it, without = lab.holder(change=under), lab.holder()
    wanted = {"intermediates": [issuing], "certificate_policies": frozenset({POLICY})}
    assert lab.check(with_it, **wanted) == "accepted"
    assert lab.check(without, **wanted) == "refused:path_invalid"
    wanted["certificate_policies"] = frozenset({"1.2.156.2"})
    assert lab.check(with_it, **wanted) == "refused:path_invalid"


def test_a_critical_extension_nobody_knows_is_refused_anywhere(lab: Any) -> None:
    strange = [("1.2.3.4.5", True, b"\x05\x00")]
    assert lab.check(lab.holder(extra=strange)) == "refused:unknown_critical_extension"
    issuing = lab.make("Issuing", issuer=lab.root, ca=True, key=lab.issuing.key, extra=strange)
    verdict = lab.check(lab.holder(), intermediates=[issuing])
    assert verdict == "refused:unknown_critical_extension"
    root = lab.make("Root", ca=True, key=lab.root.key, extra=strange)
    assert lab.check(lab.holder(), roots=[root]) == "refused:unknown_critical_extension"
    harmless = [("1.2.3.4.5", False, b"\x05\x00")]
    assert lab.check(lab.holder(extra=harmless)) == "accepted"
