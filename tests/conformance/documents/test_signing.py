"""The centre's signature: valid for poppler and pyHanko, gone with the first changed byte."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.exceptions import AttributeSensitive
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from client.signature_check import SignatureVerdict, check_signature
from services.receipt.rendering.document import DocumentKind
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.render import Rendered, render
from services.receipt.rendering.signing import Pkcs11Signer, SealUnavailable, timestamper_at
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES
from tests.conformance.documents.seal_token import (
    KEY_IDS,
    PIN,
    TOKEN,
    SealToken,
    make_issuer,
    make_time_stamper,
)

PdfSig = Callable[[bytes], str]
AT = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
FLIPS = 60


@pytest.fixture(scope="module")
def receipt(fonts: FontSet) -> Rendered:
    return render(SAMPLES[DocumentKind.SEAL](30), fonts=fonts, seal=SEAL)


@pytest.fixture(scope="module")
def signed(receipt: Rendered, seal_token: SealToken) -> bytes:
    return Pkcs11Signer(seal_token.key()).sign(receipt, signed_at=AT)


@pytest.mark.parametrize("kind", [KeyType.RSA, KeyType.EC])
def test_poppler_calls_the_signature_valid_and_the_document_whole(
    kind: KeyType, receipt: Rendered, seal_token: SealToken, pdfsig: PdfSig
) -> None:
    pdf = Pkcs11Signer(seal_token.key(kind)).sign(receipt, signed_at=AT)

    opinion = pdfsig(pdf)

    assert "Signature is Valid" in opinion
    assert "Total document signed" in opinion
    assert "ETSI.CAdES.detached" in opinion
    assert check_signature(pdf, trusted=[seal_token.root.asn1]) is SignatureVerdict.INTACT


@pytest.mark.parametrize(
    ("kind", "rows"),
    [*((kind, 1) for kind in DocumentKind), (DocumentKind.OPEN_ACCOUNTS, 2000)],
)
def test_every_document_is_valid_until_one_byte_changes(
    kind: DocumentKind, rows: int, fonts: FontSet, seal_token: SealToken, pdfsig: PdfSig
) -> None:
    rendered = render(SAMPLES[kind](rows), fonts=fonts, seal=SEAL)

    pdf = Pkcs11Signer(seal_token.key()).sign(rendered, signed_at=AT)
    changed = bytearray(pdf)
    changed[len(rendered.pdf) // 2] ^= 0x20

    assert "Signature is Valid" in pdfsig(pdf)
    assert "Total document signed" in pdfsig(pdf)
    assert check_signature(pdf, trusted=[seal_token.root.asn1]) is SignatureVerdict.INTACT
    assert "Signature is Valid" not in pdfsig(bytes(changed))
    assert altered(bytes(changed), seal_token)


def test_signing_keeps_the_rendered_bytes(receipt: Rendered, signed: bytes) -> None:
    assert signed.startswith(receipt.pdf)


def test_a_document_without_a_drawn_seal_can_be_signed(
    fonts: FontSet, seal_token: SealToken, pdfsig: PdfSig
) -> None:
    plain = render(SAMPLES[DocumentKind.VOUCHER](1), fonts=fonts)

    assert "Signature is Valid" in pdfsig(Pkcs11Signer(seal_token.key()).sign(plain, signed_at=AT))


def test_the_same_document_signed_at_the_same_time_is_the_same_file(
    receipt: Rendered, signed: bytes, seal_token: SealToken
) -> None:
    assert Pkcs11Signer(seal_token.key()).sign(receipt, signed_at=AT) == signed


def test_one_flipped_bit_of_the_page_is_seen_by_both(
    receipt: Rendered, signed: bytes, seal_token: SealToken, pdfsig: PdfSig
) -> None:
    changed = bytearray(signed)
    changed[receipt.pdf.index(b"stream") + 40] ^= 1

    assert "Digest Mismatch" in pdfsig(bytes(changed))
    assert altered(bytes(changed), seal_token)


def test_a_flipped_bit_anywhere_is_never_called_intact(
    signed: bytes, seal_token: SealToken
) -> None:
    chance = random.Random(20200424)
    for _ in range(FLIPS):
        changed = bytearray(signed)
        place = chance.randrange(len(changed))
        changed[place] ^= 1 << chance.randrange(8)

        assert altered(bytes(changed), seal_token), f"byte {place}"


def test_a_byte_in_the_gap_of_the_signature_is_not_free_either(
    signed: bytes, seal_token: SealToken
) -> None:
    start = signed.index(b"/Contents <") + len(b"/Contents <")
    end = signed.index(b">", start)
    places = [*range(start, start + 140), *range(start + 140, end, 97), end - 1]
    for place in places:
        changed = bytearray(signed)
        changed[place] = ord("1" if changed[place] == ord("0") else "0")

        assert altered(bytes(changed), seal_token), f"byte {place - start} of the gap"


def test_something_appended_is_an_alteration(signed: bytes, seal_token: SealToken) -> None:
    assert altered(signed + b"\n% more", seal_token)


def test_a_file_cut_short_is_an_alteration(signed: bytes, seal_token: SealToken) -> None:
    assert altered(signed[:-2000], seal_token)


def test_another_centres_signature_is_untrusted(signed: bytes) -> None:
    stranger = make_issuer("别的根证书").asn1

    assert check_signature(signed, trusted=[stranger]) is SignatureVerdict.UNTRUSTED


def test_an_unsigned_document_is_called_so(receipt: Rendered, seal_token: SealToken) -> None:
    verdict = check_signature(receipt.pdf, trusted=[seal_token.root.asn1])

    assert verdict is SignatureVerdict.UNSIGNED


def test_after_a_wrong_pin_the_token_is_not_asked_again(
    receipt: Rendered, seal_token: SealToken
) -> None:
    signer = Pkcs11Signer(seal_token.key(pin="00000000"))

    for step in ("the token refused the PIN", "the token refused the PIN before"):
        with pytest.raises(SealUnavailable) as refused:
            signer.sign(receipt, signed_at=AT)
        assert (str(refused.value), refused.value.retry) == (step, False)

    Pkcs11Signer(seal_token.key()).sign(receipt, signed_at=AT)


def test_an_absent_token_may_come_back(receipt: Rendered, seal_token: SealToken) -> None:
    with pytest.raises(SealUnavailable, match="the token is not there") as refused:
        Pkcs11Signer(seal_token.key(token="elsewhere")).sign(receipt, signed_at=AT)

    assert refused.value.retry


def test_an_expired_certificate_does_not_sign(receipt: Rendered, seal_token: SealToken) -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC)

    with pytest.raises(SealUnavailable, match="not valid at this time") as refused:
        Pkcs11Signer(seal_token.key()).sign(receipt, signed_at=later)

    assert not refused.value.retry


def test_signatures_asked_for_at_once_are_made_one_after_the_other(
    receipt: Rendered, seal_token: SealToken
) -> None:
    signer = Pkcs11Signer(seal_token.key())
    # Two sessions at once and the soft token dies, with this process.
    with ThreadPoolExecutor(max_workers=4) as threads:
        done = list(threads.map(lambda _: signer.sign(receipt, signed_at=AT), range(12)))

    assert len(set(done)) == 1
    assert check_signature(done[0], trusted=[seal_token.root.asn1]) is SignatureVerdict.INTACT


@pytest.mark.parametrize("kind", [KeyType.RSA, KeyType.EC])
def test_the_private_key_cannot_leave_the_token(kind: KeyType, seal_token: SealToken) -> None:
    secret = Attribute.PRIVATE_EXPONENT if kind is KeyType.RSA else Attribute.VALUE
    library = pkcs11.lib(str(seal_token.module))
    library.reinitialize()
    with library.get_token(token_label=TOKEN).open(user_pin=PIN) as session:
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=KEY_IDS[kind])

        assert key[Attribute.SENSITIVE]
        assert key[Attribute.ALWAYS_SENSITIVE]
        assert not key[Attribute.EXTRACTABLE]
        assert key[Attribute.NEVER_EXTRACTABLE]
        with pytest.raises(AttributeSensitive):
            key[secret]


@pytest.mark.parametrize(
    "attributes", [{Attribute.EXTRACTABLE: True}, {Attribute.SENSITIVE: False}]
)
def test_a_key_that_could_leave_its_token_does_not_seal(
    attributes: dict[Attribute, bool], receipt: Rendered, seal_token: SealToken
) -> None:
    library = pkcs11.lib(str(seal_token.module))
    library.reinitialize()
    with library.get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
        [certificate] = session.get_objects(
            {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: KEY_IDS[KeyType.RSA]}
        )
        certificate.copy({Attribute.ID: b"\x07"})
        session.generate_keypair(
            KeyType.RSA, 2048, store=True, id=b"\x07", private_template=attributes
        )
    try:
        with pytest.raises(SealUnavailable, match="could leave its token") as refused:
            Pkcs11Signer(replace(seal_token.key(), key_id=b"\x07")).sign(receipt, signed_at=AT)
        assert not refused.value.retry
    finally:
        library.reinitialize()
        with library.get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
            for each in list(session.get_objects({Attribute.ID: b"\x07"})):
                each.destroy()


def test_a_time_stamp_is_part_of_the_signature(
    receipt: Rendered, seal_token: SealToken, pdfsig: PdfSig
) -> None:
    stamper = make_time_stamper(by=seal_token.intermediate)

    pdf = Pkcs11Signer(seal_token.key(), timestamper=stamper).sign(receipt, signed_at=AT)

    assert "Signature is Valid" in pdfsig(pdf)
    assert check_signature(pdf, trusted=[seal_token.root.asn1]) is SignatureVerdict.INTACT
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    added = [attribute["type"].native for attribute in signature.signer_info["unsigned_attrs"]]
    assert added == ["signature_time_stamp_token"]


class SilentService(TimeStamper):
    """A time stamp service that does not answer."""

    async def async_request_tsa_response(self, req: object) -> object:
        raise TimestampRequestError("no answer")


def test_a_silent_time_stamp_service_may_answer_later(
    receipt: Rendered, seal_token: SealToken
) -> None:
    signer = Pkcs11Signer(seal_token.key(), timestamper=SilentService())

    with pytest.raises(SealUnavailable, match="time stamp service") as refused:
        signer.sign(receipt, signed_at=AT)

    assert refused.value.retry


def test_no_time_stamp_service_without_a_url() -> None:
    assert timestamper_at("") is None


def test_the_pin_is_not_in_the_keys_text(seal_token: SealToken) -> None:
    assert seal_token.key().pin not in repr(seal_token.key())


def altered(pdf: bytes, token: SealToken) -> bool:
    """Not ours as it is: changed, or no longer by our key."""
    verdict = check_signature(pdf, trusted=[token.root.asn1])
    return verdict is not SignatureVerdict.INTACT
