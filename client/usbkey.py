"""The USB key: certificates, signatures, PIN change and renewal requests through PKCS#11 (manual §3, §9, §10).

One process, one lock, one session at a time: tokens keep the login per process, so a second session would open with
any PIN, and SoftHSM2 crashes under concurrent ones. The PIN goes to the token and nowhere else.

    UsbKeyError
    ├── NoModule          the PKCS#11 library is missing or does not load
    ├── KeyAbsent         no such token, or it was pulled out
    ├── PinWrong          .last_try when the token says that one more locks it
    ├── PinLocked         only the CA can unlock it
    ├── PinUnacceptable   too short or too long
    └── KeyCannot         the token refuses this operation
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pkcs11
from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as fault
from pkcs11.util.ec import encode_ecdsa_signature

# What a login challenge begins with. A key that signs anything else for a server could sign a contract.
LOGIN_PREFIX = b"hpf-login-v1\n"

DEBIAN_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
MODULE_VARIABLE = "HPF_PKCS11_MODULE"
UNPACKED_TOOLS = Path(__file__).resolve().parents[1] / "var" / "tools"

_LOCK = threading.Lock()


class UsbKeyError(Exception):
    """Something about the key that its holder can understand; `zh` is the sentence for them."""

    zh = "USBKEY 操作失败"

    def __init__(self, detail: str = "", *, zh: str = "") -> None:
        super().__init__(detail or self.zh)
        self.zh = zh or self.zh


class NoModule(UsbKeyError):
    zh = "没有找到 USBKEY 驱动，请先安装数字证书助手"


class KeyAbsent(UsbKeyError):
    zh = "没有检测到 USBKEY，请插入后重试"


class PinWrong(UsbKeyError):
    """`last_try`: the token's own counter says that the next wrong PIN locks it."""

    zh = "数字证书密码错误，请重新输入"

    def __init__(self, *, last_try: bool = False) -> None:
        super().__init__("wrong PIN", zh="数字证书密码错误，再错一次将被锁定" if last_try else "")
        self.last_try = last_try


class PinLocked(UsbKeyError):
    zh = "数字证书密码已锁定，请持 USBKEY 到 CA 办事处解锁"


class PinUnacceptable(UsbKeyError):
    zh = "数字证书密码长度不符合要求"


class KeyCannot(UsbKeyError):
    zh = "该 USBKEY 不支持此操作"


class SigningAlgorithm(StrEnum):
    """How a key signs; the names are those of the server's settings."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token that is plugged in. `pin_low`: some tries are used up; `pin_locked`: all of them."""

    label: str
    serial: str
    manufacturer: str
    pin_low: bool
    pin_locked: bool


