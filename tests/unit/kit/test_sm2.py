"""SM2 and SM3 against the examples of the standards (GB/T 32918.5-2017 appendix A, GB/T 32905-2016)."""

from __future__ import annotations

from asn1crypto.algos import DSASignature

from services.kit.sm2 import is_sm2_point, sm3, verify_sm2

# GB/T 32918.5-2017, A.2: key, message "message digest", user id 1234567812345678.
POINT = bytes.fromhex(
    "04"
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
ORDER = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
MESSAGE = b"message digest"
USER_ID = b"1234567812345678"


def der(r: int, s: int) -> bytes:
    return bytes(DSASignature({"r": r, "s": s}).dump())


def verifies(signature: bytes, *, message: bytes = MESSAGE, user_id: bytes = USER_ID) -> bool:
    return verify_sm2(POINT, message, signature=signature, user_id=user_id)


def test_sm3_of_abc_is_the_standards() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_standards_signature_verifies() -> None:
    assert verifies(der(R, S))


def test_another_message_user_or_number_does_not() -> None:
    assert not verifies(der(R, S), message=b"message digesT")
    assert not verifies(der(R, S), user_id=b"")
    assert not verifies(der(R ^ 1, S))
    assert not verifies(der(R, S ^ 1))


def test_numbers_outside_the_curves_order_do_not_verify() -> None:
    for r, s in ((0, S), (R, 0), (ORDER, S), (R, ORDER), (R + ORDER, S), (-R, S), (R, ORDER - R)):
        assert not verifies(der(r, s))


def test_a_signature_has_one_encoding_only() -> None:
    good = der(R, S)
    assert not verifies(good + b"\x00")
    assert not verifies(good[:-1])
    padded = b"\x30" + bytes([good[1] + 1, 0x02, good[3] + 1, 0x00]) + good[4:]
    assert not verifies(padded)
    assert not verifies(b"")
    assert not verifies(b"\x30" * 200)


def test_a_point_off_the_curve_or_in_another_form_is_no_key() -> None:
    assert is_sm2_point(POINT)
    assert not is_sm2_point(POINT[:-1] + bytes([POINT[-1] ^ 1]))
    assert not is_sm2_point(b"\x03" + POINT[1:33])
    assert not is_sm2_point(b"\x04" + b"\xff" * 64)
    assert not is_sm2_point(b"\x04" + bytes(64))
    assert not is_sm2_point(b"\x00")
