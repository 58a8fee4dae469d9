"""What RFC 5280 forbids in a single certificate and path engines let pass; each case differs from a good one in one thing."""

from __future__ import annotations

from typing import Any

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

SHORT_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505  # the check must refuse it
OLD_DSA = dsa.generate_private_key(1024)  # noqa: S505  # the check must refuse it
NAMED = x509.GeneralNames([x509.GeneralName(name="dns_name", value="hall.example")])


def constraints() -> Any:
    base = x509.GeneralName(name="dns_name", value="example.org")
    return x509.NameConstraints({"permitted_subtrees": [{"base": base}]})


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"serial": 0}, "bad_serial_number"),
        ({"serial": -5}, "bad_serial_number"),
        ({"serial": 1 << 159}, "bad_serial_number"),
        ({"tbs": {"version": "v1", "extensions": None}}, "bad_version"),
        ({"change": {"authority_key_identifier": None}}, "missing_key_identifier"),
        ({"extra": [("subject_alt_name", False, NAMED)] * 2}, "duplicate_extension"),
        ({"change": {"name_constraints": (True, constraints())}}, "bad_name_constraints"),
        (
            {
                "change": {
                    "key_usage": (True, x509.KeyUsage({"digital_signature", "key_cert_sign"}))
                }
            },
            "authority_as_holder",
        ),
        (
            {"change": {"basic_constraints": (True, x509.BasicConstraints({"ca": True}))}},
            "authority_as_holder",
        ),
        ({"subject": x509.Name.build({})}, "empty_name"),
        (
            {"change": {"extended_key_usage": (False, x509.ExtKeyUsageSyntax([]))}},
            "malformed",
        ),
    ],
)
def test_a_malformed_holder_is_refused(lab: Any, wishes: dict[str, Any], expected: str) -> None:
    assert lab.check(lab.holder(**wishes)) == f"refused:{expected}"


@pytest.mark.parametrize("name", ["authority_key_identifier", "key_identifier"])
def test_key_identifiers_must_not_be_critical(lab: Any, name: str) -> None:
    made = lab.holder()
    value = next(
        extension["extn_value"].parsed
        for extension in made.parsed["tbs_certificate"]["extensions"]
        if extension["extn_id"].native == name
    )
    assert lab.check(lab.holder(change={name: (True, value)})) == "refused:wrong_criticality"


def test_a_serial_number_of_twenty_octets_is_accepted(lab: Any) -> None:
    assert lab.check(lab.holder(serial=(1 << 159) - 1)) == "accepted"


def test_a_holder_named_by_a_critical_alternative_name_is_accepted(lab: Any) -> None:
    nameless = {"subject": x509.Name.build({}), "extra": [("subject_alt_name", True, NAMED)]}
    assert lab.check(lab.holder(**nameless)) == "accepted"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"digital_signature"}, "accepted"),
        ({"digital_signature", "non_repudiation"}, "accepted"),
        ({"key_encipherment"}, "refused:key_usage"),
        ({"non_repudiation"}, "refused:key_usage"),
    ],
)
def test_the_key_must_be_for_signing(lab: Any, usage: set[str], expected: str) -> None:
    holder = lab.holder(change={"key_usage": (True, x509.KeyUsage(usage))})
    assert lab.check(holder) == expected


def test_no_key_usage_is_any_usage_unless_the_ca_demands_one(lab: Any) -> None:
    holder = lab.holder(change={"key_usage": None})
    assert lab.check(holder) == "accepted"
    assert lab.check(holder, key_usage="required") == "refused:key_usage"


@pytest.mark.parametrize(
    ("purposes", "demand", "expected"),
    [
        (["client_auth"], "optional", "accepted"),
        (["client_auth", "email_protection"], "required", "accepted"),
        (["server_auth"], "optional", "refused:extended_key_usage"),
        (["any_extended_key_usage"], "optional", "refused:extended_key_usage"),
        (None, "optional", "accepted"),
        (None, "required", "refused:extended_key_usage"),
    ],
)
def test_named_purposes_must_include_client_authentication(
    lab: Any, purposes: list[str] | None, demand: str, expected: str
) -> None:
    value = None if purposes is None else (False, x509.ExtKeyUsageSyntax(purposes))
    holder = lab.holder(change={"extended_key_usage": value})
    assert lab.check(holder, extended_key_usage=demand) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (SHORT_RSA, "weak_key"),
        (ec.generate_private_key(ec.SECP256K1()), "algorithm_not_allowed"),
        (ec.generate_private_key(ec.SECP192R1()), "algorithm_not_allowed"),
        (ed25519.Ed25519PrivateKey.generate(), "algorithm_not_allowed"),
        (OLD_DSA, "algorithm_not_allowed"),
    ],
)
def test_weak_and_unknown_keys_are_refused(lab: Any, key: Any, expected: str) -> None:
    assert lab.check(lab.holder(key=key)) == f"refused:{expected}"


