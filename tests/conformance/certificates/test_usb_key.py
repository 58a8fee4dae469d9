"""The USB key through PKCS#11 (SoftHSM2): its signatures verify on the server, its PIN behaves (manual §3, §9, §10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from pkcs11 import KeyType, TokenFlag

from client.keys.errors import KeyCannot
from client.usbkey import (
    LOGIN_PREFIX,
    KeyAbsent,
    PinLocked,
    PinUnacceptable,
    PinWrong,
    SigningAlgorithm,
    UsbKeys,
    _wrong_pin,
)
from deploy.demo_ca import DemoPki, UsbKey, make_demo_pki, make_seal_key, make_usb_key
from services.auth.certificates import (
    SignatureAlgorithm,
    check_certificate,
    read_trust_directory,
    verify_signature,
)
from services.auth.challenge import NONCE_BYTES, PURPOSE, challenge_bytes

USCC = "91130701MA0ABCDE1X"
CHALLENGE = challenge_bytes(attempt_id="a-1", nonce=bytes(NONCE_BYTES), centre="中心")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DemoPki:
    return make_demo_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def rsa_key(pki: DemoPki) -> UsbKey:
    return make_usb_key(pki, name="单位甲", uscc=USCC, label="rsa")


@pytest.fixture(scope="module")
def ec_key(pki: DemoPki) -> UsbKey:
    return make_usb_key(pki, name="单位乙", uscc=USCC, label="ec", kind=KeyType.EC)


def test_the_client_and_the_server_agree_what_a_challenge_begins_with() -> None:
    assert f"{PURPOSE}\n".encode() == LOGIN_PREFIX
    assert CHALLENGE.startswith(LOGIN_PREFIX)


@pytest.mark.parametrize("name", ["rsa_key", "ec_key"])
def test_a_login_signature_verifies_and_a_flipped_bit_does_not(
    name: str, request: pytest.FixtureRequest
) -> None:
    key: UsbKey = request.getfixturevalue(name)
    algorithm, signature = key.keys.sign_login(key.label, CHALLENGE, pin=key.pin, key_id=key.key_id)
    on_server = SignatureAlgorithm(algorithm)

    def verifies(message: bytes) -> bool:
        return verify_signature(key.certificate, on_server, message=message, signature=signature)

    assert verifies(CHALLENGE)
    assert not verifies(CHALLENGE[:-1] + b"\0")


def test_a_pss_signature_verifies(rsa_key: UsbKey) -> None:
    signature = rsa_key.keys.sign(
        rsa_key.label,
        b"message",
        pin=rsa_key.pin,
        key_id=rsa_key.key_id,
        algorithm=SigningAlgorithm.RSA_PSS_SHA256,
    )
    assert verify_signature(
        rsa_key.certificate,
        SignatureAlgorithm.RSA_PSS_SHA256,
        message=b"message",
        signature=signature,
    )


def test_the_key_signs_no_other_text_as_a_login(rsa_key: UsbKey) -> None:
    with pytest.raises(KeyCannot, match="not a login challenge"):
        rsa_key.keys.sign_login(rsa_key.label, b"I owe you", pin=rsa_key.pin, key_id=rsa_key.key_id)


def test_certificates_are_listed_without_a_pin(rsa_key: UsbKey) -> None:
    [listed] = rsa_key.keys.certificates()
    assert listed.der == rsa_key.certificate
    assert listed.days_left(listed.not_after - timedelta(days=10, hours=1)) == 10
    assert listed.days_left(listed.not_after + timedelta(days=2)) == -2


def test_a_wrong_pin_is_told_and_the_right_one_works_after_it(rsa_key: UsbKey) -> None:
    for _ in range(3):
        with pytest.raises(PinWrong):
            rsa_key.keys.sign_login(rsa_key.label, CHALLENGE, pin="000000", key_id=rsa_key.key_id)
    rsa_key.keys.sign_login(rsa_key.label, CHALLENGE, pin=rsa_key.pin, key_id=rsa_key.key_id)


def test_a_changed_pin_replaces_the_old_one(ec_key: UsbKey) -> None:
    keys = ec_key.keys
    keys.change_pin(ec_key.label, old="123456", new="654321")
    with pytest.raises(PinWrong):
        keys.sign_login(ec_key.label, CHALLENGE, pin="123456", key_id=ec_key.key_id)
    with pytest.raises(PinWrong):
        keys.change_pin(ec_key.label, old="123456", new="111111")
    keys.change_pin(ec_key.label, old="654321", new="123456")
    keys.sign_login(ec_key.label, CHALLENGE, pin="123456", key_id=ec_key.key_id)


def test_a_pin_too_short_is_refused(ec_key: UsbKey) -> None:
    with pytest.raises(PinUnacceptable):
        ec_key.keys.change_pin(ec_key.label, old="123456", new="1")


@pytest.mark.parametrize(
    ("flags", "expected", "sentence"),
    [
        (TokenFlag(0), PinWrong, "请重新输入"),
        (TokenFlag.USER_PIN_FINAL_TRY, PinWrong, "再错一次将被锁定"),
        (TokenFlag.USER_PIN_LOCKED, PinLocked, "已锁定"),
    ],
)
def test_the_tokens_own_counter_is_told(flags: Any, expected: type, sentence: str) -> None:
    """SoftHSM2 never counts; real tokens say in their flags how many tries are left."""

    class Token:
        pass

    token = Token()
    token.flags = flags  # type: ignore[attr-defined]  # what a token shows of itself
    error = _wrong_pin(token)
    assert isinstance(error, expected)
    assert sentence in error.zh


def test_an_absent_key_is_told(rsa_key: UsbKey) -> None:
    with pytest.raises(KeyAbsent):
        rsa_key.keys.certificates("nobody")
    with pytest.raises(KeyAbsent):
        rsa_key.keys.sign_login("nobody", CHALLENGE, pin="123456", key_id=b"\x01")
    with pytest.raises(KeyAbsent):
        rsa_key.keys.sign_login(rsa_key.label, CHALLENGE, pin="123456", key_id=b"\x99")


def test_a_directory_without_tokens_shows_none(tmp_path: Path, rsa_key: UsbKey) -> None:
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n", encoding="utf-8")
    assert UsbKeys(rsa_key.module, softhsm_conf=conf).tokens() == []


@pytest.mark.parametrize("name", ["rsa_key", "ec_key"])
def test_a_renewal_request_is_for_the_same_holder_and_signed_by_the_key(
    name: str, request: pytest.FixtureRequest
) -> None:
    key: UsbKey = request.getfixturevalue(name)
    der = key.keys.renewal_request(key.label, pin=key.pin, key_id=key.key_id)
    wanted = x509.load_der_x509_csr(der)
    present = x509.load_der_x509_certificate(key.certificate)
    assert wanted.is_signature_valid
    assert wanted.subject == present.subject
    assert wanted.public_key() == present.public_key()


def test_a_key_of_the_demo_ca_is_accepted_and_revoked_at_once(pki: DemoPki) -> None:
    key = make_usb_key(pki, name="单位丙", uscc=USCC, label="lost", kind=KeyType.EC)
    trust = read_trust_directory(pki.trust_dir)
    verdict = check_certificate(key.certificate, trust=trust, at=datetime.now(UTC))
    assert verdict.accepted
    assert verdict.certificate is not None
    assert verdict.certificate.uscc == USCC
    pki.revoke(key.certificate)
    trust = read_trust_directory(pki.trust_dir)
    verdict = check_certificate(key.certificate, trust=trust, at=datetime.now(UTC))
    assert verdict.outcome == "revoked"


def test_the_same_demo_ca_and_key_are_found_again(pki: DemoPki, rsa_key: UsbKey) -> None:
    again = make_demo_pki(pki.root_dir)
    assert again.root == pki.root
    same = make_usb_key(again, name="单位甲", uscc=USCC, label="rsa")
    assert same.certificate == rsa_key.certificate


def test_the_seal_key_is_not_for_logging_in(pki: DemoPki) -> None:
    seal = make_seal_key(pki, name="中心")
    trust = read_trust_directory(pki.trust_dir)
    verdict = check_certificate(seal.certificate, trust=trust, at=datetime.now(UTC))
    assert verdict.certificate is None or verdict.certificate.uscc is None
