"""SM2 signatures with SM3 (GM/T 0009, GB/T 32918.2), the algorithm of Chinese CAs' newer certificates.

gmalg does the curve, OpenSSL (through cryptography) the digest: gmalg's own SM3 is pure Python and
a revocation list of a megabyte would take it a minute. This is a software check; a centre that
must use a certified verification server replaces `verify_sm2` behind `signatures.py`.
"""

from __future__ import annotations

from functools import lru_cache

from asn1crypto.algos import DSASignature
from cryptography.hazmat.primitives import hashes
from gmalg.base import Hash
from gmalg.ellipticcurve import ECDLP
from gmalg.errors import GMError
from gmalg.sm2 import SM2Core

SM2_CURVE_OID = "1.2.156.10197.1.301"
SM2_SM3_OID = "1.2.156.10197.1.501"

# GB/T 32918.5: the one recommended curve.
_PRIME = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
_A = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFC
_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
_GENERATOR = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
_ORDER = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123

# An uncompressed point: 04, x, y.
_POINT_BYTES = 65
# Two 32-byte integers in DER need at most 72 bytes.
_MAX_SIGNATURE_BYTES = 80
# A CA's signatures on its own certificates and lists are seen at each login: 30 ms saved for each.
_REMEMBERED = 512


class OpenSslSm3(Hash):
    """gmalg's interface of a digest over OpenSSL's SM3."""

    def __init__(self) -> None:
        self._digest = hashes.Hash(hashes.SM3())

    @classmethod
    def max_msg_length(cls) -> int:
        return (1 << 61) - 1

    @classmethod
    def hash_length(cls) -> int:
        return 32

    def reset(self) -> None:
        self._digest = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        self._digest.update(bytes(data))

    def value(self) -> bytes:
        return self._digest.copy().finalize()


def verify_sm2(point: bytes, message: bytes, *, signature: bytes, user_id: bytes) -> bool:
    """Whether `signature` (DER, two integers) is of `message` under the key `point` (04, x, y)."""
    numbers = _signature_numbers(signature)
    key = _key_point(point)
    if numbers is None or key is None:
        return False
    return _verify(key, user_id, numbers, sm3(_identity(key, user_id) + message))


def sm3(content: bytes) -> bytes:
    """The SM3 digest, 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize()


def is_sm2_point(point: bytes) -> bool:
    """Whether the bytes are a public key: uncompressed, on the curve, of the right order."""
    return _key_point(point) is not None


def _curve() -> ECDLP:
    return ECDLP(_PRIME, _A, _B, _GENERATOR, _ORDER)


def _identity(key: tuple[int, int], user_id: bytes) -> bytes:
    """Z of GM/T 0009: the digest of who signs."""
    core = SM2Core(_curve(), OpenSslSm3())
    identity: bytes = core.entity_info(user_id, key)
    return identity


class _Ready(Hash):
    """Hands gmalg a digest that is already known, so that results can be remembered by digest."""

    def __init__(self, digest: bytes) -> None:
        self._known = digest

    def reset(self) -> None:
        """Nothing to start over."""

    def update(self, data: bytes) -> None:
        """Already digested."""

    def value(self) -> bytes:
        return self._known


@lru_cache(maxsize=_REMEMBERED)
def _verify(key: tuple[int, int], user_id: bytes, numbers: tuple[int, int], digest: bytes) -> bool:
    core = SM2Core(_curve(), _Ready(digest))
    try:
        return bool(core.verify(b"", *numbers, user_id, key))
    except (GMError, ValueError, OverflowError, TypeError):
        # gmalg keeps the point at infinity as floats: a forged signature can lead there.
        return False


@lru_cache(maxsize=_REMEMBERED)
def _key_point(point: bytes) -> tuple[int, int] | None:
    if len(point) != _POINT_BYTES or point[0] != 0x04:
        return None
    key = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    # The cofactor is 1, so each point of the curve but infinity has the full order.
    if max(key) >= _PRIME or not _curve().ec.isvalid(key):
        return None
    return key


def _signature_numbers(signature: bytes) -> tuple[int, int] | None:
    if len(signature) > _MAX_SIGNATURE_BYTES:
        return None
    try:
        parsed = DSASignature.load(signature, strict=True)
        numbers = parsed["r"].native, parsed["s"].native
        # One value, one encoding: what does not encode back to the same bytes is refused.
        if DSASignature({"r": numbers[0], "s": numbers[1]}).dump() != signature:
            return None
    except (ValueError, TypeError):
        return None
    return numbers
