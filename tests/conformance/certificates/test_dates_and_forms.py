"""Dates as they may be written, and certificates that are odd but right, or right but odd (PKITS 4.2, 4.5, 4.6; limbo)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core, x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.conformance.certificates.laboratory import DAY, NOW, Lab, key_id

START, END = NOW - DAY, NOW + DAY


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), "accepted"),
        (datetime(2050, 1, 1, tzinfo=UTC), "accepted"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "accepted"),
    ],
)
def test_a_validity_may_end_far_ahead(lab: Lab, until: datetime, expected: str) -> None:
    assert lab.check(lab.holder(valid=(START, until))) == expected


def test_years_of_two_digits_from_50_on_are_the_last_centurys(lab: Lab) -> None:
    old = lab.holder(valid=(datetime(1950, 1, 1, tzinfo=UTC), END))
    assert lab.check(old) == "accepted"
    over = lab.holder(valid=(datetime(1950, 1, 1, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)))
    assert lab.check(over) == "refused:expired"


@pytest.mark.parametrize(
    ("tag", "written", "expected"),
    [
        (24, b"20250603000000Z", "accepted"),
        (23, b"250603000000Z", "accepted"),
        (24, b"20250603000000+0800", "refused"),
        (24, b"20250603000000.5Z", "refused"),
        (24, b"202506030000Z", "refused"),
        (23, b"2506030000Z", "refused"),
        (23, b"250603000000+0800", "refused"),
        (24, b"20251303000000Z", "refused"),
        (23, b"nonsense", "refused"),
    ],
)
def test_an_end_is_written_as_rfc_5280_writes_times(
    lab: Lab, tag: int, written: bytes, expected: str
) -> None:
    kind = core.UTCTime if tag == 23 else core.GeneralizedTime
    end = x509.Time(name="utc_time" if tag == 23 else "general_time", value=kind(contents=written))
    validity = x509.Validity({"not_before": {"utc_time": START}, "not_after": end})
    holder = lab.holder(tbs={"validity": validity})
    assert lab.check(holder).partition(":")[0] == expected


def test_a_validity_that_ends_before_it_begins_is_refused(lab: Lab) -> None:
    assert lab.check(lab.holder(valid=(END, START))).startswith("refused")


def test_a_self_issued_certificate_of_a_new_key_does_not_count_as_a_step(lab: Lab) -> None:
    """PKITS 4.5: a CA that changes its key certifies the new one under its own name."""
    root = lab.make("Root", ca=True, path_length=0)
    renewed = lab.make("Root", issuer=root, ca=True)
    holder = lab.holder(issuer=renewed)
    lists = [lab.crl(root), lab.crl(renewed)]
    assert lab.check(holder, roots=[root], intermediates=[renewed], crls=lists) == "accepted"


def test_a_cross_signed_authority_leads_to_either_root(lab: Lab) -> None:
    other = lab.make("Other Root", ca=True)
    crossed = lab.make("Issuing", issuer=other, ca=True, key=lab.issuing.key)
    lists = [lab.crl(lab.root), lab.crl(other), lab.crl(lab.issuing)]
    holder = lab.holder()
    both = [lab.issuing, crossed]
    for root in (lab.root, other):
        assert lab.check(holder, roots=[root], intermediates=both, crls=lists) == "accepted"


def test_one_good_path_is_enough_beside_a_bad_one(lab: Lab) -> None:
    over = lab.make(
        "Issuing", issuer=lab.root, ca=True, key=lab.issuing.key, valid=(START, NOW - timedelta(1))
    )
    for order in ([over, lab.issuing], [lab.issuing, over]):
        assert lab.check(lab.holder(), intermediates=order) == "accepted"


def test_an_authority_key_identifier_of_another_key_is_no_path(lab: Lab) -> None:
    wrong = x509.AuthorityKeyIdentifier({"key_identifier": key_id(lab.root.key)})
    holder = lab.holder(change={"authority_key_identifier": (False, wrong)})
    assert lab.check(holder) == "refused:no_trusted_path"


def test_a_loop_of_authorities_ends(lab: Lab) -> None:
    one, other = lab.make("One", ca=True), lab.make("Other", ca=True)
    crossed = [
        lab.make("One", issuer=other, ca=True, key=one.key),
        lab.make("Other", issuer=one, ca=True, key=other.key),
    ]
    started = time.monotonic()
    assert lab.check(lab.holder(issuer=one), intermediates=crossed).startswith("refused")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP224R1()),
        ec.generate_private_key(ec.BrainpoolP256R1()),
    ],
    ids=["P-521", "P-224", "brainpool"],
)
def test_other_curves_are_refused(lab: Lab, key: Any) -> None:
    assert lab.check(lab.holder(key=key)) == "refused:algorithm_not_allowed"


def test_md5_is_refused(lab: Lab) -> None:
    weak = rsa.generate_private_key(65537, 2048)
    issuing = lab.make("Issuing", issuer=lab.root, ca=True, key=weak)
    lists = [lab.crl(lab.root), lab.crl(issuing)]
    assert lab.check(lab.holder(issuer=issuing), intermediates=[issuing], crls=lists) == "accepted"
    holder = lab.holder(issuer=issuing, algorithm="md5_rsa")
    assert lab.check(holder, intermediates=[issuing], crls=lists).startswith("refused")


@pytest.mark.parametrize(
    ("octets", "expected"), [(8_000, "accepted"), (17_000, "refused:too_large")]
)
def test_a_huge_certificate_is_refused_unread(lab: Lab, octets: int, expected: str) -> None:
    padding = [("1.2.3.4.6", False, b"\x04\x82" + octets.to_bytes(2) + bytes(octets))]
    assert lab.check(lab.holder(extra=padding)) == expected
