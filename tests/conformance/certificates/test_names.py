"""Names: how they chain, and every kind of name that a CA may be constrained to (RFC 5280 §4.2.1.10, §7.1; PKITS 4.3, 4.13)."""

from __future__ import annotations

from typing import Any

import pytest
from asn1crypto import x509

from tests.conformance.certificates.laboratory import Lab, Made


def general(kind: str, value: Any) -> x509.GeneralName:
    return x509.GeneralName(name=kind, value=value)


def constrained(lab: Lab, *, part: str, bases: list[x509.GeneralName], **wishes: Any) -> Made:
    """The issuing CA, constrained to names or kept from them."""
    constraint = x509.NameConstraints({part: [{"base": base} for base in bases]})
    return lab.make(
        "Issuing",
        issuer=lab.root,
        ca=True,
        key=lab.issuing.key,
        change={"name_constraints": (True, constraint), **wishes.pop("change", {})},
        **wishes,
    )


def named(lab: Lab, *names: x509.GeneralName) -> Made:
    return lab.holder(extra=[("subject_alt_name", False, x509.GeneralNames(list(names)))])


PERMITTED, EXCLUDED = "permitted_subtrees", "excluded_subtrees"
DNS, MAIL, URI, IP = "dns_name", "rfc822_name", "uniform_resource_identifier", "ip_address"


@pytest.mark.parametrize(
    ("kind", "base", "inside", "outside"),
    [
        (DNS, "ours.example", "ours.example", "theirs.example"),
        (DNS, "ours.example", "www.ours.example", "notours.example"),
        (MAIL, "ours.example", "a@ours.example", "a@sub.ours.example"),
        (MAIL, ".ours.example", "a@sub.ours.example", "a@ours.example"),
        (MAIL, "a@ours.example", "a@ours.example", "b@ours.example"),
        (URI, "ours.example", "https://ours.example/x", "https://theirs.example/ours.example"),
        (URI, ".ours.example", "https://www.ours.example/x", "https://ours.example/x"),
    ],
)
def test_names_are_held_to_what_the_ca_may_name(
    lab: Lab, kind: str, base: str, inside: str, outside: str
) -> None:
    fits, strays = named(lab, general(kind, inside)), named(lab, general(kind, outside))
    permitted = constrained(lab, part=PERMITTED, bases=[general(kind, base)])
    assert lab.check(fits, intermediates=[permitted]) == "accepted"
    assert lab.check(strays, intermediates=[permitted]) == "refused:path_invalid"
    excluded = constrained(lab, part=EXCLUDED, bases=[general(kind, base)])
    assert lab.check(fits, intermediates=[excluded]) == "refused:path_invalid"
    assert lab.check(strays, intermediates=[excluded]) == "accepted"


@pytest.mark.parametrize(
    ("base", "address"), [("192.0.2.0/24", "192.0.2.1"), ("2001:db8::/32", "2001:db8::1")]
)
def test_an_address_under_a_constraint_of_addresses_is_refused_either_way(
    lab: Lab, base: str, address: str
) -> None:
    """The engine cannot compare addresses. What cannot be judged is refused; no login needs an address as its name."""
    for part in (PERMITTED, EXCLUDED):
        issuing = constrained(lab, part=part, bases=[general(IP, base)])
        holder = named(lab, general(IP, address))
        assert lab.check(holder, intermediates=[issuing]) == "refused:path_invalid"
        assert lab.check(lab.holder(), intermediates=[issuing]) == "accepted"


def test_one_name_outside_is_enough_to_refuse(lab: Lab) -> None:
    permitted = constrained(lab, part=PERMITTED, bases=[general(DNS, "ours.example")])
    mixed = named(lab, general(DNS, "ours.example"), general(DNS, "theirs.example"))
    assert lab.check(mixed, intermediates=[permitted]) == "refused:path_invalid"


def test_kinds_that_are_not_constrained_stay_free(lab: Lab) -> None:
    permitted = constrained(lab, part=PERMITTED, bases=[general(DNS, "ours.example")])
    other = named(lab, general(MAIL, "a@theirs.example"))
    assert lab.check(other, intermediates=[permitted]) == "accepted"


def test_a_mailbox_in_the_subject_is_constrained_too(lab: Lab) -> None:
    permitted = constrained(lab, part=PERMITTED, bases=[general(MAIL, "ours.example")])
    for mailbox, expected in (
        ("a@ours.example", "accepted"),
        ("a@theirs.example", "refused:path_invalid"),
    ):
        subject = x509.Name.build({"common_name": "Holder", "email_address": mailbox})
        assert lab.check(lab.holder(subject=subject), intermediates=[permitted]) == expected


def test_a_second_ca_cannot_widen_what_the_first_was_given(lab: Lab) -> None:
    first = constrained(
        lab,
        part=PERMITTED,
        bases=[general(DNS, "ours.example")],
        change={"basic_constraints": (True, x509.BasicConstraints({"ca": True}))},
    )
    wide = x509.NameConstraints({PERMITTED: [{"base": general(DNS, "example")}]})
    second = lab.make("Second", issuer=first, ca=True, change={"name_constraints": (True, wide)})
    holder = lab.holder(
        issuer=second,
        extra=[("subject_alt_name", False, x509.GeneralNames([general(DNS, "theirs.example")]))],
    )
    lists = [lab.crl(made) for made in (lab.root, first, second)]
    verdict = lab.check(holder, intermediates=[first, second], crls=lists)
    assert verdict == "refused:path_invalid"


@pytest.mark.parametrize("base", ["https://ours.example", "-bad.example", "a..example"])
def test_a_constraint_that_is_no_name_is_refused(lab: Lab, base: str) -> None:
    value = x509.DNSName(contents=base.encode(), tag=2, class_=2)
    issuing = constrained(lab, part=EXCLUDED, bases=[general(DNS, value)])
    holder = named(lab, general(DNS, "ours.example"))
    assert lab.check(holder, intermediates=[issuing]).startswith("refused")


def written(kind: str, text: str) -> x509.Name:
    """A name whose common name is one of ASN.1's kinds of string."""
    return x509.Name(
        name="",
        value=x509.RDNSequence(
            [
                [{"type": "country_name", "value": x509.DirectoryString("printable_string", "CN")}],
                [{"type": "common_name", "value": x509.DirectoryString(kind, text)}],
            ]
        ),
    )


@pytest.mark.parametrize(
    ("kind", "text", "same"),
    [
        ("printable_string", "Issuing", True),
        ("utf8_string", "ISSUING", True),
        ("utf8_string", "  Issuing ", True),
        ("utf8_string", "Issuing2", False),
        ("utf8_string", "Issu ing", False),
    ],
)
def test_names_chain_whatever_string_they_are_written_in(
    lab: Lab, kind: str, text: str, same: bool
) -> None:
    holder = lab.holder(tbs={"issuer": written(kind, text)})
    verdict = lab.check(holder)
    assert (verdict == "accepted") is same, verdict


def test_the_order_of_a_name_counts(lab: Lab) -> None:
    turned = x509.Name(name="", value=x509.RDNSequence(list(lab.issuing.subject.chosen)[::-1]))
    assert lab.check(lab.holder(tbs={"issuer": turned})) == "refused:no_trusted_path"
