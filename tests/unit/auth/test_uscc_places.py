"""Where CAs put the uscc: subject attribute, OU with a prefix, extension as text or as DER."""

from __future__ import annotations

import pytest
from asn1crypto import core, x509

from services.auth.certificates import UsccPlace, UsccWhere
from services.auth.certificates.facts import uscc_of
from services.auth.sms import check_sms_url

USCC = "91130701MA0ABCDE1X"
OTHER = "91130701MA0ZZZZZ1X"
OID = "1.2.156.112562.2.1.1.1"


def certificate(
    subject: dict[str, str | list[str]], extension: bytes | None = None
) -> x509.Certificate:
    pairs = [
        {
            "type": kind,
            "value": x509.DirectoryString(name="utf8_string", value=core.UTF8String(text)),
        }
        for kind, texts in subject.items()
        for text in ([texts] if isinstance(texts, str) else texts)
    ]
    names = [x509.RelativeDistinguishedName([x509.NameTypeAndValue(pair)]) for pair in pairs]
    tbs: dict[str, object] = {"subject": x509.Name(name="", value=x509.RDNSequence(names))}
    if extension is not None:
        tbs["extensions"] = [{"extn_id": OID, "critical": False, "extn_value": extension}]
    return x509.Certificate({"tbs_certificate": x509.TbsCertificate(tbs)})


ATTRIBUTE = UsccPlace(oid="2.5.4.97")
UNIT = UsccPlace(oid="2.5.4.11", pattern=r"^USCC:([0-9A-Z]{18})$")
EXTENSION = UsccPlace(where=UsccWhere.EXTENSION, oid=OID)


@pytest.mark.parametrize(
    ("place", "subject", "expected"),
    [
        (ATTRIBUTE, {"organization_identifier": USCC}, USCC),
        (ATTRIBUTE, {"organization_identifier": f"VATCN-{USCC}"}, USCC),
        (ATTRIBUTE, {"organization_identifier": "none"}, None),
        (ATTRIBUTE, {"organization_identifier": f"1{USCC}"}, None),
        (ATTRIBUTE, {"organization_identifier": f"{USCC}2"}, None),
        (ATTRIBUTE, {"common_name": USCC}, None),
        (UNIT, {"organizational_unit_name": f"USCC:{USCC}"}, USCC),
        (UNIT, {"organizational_unit_name": ["财务部", f"USCC:{USCC}"]}, USCC),
        (UNIT, {"organizational_unit_name": [f"USCC:{OTHER}", f"USCC:{USCC}"]}, None),
        (UNIT, {"organizational_unit_name": USCC}, None),
    ],
)
def test_a_uscc_in_the_subject(
    place: UsccPlace, subject: dict[str, str | list[str]], expected: str | None
) -> None:
    assert uscc_of(certificate(subject), place) == expected


@pytest.mark.parametrize(
    "content", [core.UTF8String(USCC).dump(), core.PrintableString(USCC).dump(), USCC.encode()]
)
def test_a_uscc_in_an_extension(content: bytes) -> None:
    assert uscc_of(certificate({"common_name": "x"}, content), EXTENSION) == USCC


def test_no_extension_is_no_uscc() -> None:
    assert uscc_of(certificate({"common_name": "x"}), EXTENSION) is None


@pytest.mark.parametrize(
    "url", ["https://sms.example/send", "http://127.0.0.1:1/", "outbox:///tmp/x"]
)
def test_places_to_send_sms_to(url: str) -> None:
    check_sms_url(url)


@pytest.mark.parametrize(
    "url", ["http://sms.example/send", "outbox://host/x", "outbox:x", "ftp://x/", "", "https:///x"]
)
def test_places_not_to_send_sms_to(url: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        check_sms_url(url)
