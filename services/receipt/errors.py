"""The closed list of receipt's own reasons; the common ones are in services.kit.errors."""

from __future__ import annotations

from services.kit.errors import Kind, Reason

RECEIPT_UNKNOWN = Reason(
    "RECEIPT_UNKNOWN",
    Kind.NOT_FOUND,
    "the employer has no receipt with this registration number",
    "未找到该登记号的业务回单，请核对登记号",
    retry_after_ms=500,  # right after its business it may be on its way
)
RECEIPT_FAILED = Reason(
    "RECEIPT_FAILED",
    Kind.STATE,
    "the receipt could not be rendered",
    "回单生成失败，业务已办理成功，请联系管理部重新生成回单",
)

VOUCHER_UNKNOWN = Reason(
    "VOUCHER_UNKNOWN",
    Kind.NOT_FOUND,
    "the employer has no deposit business of this date and registration number",
    "未找到该交易日期和登记号的缴存业务，请在单位缴存明细中核对",
    retry_after_ms=500,
)
FIGURES_NOT_KNOWN_YET = Reason(
    "FIGURES_NOT_KNOWN_YET",
    Kind.LATER,
    "the employer's figures have not arrived",
    "单位资料正在更新，请稍后重试",
    retry_after_ms=500,
)
FILE_TOO_LARGE = Reason(
    "FILE_TOO_LARGE",
    Kind.INPUT,
    "the file is larger than {limit} bytes",
    "文件超过 {limit} 字节，不是中心出具的文件，也可输入验证码核验",
)

REASONS: tuple[Reason, ...] = (
    RECEIPT_UNKNOWN,
    RECEIPT_FAILED,
    VOUCHER_UNKNOWN,
    FIGURES_NOT_KNOWN_YET,
    FILE_TOO_LARGE,
)

# ---------------------------------------------------------------- why a rendering failed, for staff

#: No face shows some character of the facts; what follows names the field and the code point.
UNSHOWABLE_TEXT = "UNSHOWABLE_TEXT"
#: The seal's key cannot be used before a person has acted.
SEAL_UNUSABLE = "SEAL_UNUSABLE"
#: More rows, columns or characters than a document may have, or a row higher than a page.
DOCUMENT_TOO_LARGE = "DOCUMENT_TOO_LARGE"
