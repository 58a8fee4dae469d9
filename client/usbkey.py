"""The USB key: certificates, signatures, PIN change and renewal requests through PKCS#11 (manual §3, §9, §10).

One process, one lock, one session at a time: tokens keep the login per process, so a second session would open with
any PIN, and SoftHSM2 crashes under concurrent ones. The PIN goes to the token and nowhere else.

The errors are drawn in `client.keys.errors`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import KeyType, TokenFlag
from pkcs11 import exceptions as fault

from client.keys.errors import (
    KeyAbsent,
    KeyCannot,
    NoModule,
    PinLocked,
    PinUnacceptable,
    PinWrong,
    UsbKeyError,
    translated,
)
from client.keys.session import (
    KeyCertificate,
    SigningAlgorithm,
    algorithm_for,
    certificate_request,
    certificates_in,
    generate_pair,
    private_key,
    public_half,
    sign_with,
    store_certificate,
)
from services.kit.submissions.canonical import is_submission

__all__ = [
    "LOGIN_PREFIX",
    "KeyAbsent",
    "KeyCannot",
    "KeyCertificate",
    "NoModule",
    "PinLocked",
    "PinUnacceptable",
    "PinWrong",
    "SigningAlgorithm",
    "TokenFacts",
    "UsbKeyError",
    "UsbKeys",
    "find_module",
]

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


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token that is plugged in. `pin_low`: some tries are used up; `pin_locked`: all of them."""

    label: str
    serial: str
    manufacturer: str
    pin_low: bool
    pin_locked: bool


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
                        found += list(certificates_in(session, _text(token.label)))
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
            return sign_with(private_key(session, key_id), message, algorithm)

    def sign_login(
        self, label: str, challenge: bytes, *, pin: str, key_id: bytes
    ) -> tuple[SigningAlgorithm, bytes]:
        """Sign a login challenge with the algorithm that fits the key. Refuses any other text."""
        if not challenge.startswith(LOGIN_PREFIX):
            raise KeyCannot("not a login challenge", zh="服务器发来的不是登录口令，已拒绝签名")
        return self._sign_text(label, challenge, pin=pin, key_id=key_id)

    def sign_submission(
        self, label: str, form: bytes, *, pin: str, key_id: bytes
    ) -> tuple[SigningAlgorithm, bytes]:
        """Sign the canonical form of a submission with the algorithm that fits the key. Refuses any other text."""
        if not is_submission(form):
            raise KeyCannot("not a submission", zh="待签名的内容不是业务提交，已拒绝签名")
        return self._sign_text(label, form, pin=pin, key_id=key_id)

    def change_pin(self, label: str, *, old: str, new: str) -> None:
        """Manual §9. Raises PinWrong for the old one, PinUnacceptable for the new one."""
        with self._logged_in(label, old, writing=True) as session:
            session.set_pin(old, new)

    def generate_key(self, label: str, *, pin: str, key_id: bytes, kind: KeyType) -> None:
        """A new key pair (RSA-2048 or P-256) that never leaves the token."""
        with self._logged_in(label, pin, writing=True) as session:
            generate_pair(session, key_id, kind)

    def store_certificate(self, label: str, der: bytes, *, pin: str, key_id: bytes) -> None:
        """Put a certificate beside its key, in place of the one that was there."""
        with self._logged_in(label, pin, writing=True) as session:
            store_certificate(session, key_id, der)

    def renewal_request(self, label: str, *, pin: str, key_id: bytes) -> bytes:
        """A certificate request (PKCS#10, DER) for the name on the key's present certificate
        (manual §10), signed by the same key."""
        with self._logged_in(label, pin) as session:
            for certificate in certificates_in(session, label):
                if certificate.key_id == key_id:
                    return certificate_request(session, key_id, certificate.der)
            raise KeyAbsent("no certificate of that id", zh="USBKEY 中没有该证书")

    def public_key(self, label: str, *, pin: str, key_id: bytes) -> bytes:
        """The public half as SubjectPublicKeyInfo in DER."""
        with self._logged_in(label, pin) as session:
            return public_half(session, key_id)

    def _sign_text(
        self, label: str, text: bytes, *, pin: str, key_id: bytes
    ) -> tuple[SigningAlgorithm, bytes]:
        with self._logged_in(label, pin) as session:
            key = private_key(session, key_id)
            algorithm = algorithm_for(key)
            return algorithm, sign_with(key, text, algorithm)

    @contextmanager
    def _library(self) -> Iterator[Any]:
        """The library under the process-wide lock, with the tokens of our own configuration."""
        with _LOCK, translated():
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