@dataclass(frozen=True, slots=True)
class KeyCertificate:
    """A certificate on a token and the id of the key that belongs to it."""

    token: str
    key_id: bytes
    der: bytes
    subject: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends, negative when it has ended (manual §10)."""
        return (self.not_after - now).days


def find_module() -> Path:
    """The PKCS#11 library: the one named by the environment, else SoftHSM2's usual places."""
    named = os.environ.get(MODULE_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise NoModule(f"{MODULE_VARIABLE} names no file")
        return Path(named)
    for candidate in map(Path, DEBIAN_MODULES):
        if candidate.is_file():
            return candidate
    unpacked = sorted(UNPACKED_TOOLS.glob("**/libsofthsm2.so"))
    if unpacked:
        return unpacked[0]
    raise NoModule("no PKCS#11 library was found")


class UsbKeys:
    """All tokens that one PKCS#11 library sees. Each method is one session, opened and closed.

    `softhsm_conf` chooses the directory of SoftHSM2's tokens; real keys have none.
    """

    def __init__(self, module: Path | None = None, *, softhsm_conf: Path | None = None) -> None:
        self._module = module or find_module()
        self._softhsm_conf = softhsm_conf

    def tokens(self) -> list[TokenFacts]:
        """The tokens that are plugged in and set up."""
        with self._library() as library:
            return [_facts(token) for token in _ready_tokens(library)]

    def certificates(self, label: str | None = None) -> list[KeyCertificate]:
        """The certificates on one token or on all; no PIN is needed."""
        with self._library() as library:
            found = []
            for token in _ready_tokens(library):
                if label is None or _text(token.label) == label:
                    with _session(token) as session:
                        found += list(_certificates(session, _text(token.label)))
            if label is not None and not any(
                _text(token.label) == label for token in _ready_tokens(library)
            ):
                raise KeyAbsent(f"no token {label}")
            return found

    def sign(
        self,
        label: str,
        message: bytes,
        *,
        pin: str,
        key_id: bytes,
        algorithm: SigningAlgorithm,
    ) -> bytes:
        """A signature of the message; ECDSA ones as a DER sequence."""
        with self._logged_in(label, pin) as session:
            return _sign(_private_key(session, key_id), message, algorithm)

    def sign_login(
        self, label: str, challenge: bytes, *, pin: str, key_id: bytes
    ) -> tuple[SigningAlgorithm, bytes]:
        """Sign a login challenge with the algorithm that fits the key. Refuses any other text."""
        if not challenge.startswith(LOGIN_PREFIX):
            raise KeyCannot("not a login challenge", zh="服务器发来的不是登录口令，已拒绝签名")
        with self._logged_in(label, pin) as session:
            key = _private_key(session, key_id)
            algorithm = algorithm_for(key)
            return algorithm, _sign(key, challenge, algorithm)

    def change_pin(self, label: str, *, old: str, new: str) -> None:
        """Manual §9. Raises PinWrong for the old one, PinUnacceptable for the new one."""
        with self._logged_in(label, old, writing=True) as session:
            session.set_pin(old, new)

    def generate_key(self, label: str, *, pin: str, key_id: bytes, kind: KeyType) -> None:
        """A new key pair (RSA-2048 or P-256) that never leaves the token."""
        with self._logged_in(label, pin, writing=True) as session:
            _generate(session, key_id, kind)

    def store_certificate(self, label: str, der: bytes, *, pin: str, key_id: bytes) -> None:
        """Put a certificate beside its key, in place of the one that was there."""
        with self._logged_in(label, pin, writing=True) as session:
            wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key_id}
            for old in list(session.get_objects(wanted)):
                old.destroy()
            parsed = x509.Certificate.load(der)
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.ID: key_id,
                    Attribute.LABEL: "certificate",
                    Attribute.SUBJECT: parsed.subject.dump(),
                    Attribute.ISSUER: parsed.issuer.dump(),
                    Attribute.SERIAL_NUMBER: parsed["tbs_certificate"]["serial_number"].dump(),
                    Attribute.VALUE: der,
                }
            )

    def public_key(self, label: str, *, pin: str, key_id: bytes) -> bytes:
        """The public half as SubjectPublicKeyInfo in DER."""
        with self._logged_in(label, pin) as session:
            return _public_key(session, key_id)

    @contextmanager
    def _library(self) -> Iterator[Any]:
        """The library under the process-wide lock, with the tokens of our own configuration."""
        with _LOCK, _translated():
            changed = _choose_softhsm(self._softhsm_conf)
            try:
                library = pkcs11.lib(str(self._module))
            except (fault.PKCS11Error, OSError, RuntimeError) as error:
                raise NoModule(f"the PKCS#11 library does not load: {error}") from error
            if changed:
                library.reinitialize()
            yield library

    @contextmanager
    def _logged_in(self, label: str, pin: str, *, writing: bool = False) -> Iterator[Any]:
        """A session of the user. The library starts afresh first: a PIN changed by another program
        is not seen otherwise, and after a wrong PIN, because the failed session stays open."""
        with self._library() as library:
            library.reinitialize()
            token = _token(library, label)
            try:
                session = token.open(rw=writing, user_pin=pin)
            except fault.PinIncorrect:
                library.reinitialize()
                raise _wrong_pin(_token(library, label)) from None
            with session:
                yield session


def algorithm_for(key: Any) -> SigningAlgorithm:
    """The algorithm that a private key signs logins with."""
    if key.key_type is KeyType.RSA:
        return SigningAlgorithm.RSA_PKCS1_SHA256
    if key.key_type is KeyType.EC:
        bits = {"1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384}
        curve = x509.core.ObjectIdentifier.load(bytes(key[Attribute.EC_PARAMS])).dotted
        if curve in bits:
            return SigningAlgorithm(f"ecdsa-sha{bits[curve]}")
    raise KeyCannot("a key of an unknown kind")


def _sign(key: Any, message: bytes, algorithm: SigningAlgorithm) -> bytes:
    if algorithm is SigningAlgorithm.RSA_PKCS1_SHA256:
        return bytes(key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))
    if algorithm is SigningAlgorithm.RSA_PSS_SHA256:
        parameters = (Mechanism.SHA256, pkcs11.MGF.SHA256, 32)
        return bytes(
            key.sign(
                message,
                mechanism=Mechanism.SHA256_RSA_PKCS_PSS,
                mechanism_param=parameters,
            )
        )
    # SoftHSM2 and many tokens have no ECDSA with digest: digest here.
    digest = hashes.Hash(
        hashes.SHA256() if algorithm is SigningAlgorithm.ECDSA_SHA256 else hashes.SHA384()
    )
    digest.update(message)
    raw = key.sign(digest.finalize(), mechanism=Mechanism.ECDSA)
    return bytes(encode_ecdsa_signature(raw))


