"""What can be wrong with a cell, a row or a whole worksheet: the closed list (manual §5.1 批量错误信息)."""

from __future__ import annotations

from services.kit.errors import FIELD_REQUIRED, Kind, Reason
from services.kit.sheets.errors import SHEET_REASONS

# ---------------------------------------------------------------- one cell

CELL_REQUIRED = FIELD_REQUIRED
TEXT_INVALID = Reason(
    "TEXT_INVALID",
    Kind.INPUT,
    "control characters or more than {limit} characters",
    "内容含有无法使用的字符或超过 {limit} 个字",
)
NAME_INVALID = Reason(
    "NAME_INVALID",
    Kind.INPUT,
    "not a person's name",
    "姓名只能填写汉字、字母和间隔号，且不超过 {limit} 个字",
)
NAME_UNSHOWABLE = Reason(
    "NAME_UNSHOWABLE",
    Kind.INPUT,
    "a private-use character that no receipt can show",
    "姓名中有自造字，请改用国家标准汉字",
)
CHOICE_UNKNOWN = Reason(
    "CHOICE_UNKNOWN", Kind.INPUT, "not in the code table", "请从可选项中填写：{choices}"
)
ID_NUMBER_INVALID = Reason("ID_NUMBER_INVALID", Kind.INPUT, "not a valid id number", "{fault}")
MOBILE_INVALID = Reason(
    "MOBILE_INVALID", Kind.INPUT, "not a mobile number", "手机号码应为以 1 开头的 11 位数字"
)
AMOUNT_INVALID = Reason(
    "AMOUNT_INVALID",
    Kind.INPUT,
    "not an amount in yuan with at most two decimals",
    "金额应为数字，单位为元，最多两位小数",
)
AMOUNT_NOT_POSITIVE = Reason("AMOUNT_NOT_POSITIVE", Kind.INPUT, "zero or negative", "金额应大于零")
PERCENT_INVALID = Reason(
    "PERCENT_INVALID", Kind.INPUT, "not a whole percent", "比例应为 1 至 100 的整数，如 12"
)
COUNT_INVALID = Reason("COUNT_INVALID", Kind.INPUT, "not a whole number", "应填写整数，如 12")
MONTH_INVALID = Reason(
    "MONTH_INVALID", Kind.INPUT, "not a month", "年月格式不正确，应为 6 位数字，如 201909"
)
ACCOUNT_NO_INVALID = Reason(
    "ACCOUNT_NO_INVALID",
    Kind.INPUT,
    "not an account number",
    "账号只能由字母和数字组成，且不超过 {limit} 位",
)
ROW_REPEATED = Reason(
    "ROW_REPEATED", Kind.INPUT, "the same as row {rows}", "与第 {rows} 行的{column}重复"
)

# ---------------------------------------------------------------- the whole worksheet

WORKSHEET_UNKNOWN = Reason(
    "WORKSHEET_UNKNOWN", Kind.NOT_FOUND, "no worksheet for this business", "此项业务没有录入清单"
)
WORKSHEET_CHANGED = Reason(
    "WORKSHEET_CHANGED",
    Kind.STATE,
    "the revision is {revision}, not {expected}",
    "清单已被修改，请刷新后再操作",
)
WORKSHEET_ROW_UNKNOWN = Reason(
    "WORKSHEET_ROW_UNKNOWN",
    Kind.NOT_FOUND,
    "no such row",
    "该行已不存在，请刷新后再操作",
)
WORKSHEET_EMPTY = Reason(
    "WORKSHEET_EMPTY", Kind.STATE, "the worksheet has no rows", "清单中没有数据，请先录入或导入"
)
WORKSHEET_HAS_ERRORS = Reason(
    "WORKSHEET_HAS_ERRORS",
    Kind.INPUT,
    "{rows} rows have {errors} errors; nothing was submitted",
    "有 {rows} 行数据需要修改（共 {errors} 处错误），本次未提交任何数据，请在原始数据中修改后重新提交",
)
COLUMN_UNKNOWN = Reason(
    "COLUMN_UNKNOWN", Kind.INPUT, "no such column: {column}", "没有“{column}”这一列"
)

WORKSHEET_REASONS: tuple[Reason, ...] = tuple(
    dict.fromkeys(value for value in list(globals().values()) if isinstance(value, Reason))
)

#: By code: what a stored or transmitted reason means.
REASON_BY_CODE: dict[str, Reason] = {
    reason.code: reason for reason in (*SHEET_REASONS, *WORKSHEET_REASONS)
}
