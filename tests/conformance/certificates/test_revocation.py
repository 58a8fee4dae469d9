"""Revocation: "revoked" by list and by OCSP, told apart from "could not find out"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import crl, x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPCertStatus

NOW = datetime(2025, 6, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
UNKNOWN = "undecided:revocation_unknown"
STALE = "undecided:revocation_stale"


def serial_of(made: Any) -> int:
    return int(made.parsed.serial_number)


def test_a_revoked_holder_is_revoked(lab: Any) -> None:
    holder = lab.holder()
    lists = [lab.crl(lab.root), lab.crl(lab.issuing, [serial_of(holder)])]
    assert lab.check(holder, crls=lists) == "revoked:revoked"


def test_a_revocation_counts_although_the_certificate_names_no_list(lab: Any) -> None:
    holder = lab.holder()
    assert "crl_distribution_points" not in str(holder.parsed["tbs_certificate"].native)
    lists = [lab.crl(lab.root), lab.crl(lab.issuing, [serial_of(holder)])]
    assert lab.check(holder, crls=lists, crl_required=False) == "revoked:revoked"


def test_the_newer_list_does_not_hide_behind_the_older(lab: Any) -> None:
    holder = lab.holder()
    older, newer = lab.crl(lab.issuing), lab.crl(lab.issuing, [serial_of(holder)])
    for lists in ([older, newer], [newer, older]):
        assert lab.check(holder, crls=[lab.crl(lab.root), *lists]) == "revoked:revoked"


def test_a_revoked_authority_refuses_its_holders(lab: Any) -> None:
    lists = [lab.crl(lab.root, [serial_of(lab.issuing)]), lab.crl(lab.issuing)]
    assert lab.check(lab.holder(), crls=lists) == "refused:authority_revoked"


@pytest.mark.parametrize("missing", ["root", "issuing", "both"])
def test_a_missing_list_is_undecided(lab: Any, missing: str) -> None:
    lists = {"root": [lab.crl(lab.issuing)], "issuing": [lab.crl(lab.root)], "both": []}[missing]
    assert lab.check(lab.holder(), crls=lists) == UNKNOWN


def test_lists_may_be_missing_where_the_ca_need_give_none(lab: Any) -> None:
    holder = lab.holder()
    assert lab.check(holder, crls=[], crl_required=False) == "accepted"
    only_issuing = [lab.crl(lab.issuing)]
    assert lab.check(holder, crls=only_issuing, authority_crl_required=False) == "accepted"
    assert lab.check(holder, crls=[], authority_crl_required=False) == UNKNOWN


def test_a_list_in_hand_is_never_ignored(lab: Any) -> None:
    stale = lab.crl(lab.issuing, this_update=NOW - timedelta(9), next_update=NOW - SECOND)
    assert lab.check(lab.holder(), crls=[stale], crl_required=False) == STALE


@pytest.mark.parametrize(
    ("this_update", "next_update", "expected"),
    [
        (NOW, NOW, "accepted"),
        (NOW - timedelta(2), NOW - SECOND, STALE),
        (NOW + SECOND, NOW + timedelta(2), UNKNOWN),
    ],
)
def test_a_list_counts_between_its_two_dates(
    lab: Any, this_update: datetime, next_update: datetime, expected: str
) -> None:
    dated = lab.crl(lab.issuing, this_update=this_update, next_update=next_update)
    verdict = lab.check(lab.holder(), crls=[lab.crl(lab.root), dated])
    assert verdict == expected or (expected != "accepted" and verdict.startswith("undecided"))


@pytest.mark.parametrize(
    "wishes",
    [
        {"change": {"crl_number": None}},
        {"change": {"crl_number": (True, 7)}},
        {"extra": [("crl_number", False, 8)]},
        {"extra": [("1.2.3.4.5", True, b"\x05\x00")]},
        {"next_update": None},
        {"algorithm": "sha1_ecdsa"},
        {"signer": ec.generate_private_key(ec.SECP256R1())},
    ],
    ids=["no number", "critical number", "two numbers", "unknown", "endless", "sha1", "forged"],
)
def test_a_list_that_is_not_as_it_should_be_decides_nothing(
    lab: Any, wishes: dict[str, Any]
) -> None:
    lists = [lab.crl(lab.root), lab.crl(lab.issuing, **wishes)]
    assert lab.check(lab.holder(), crls=lists).startswith("undecided")


def test_an_authority_that_may_not_sign_lists_cannot(lab: Any) -> None:
    issuing = lab.make(
        "Issuing",
        issuer=lab.root,
        ca=True,
        key=lab.issuing.key,
        change={"key_usage": (True, x509.KeyUsage({"key_cert_sign"}))},
    )
    assert lab.check(lab.holder(), intermediates=[issuing]).startswith("undecided")


def test_a_list_for_other_certificates_decides_nothing(lab: Any) -> None:
    for_authorities = crl.IssuingDistributionPoint({"only_contains_ca_certs": True})
    limited = lab.crl(lab.issuing, extra=[("issuing_distribution_point", True, for_authorities)])
    assert lab.check(lab.holder(), crls=[lab.crl(lab.root), limited]).startswith("undecided")


def test_a_list_for_some_reasons_only_decides_nothing_alone(lab: Any) -> None:
    some = crl.IssuingDistributionPoint({"only_some_reasons": {"key_compromise"}})
    limited = lab.crl(lab.issuing, extra=[("issuing_distribution_point", True, some)])
    assert lab.check(lab.holder(), crls=[lab.crl(lab.root), limited]).startswith("undecided")


def test_lists_of_ten_thousand_are_read_in_time(lab: Any) -> None:
    holder = lab.holder()
    many = [*range(2_000_000, 2_010_000), serial_of(holder)]
    lists = [lab.crl(lab.root), lab.crl(lab.issuing, many)]
    assert lab.check(holder, crls=lists) == "revoked:revoked"


def with_ocsp(lab: Any) -> Any:
    """A holder that names an OCSP responder."""
    place = x509.GeneralName(name="uniform_resource_identifier", value="http://ocsp.example")
    access = [{"access_method": "ocsp", "access_location": place}]
    return lab.holder(
        extra=[("authority_information_access", False, x509.AuthorityInfoAccessSyntax(access))]
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OCSPCertStatus.GOOD, "accepted"),
        (OCSPCertStatus.REVOKED, "revoked:revoked"),
        (OCSPCertStatus.UNKNOWN, UNKNOWN),
    ],
)
def test_an_ocsp_answer_decides_where_there_is_no_list(
    lab: Any, status: OCSPCertStatus, expected: str
) -> None:
    holder = with_ocsp(lab)
    answer = lab.ocsp(holder, status=status)
    assert lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[answer]) == expected


def test_an_ocsp_answer_of_a_stranger_decides_nothing(lab: Any) -> None:
    holder = with_ocsp(lab)
    stranger = lab.make("Stranger")
    answer = lab.ocsp(holder, status=OCSPCertStatus.GOOD, signer=stranger)
    verdict = lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[answer])
    assert verdict.startswith("undecided")


def test_an_ocsp_responder_needs_the_cas_mandate(lab: Any) -> None:
    holder = with_ocsp(lab)
    for purpose, expected in (("ocsp_signing", "accepted"), ("client_auth", "undecided")):
        responder = lab.make(
            "Responder",
            issuer=lab.issuing,
            change={"extended_key_usage": (False, x509.ExtKeyUsageSyntax([purpose]))},
            extra=[("ocsp_no_check", False, b"\x05\x00")],
        )
        answer = lab.ocsp(holder, status=OCSPCertStatus.GOOD, signer=responder)
        verdict = lab.check(
            holder, crls=[lab.crl(lab.root), lab.crl(lab.issuing)][:1], ocsp_answers=[answer]
        )
        assert verdict.partition(":")[0] == expected, purpose


def test_an_ocsp_answer_for_another_certificate_decides_nothing(lab: Any) -> None:
    holder, other = with_ocsp(lab), with_ocsp(lab)
    answer = lab.ocsp(other, status=OCSPCertStatus.GOOD)
    verdict = lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[answer])
    assert verdict.startswith("undecided")


@pytest.mark.parametrize("named", [True, False])
def test_an_ocsp_answer_counts_whether_or_not_the_certificate_names_a_responder(
    lab: Any, named: bool
) -> None:
    holder = with_ocsp(lab) if named else lab.holder()
    good = lab.ocsp(holder, status=OCSPCertStatus.GOOD)
    bad = lab.ocsp(holder, status=OCSPCertStatus.REVOKED)
    assert lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[good]) == "accepted"
    assert lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[bad]) == "revoked:revoked"


def test_revoked_is_never_outvoted(lab: Any) -> None:
    holder = lab.holder()
    good = lab.ocsp(holder, status=OCSPCertStatus.GOOD)
    bad = lab.ocsp(holder, status=OCSPCertStatus.REVOKED)
    clean, listed = lab.crl(lab.issuing), lab.crl(lab.issuing, [serial_of(holder)])
    for lists, answers in (
        ([clean], [good, bad]),
        ([clean], [bad, good]),
        ([listed], [good]),
        ([clean], [bad]),
    ):
        verdict = lab.check(holder, crls=[lab.crl(lab.root), *lists], ocsp_answers=answers)
        assert verdict == "revoked:revoked"


@pytest.mark.parametrize("by_key", [True, False])
@pytest.mark.parametrize("delegated", [True, False])
def test_an_ocsp_responder_is_named_by_key_or_by_name(
    lab: Any, by_key: bool, delegated: bool
) -> None:
    holder = lab.holder()
    responder = lab.make(
        "Responder",
        issuer=lab.issuing,
        change={"extended_key_usage": (False, x509.ExtKeyUsageSyntax(["ocsp_signing"]))},
        extra=[("ocsp_no_check", False, b"\x05\x00")],
    )
    signer = {"signer": responder} if delegated else {}
    answer = lab.ocsp(holder, status=OCSPCertStatus.GOOD, by_key=by_key, **signer)
    assert lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[answer]) == "accepted"


def test_a_mandate_of_another_ca_is_none(lab: Any) -> None:
    """A responder for the root's certificates must not speak for the issuing CA's."""
    holder = lab.holder()
    responder = lab.make(
        "Responder",
        issuer=lab.root,
        change={"extended_key_usage": (False, x509.ExtKeyUsageSyntax(["ocsp_signing"]))},
        extra=[("ocsp_no_check", False, b"\x05\x00")],
    )
    answer = lab.ocsp(holder, status=OCSPCertStatus.GOOD, signer=responder)
    verdict = lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[answer])
    assert verdict.startswith("undecided")


@pytest.mark.parametrize(
    ("this_update", "next_update"),
    [(NOW - timedelta(2), NOW - SECOND), (NOW + SECOND, NOW + timedelta(2))],
    ids=["over", "not yet"],
)
def test_an_ocsp_answer_counts_between_its_two_dates(
    lab: Any, this_update: datetime, next_update: datetime
) -> None:
    holder = lab.holder()
    answer = lab.ocsp(
        holder, status=OCSPCertStatus.GOOD, this_update=this_update, next_update=next_update
    )
    verdict = lab.check(holder, crls=[lab.crl(lab.root)], ocsp_answers=[answer])
    assert verdict.startswith("undecided")


def test_an_answer_in_hand_is_never_ignored_where_none_is_demanded(lab: Any) -> None:
    holder = lab.holder()
    unknown = lab.ocsp(holder, status=OCSPCertStatus.UNKNOWN)
    assert lab.check(holder, crls=[], crl_required=False) == "accepted"
    verdict = lab.check(holder, crls=[], crl_required=False, ocsp_answers=[unknown])
    assert verdict.startswith("undecided")


def test_nonsense_among_the_lists_and_answers_changes_nothing(lab: Any) -> None:
    good = [lab.crl(lab.root), lab.crl(lab.issuing)]
    nonsense = [b"", b"\x30\x03\x02\x01\x00", good[0][:-5]]
    assert lab.check(lab.holder(), crls=[*nonsense, *good], ocsp_answers=nonsense) == "accepted"
    assert lab.check(lab.holder(), crls=nonsense) == UNKNOWN
