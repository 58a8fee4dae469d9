"""The closed list of receipt's own reasons; the common ones are in services.kit.errors."""

from __future__ import annotations

from services.kit.errors import Kind, Reason

RECEIPT_UNKNOWN = Reason(
    "RECEIPT_UNKNOWN",
    Kind.NOT_FOUND,
    "the employer has no receipt with this registration number",
    "未找到该登记号的业务回单，请核对登记号",
)
RECEIPT_FAILED = Reason(
    "RECEIPT_FAILED",
    Kind.STATE,
    "the receipt could not be rendered",
    "回单生成失败，业务已办理成功，请联系管理部重新生成回单",
)

REASONS: tuple[Reason, ...] = (RECEIPT_UNKNOWN, RECEIPT_FAILED)

# ---------------------------------------------------------------- why a rendering failed, for staff

#: No face shows some character of the facts; what follows names the field and the code point.
UNSHOWABLE_TEXT = "UNSHOWABLE_TEXT"
#: The seal's key cannot be used before a person has acted.
SEAL_UNUSABLE = "SEAL_UNUSABLE"