def test_a_weak_key_of_an_authority_is_refused(lab: Any) -> None:
    weak = lab.make("Issuing", issuer=lab.root, ca=True, key=SHORT_RSA)
    verdict = lab.check(lab.holder(issuer=weak), intermediates=[weak])
    assert verdict.startswith("refused")


@pytest.mark.parametrize("who", ["holder", "issuing"])
def test_sha1_is_refused(lab: Any, who: str) -> None:
    issuing = lab.issuing
    if who == "issuing":
        issuing = lab.make(
            "Issuing", issuer=lab.root, ca=True, key=lab.issuing.key, algorithm="sha1_ecdsa"
        )
    holder = lab.holder(algorithm="sha1_ecdsa" if who == "holder" else None)
    assert lab.check(holder, intermediates=[issuing]).startswith("refused")


def test_an_algorithm_outside_the_cas_settings_is_refused(lab: Any) -> None:
    only_rsa = {"rsa-pkcs1-sha256"}
    assert lab.check(lab.holder(), algorithms=only_rsa).startswith("refused")


def test_two_signature_algorithms_in_one_certificate_are_refused(lab: Any) -> None:
    from asn1crypto.algos import SignedDigestAlgorithm

    other = SignedDigestAlgorithm({"algorithm": "sha384_ecdsa"})
    holder = lab.holder(tbs={"signature": other})
    assert lab.check(holder) == "refused:signature_algorithm_mismatch"


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"change": {"basic_constraints": None}}, "bad_basic_constraints"),
        ({"change": {"key_identifier": None}}, "missing_key_identifier"),
        ({"change": {"key_usage": (True, x509.KeyUsage({"crl_sign"}))}}, "key_usage"),
        ({"serial": 0}, "bad_serial_number"),
    ],
)
@pytest.mark.parametrize("who", ["root", "issuing"])
def test_a_malformed_authority_is_refused(
    lab: Any, who: str, wishes: dict[str, Any], expected: str
) -> None:
    root = lab.make("Root", ca=True, key=lab.root.key, **(wishes if who == "root" else {}))
    issuing = lab.make(
        "Issuing",
        issuer=root,
        ca=True,
        key=lab.issuing.key,
        **(wishes if who == "issuing" else {}),
    )
    assert lab.check(lab.holder(), roots=[root], intermediates=[issuing]) == f"refused:{expected}"


def test_an_authority_for_other_purposes_is_refused(lab: Any) -> None:
    purposes = (False, x509.ExtKeyUsageSyntax(["code_signing"]))
    issuing = lab.make(
        "Issuing",
        issuer=lab.root,
        ca=True,
        key=lab.issuing.key,
        change={"extended_key_usage": purposes},
    )
    assert lab.check(lab.holder(), intermediates=[issuing]) == "refused:extended_key_usage"


@pytest.mark.parametrize("written", ["-bad.example", "a..example", "white space.example", "a*.x"])
def test_malformed_dns_names_are_refused(lab: Any, written: str) -> None:
    name = x509.GeneralName(
        name="dns_name", value=x509.DNSName(contents=written.encode(), tag=2, class_=2)
    )
    holder = lab.holder(extra=[("subject_alt_name", False, x509.GeneralNames([name]))])
    assert lab.check(holder).startswith("refused")


def test_what_is_no_certificate_is_refused(lab: Any) -> None:
    for nonsense in (b"", b"\x30\x00", b"hello", lab.holder().der + b"\x00", b"\x30" * 999):
        assert lab.check(nonsense) == "refused:malformed"
    assert lab.check(b"\x30" * 20_000) == "refused:too_large"
