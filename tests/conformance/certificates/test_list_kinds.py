"""Kinds of revocation lists: wrong issuers, parts, deltas, indirect ones (RFC 5280 §5, §6.3; PKITS 4.4, 4.14, 4.15)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import crl, x509

from tests.conformance.certificates.laboratory import DAY, NOW, Lab, Made

REVOKED = "revoked:revoked"


def idp(**scope: Any) -> list[tuple[str, bool, Any]]:
    return [("issuing_distribution_point", True, crl.IssuingDistributionPoint(scope))]


def verdict(lab: Lab, holder: Made, *lists: bytes, **more: Any) -> str:
    return lab.check(holder, crls=[lab.crl(lab.root), *lists], **more)


def test_a_list_of_another_name_with_the_right_key_decides_nothing(lab: Lab) -> None:
    twin = lab.make("Other", issuer=lab.root, ca=True, key=lab.issuing.key)
    assert verdict(lab, lab.holder(), lab.crl(twin)).startswith("undecided")


def test_a_list_of_the_right_name_with_another_key_decides_nothing(lab: Lab) -> None:
    twin = lab.make("Issuing", issuer=lab.root, ca=True)
    assert verdict(lab, lab.holder(), lab.crl(twin)).startswith("undecided")
    # A CA may keep a key of its own for lists: then its root vouches for that key (PKITS 4.4.19).
    both = [lab.issuing, twin]
    assert verdict(lab, lab.holder(), lab.crl(twin), intermediates=both) == "accepted"


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"only_contains_user_certs": True}, "accepted"),
        ({"only_contains_ca_certs": True}, "undecided"),
        ({"only_contains_attribute_certs": True}, "undecided"),
        ({"only_some_reasons": {"key_compromise"}}, "undecided"),
    ],
)
def test_a_list_counts_for_what_it_is_about(lab: Lab, scope: dict[str, Any], expected: str) -> None:
    found = verdict(lab, lab.holder(), lab.crl(lab.issuing, extra=idp(**scope)))
    assert found.partition(":")[0] == expected


def test_a_revocation_in_a_part_counts_alone(lab: Lab) -> None:
    holder = lab.holder()
    serial = holder.parsed.serial_number
    part = lab.crl(lab.issuing, [serial], extra=idp(only_some_reasons={"key_compromise"}))
    assert verdict(lab, holder, part) == REVOKED


def delta(lab: Lab, revoked: list[int], *, base: int = 7, number: int = 8) -> bytes:
    return lab.crl(
        lab.issuing,
        revoked,
        change={"crl_number": (False, number)},
        extra=[("delta_crl_indicator", True, base)],
    )


def freshest(lab: Lab) -> Made:
    name = x509.GeneralNames(
        [x509.GeneralName(name="uniform_resource_identifier", value="http://crl.example/delta")]
    )
    points = x509.CRLDistributionPoints(
        [{"distribution_point": x509.DistributionPointName(name="full_name", value=name)}]
    )
    return lab.holder(change={"freshest_crl": (False, points)})


def test_a_delta_list_revokes_what_its_base_did_not(lab: Lab) -> None:
    holder = freshest(lab)
    serial = holder.parsed.serial_number
    base = lab.crl(lab.issuing)
    assert verdict(lab, holder, base) == "accepted"
    assert verdict(lab, holder, base, delta(lab, [serial])) == REVOKED


def test_a_delta_list_counts_whoever_points_to_it(lab: Lab) -> None:
    holder = lab.holder()
    serial = holder.parsed.serial_number
    assert verdict(lab, holder, lab.crl(lab.issuing), delta(lab, [serial])) == REVOKED
    assert verdict(lab, holder, lab.crl(lab.issuing), delta(lab, [serial + 1])) == "accepted"


def test_a_delta_list_of_somebody_else_or_another_time_changes_nothing(lab: Lab) -> None:
    holder = lab.holder()
    serial = holder.parsed.serial_number
    newer = lab.crl(lab.issuing, change={"crl_number": (False, 8)})
    forged = lab.crl(
        lab.issuing,
        [serial],
        change={"crl_number": (False, 8)},
        extra=[("delta_crl_indicator", True, 7)],
        signer=lab.root.key,
    )
    assert verdict(lab, holder, newer, delta(lab, [serial])) == "accepted"
    assert verdict(lab, holder, lab.crl(lab.issuing), forged) == "accepted"


def test_a_delta_list_without_its_base_decides_nothing(lab: Lab) -> None:
    assert verdict(lab, freshest(lab), delta(lab, [])).startswith("undecided")
    assert verdict(lab, lab.holder(), delta(lab, [])).startswith("undecided")


def indirect(lab: Lab, issuer: Made) -> Made:
    """A holder whose CA leaves its lists to somebody else."""
    point = {
        "crl_issuer": x509.GeneralNames(
            [x509.GeneralName(name="directory_name", value=issuer.subject)]
        )
    }
    points = x509.CRLDistributionPoints([point])
    return lab.holder(change={"crl_distribution_points": (False, points)})


@pytest.mark.parametrize("listed", [True, False])
def test_an_indirect_list_counts_where_the_certificate_names_its_issuer(
    lab: Lab, listed: bool
) -> None:
    lister = lab.make(
        "Lister",
        issuer=lab.root,
        ca=True,
        change={"key_usage": (True, x509.KeyUsage({"crl_sign", "key_cert_sign"}))},
    )
    holder, stranger = indirect(lab, lister), lab.holder()
    entry = crl.RevokedCertificate(
        {
            "user_certificate": holder.parsed.serial_number,
            "revocation_date": {"utc_time": NOW - DAY},
            "crl_entry_extensions": [
                {
                    "extn_id": "certificate_issuer",
                    "critical": True,
                    "extn_value": x509.GeneralNames(
                        [x509.GeneralName(name="directory_name", value=lab.issuing.subject)]
                    ),
                }
            ],
        }
    )
    whole = lab.crl(lister, entries=[entry] if listed else [], extra=idp(indirect_crl=True))
    both = {"intermediates": [lab.issuing, lister]}
    assert verdict(lab, holder, whole, **both) == (REVOKED if listed else "accepted")
    relaxed = lab.check(holder, crls=[lab.crl(lab.root), whole], crl_required=False, **both)
    assert relaxed == (REVOKED if listed else "accepted")
    # A certificate that does not name the lister is none of its business.
    assert verdict(lab, stranger, whole, **both).startswith("undecided")


def test_an_unknown_critical_extension_of_an_entry_makes_the_list_useless(lab: Lab) -> None:
    holder = lab.holder()
    entry = crl.RevokedCertificate(
        {
            "user_certificate": holder.parsed.serial_number,
            "revocation_date": {"utc_time": NOW - DAY},
            "crl_entry_extensions": [
                {"extn_id": "1.2.3.4.5", "critical": True, "extn_value": b"\x05\x00"}
            ],
        }
    )
    found = verdict(lab, holder, lab.crl(lab.issuing, entries=[entry]))
    assert found.partition(":")[0] in ("revoked", "undecided")


def test_a_certificate_on_hold_is_out_until_it_is_taken_off_the_list(lab: Lab) -> None:
    holder = lab.holder()
    entry = crl.RevokedCertificate(
        {
            "user_certificate": holder.parsed.serial_number,
            "revocation_date": {"utc_time": NOW - DAY},
            "crl_entry_extensions": [
                {"extn_id": "crl_reason", "critical": False, "extn_value": "certificate_hold"}
            ],
        }
    )
    assert verdict(lab, holder, lab.crl(lab.issuing, entries=[entry])) == REVOKED
    assert verdict(lab, holder, lab.crl(lab.issuing)) == "accepted"


def test_a_list_may_count_beyond_2050(lab: Lab) -> None:
    far = lab.crl(lab.issuing, next_update=NOW + timedelta(days=365 * 30))
    assert verdict(lab, lab.holder(), far) == "accepted"