def _generate(session: Any, key_id: bytes, kind: KeyType) -> None:
    if kind is KeyType.RSA:
        session.generate_keypair(KeyType.RSA, 2048, id=key_id, label="key", store=True)
        return
    curve = session.create_domain_parameters(
        KeyType.EC,
        {Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")},
        local=True,
    )
    curve.generate_keypair(id=key_id, label="key", store=True)


def _public_key(session: Any, key_id: bytes) -> bytes:
    wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key_id}
    found = list(session.get_objects(wanted))
    if not found:
        raise KeyAbsent("no public key of that id")
    key = found[0]
    if key.key_type is KeyType.RSA:
        inner = pkcs11.util.rsa.encode_rsa_public_key(key)
        info = x509.keys.PublicKeyInfo.wrap(x509.keys.RSAPublicKey.load(inner), "rsa")
        return bytes(info.dump())
    return bytes(pkcs11.util.ec.encode_ec_public_key(key))


def _private_key(session: Any, key_id: bytes) -> Any:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
    found = list(session.get_objects(wanted))
    if not found:
        raise KeyAbsent("no private key of that id", zh="USBKEY 中没有该证书的私钥")
    return found[0]


def _certificates(session: Any, label: str) -> Iterator[KeyCertificate]:
    # Consumed whole: an object search left open blocks the session for all else.
    for found in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        der = bytes(found[Attribute.VALUE])
        try:
            parsed = x509.Certificate.load(der, strict=True)
            yield KeyCertificate(
                token=label,
                key_id=bytes(found[Attribute.ID]),
                der=der,
                subject=parsed.subject.human_friendly,
                issuer=parsed.issuer.human_friendly,
                serial_number=f"{parsed.serial_number:x}",
                not_before=parsed.not_valid_before,
                not_after=parsed.not_valid_after,
            )
        except (ValueError, TypeError, KeyError):
            continue  # a CA's own objects in a form of its own


def _ready_tokens(library: Any) -> list[Any]:
    tokens = list(library.get_tokens())
    return [token for token in tokens if TokenFlag.TOKEN_INITIALIZED in token.flags]


def _token(library: Any, label: str) -> Any:
    for token in _ready_tokens(library):
        if _text(token.label) == label:
            return token
    raise KeyAbsent(f"no token {label}")


def _facts(token: Any) -> TokenFacts:
    return TokenFacts(
        label=_text(token.label),
        serial=_text(token.serial),
        manufacturer=_text(token.manufacturer_id),
        pin_low=bool(token.flags & TokenFlag.USER_PIN_COUNT_LOW),
        pin_locked=bool(token.flags & TokenFlag.USER_PIN_LOCKED),
    )


def _wrong_pin(token: Any) -> UsbKeyError:
    if token.flags & TokenFlag.USER_PIN_LOCKED:
        return PinLocked("the token is locked")
    return PinWrong(last_try=bool(token.flags & TokenFlag.USER_PIN_FINAL_TRY))


@contextmanager
def _session(token: Any) -> Iterator[Any]:
    with token.open() as session:
        yield session


@contextmanager
def _translated() -> Iterator[None]:
    """PKCS#11 return codes as exceptions that a person understands."""
    try:
        yield
    except fault.PinIncorrect:
        raise PinWrong from None
    except (fault.PinLocked, fault.PinExpired):
        raise PinLocked from None
    except (fault.PinLenRange, fault.PinInvalid, fault.PinTooWeak):
        raise PinUnacceptable from None
    except (
        fault.NoSuchToken,
        fault.TokenNotPresent,
        fault.TokenNotRecognised,
        fault.DeviceRemoved,
        fault.SlotIDInvalid,
    ):
        raise KeyAbsent from None
    except fault.PKCS11Error as error:
        raise KeyCannot(f"the token refused: {type(error).__name__}") from error


def _choose_softhsm(conf: Path | None) -> bool:
    """Point SoftHSM2 at a directory of tokens; True when the library has to look again."""
    if conf is None or os.environ.get("SOFTHSM2_CONF") == str(conf):
        return False
    os.environ["SOFTHSM2_CONF"] = str(conf)
    return True


def _text(content: str | bytes) -> str:
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    return content.strip(" \0")
