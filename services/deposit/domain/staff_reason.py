"""Why staff take a business back or give one up: a sentence that stands on papers and in what the employer is told."""

from __future__ import annotations

from services.kit.errors import FIELD_INVALID, FIELD_REQUIRED, DomainError, FieldError
from services.kit.plain_text import is_plain

#: Some lines of the receipt; a longer story belongs into the file.
REASON_CHARS_MAX = 200


def reason_of(typed: str) -> str:
    """The reason as it will stand there. Raises FIELD_REQUIRED, FIELD_INVALID."""
    reason = typed.strip()
    if not reason:
        field = FieldError("reason", FIELD_REQUIRED.code, "请填写原因")
        raise DomainError(FIELD_REQUIRED, fields=[field])
    if len(reason) > REASON_CHARS_MAX or not is_plain(reason):
        said = f"原因不超过 {REASON_CHARS_MAX} 个字，不含换行等不可显示的字符"
        raise DomainError(FIELD_INVALID, fields=[FieldError("reason", FIELD_INVALID.code, said)])
    return reason
