"""The closed list of query's own reasons; the common ones are in services.kit.errors."""

from __future__ import annotations

from services.kit.errors import Kind, Reason

ACCOUNT_UNKNOWN = Reason(
    "ACCOUNT_UNKNOWN",
    Kind.NOT_FOUND,
    "the employer has no such account",
    "本单位下没有该个人账号，请核对",
)
DATE_RANGE_REQUIRED = Reason(
    "DATE_RANGE_REQUIRED",
    Kind.INPUT,
    "both dates are required",
    "开始日期和结束日期不能为空",
)
DATE_RANGE_REVERSED = Reason(
    "DATE_RANGE_REVERSED",
    Kind.INPUT,
    "the range ends before it begins",
    "结束日期不能早于开始日期",
)
FILTER_CODE_UNKNOWN = Reason(
    "FILTER_CODE_UNKNOWN",
    Kind.INPUT,
    "the filter names a code that does not exist",
    "查询条件中的代码不存在，请重新选择",
)
ID_TYPE_REQUIRED = Reason(
    "ID_TYPE_REQUIRED",
    Kind.INPUT,
    "an id number is looked up together with its type",
    "按证件号码查询时请同时选择证件类型",
)
TOO_MANY_TOKENS = Reason(
    "TOO_MANY_TOKENS",
    Kind.INPUT,
    "more than {limit} consistency tokens",
    "请求内容无法识别，请检查后重试",
)
EXPORT_FAILED = Reason(
    "EXPORT_FAILED",
    Kind.STATE,
    "the export could not be made: {failure}",
    "导出文件生成失败，请稍后重新导出；如仍失败请联系管理部",
)

EXPORT_FORMAT_REQUIRED = Reason(
    "EXPORT_FORMAT_REQUIRED",
    Kind.INPUT,
    "workbook, print or text has to be chosen",
    "请选择导出、打印或复制",
)
EXPORT_QUERY_REQUIRED = Reason(
    "EXPORT_QUERY_REQUIRED",
    Kind.INPUT,
    "exactly one query has to be given",
    "请选择要导出的查询",
)
PRINT_TOO_LONG = Reason(
    "PRINT_TOO_LONG",
    Kind.STATE,
    "more rows than a print may have",
    "查询结果超过20000条，无法打印，请缩小查询范围或使用导出",
)

REASONS: tuple[Reason, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Reason)
)
