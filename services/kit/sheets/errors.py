"""Why a file or a cell of it cannot be taken: the closed list of the Excel side of 导入 (manual §5.1–5.4, §5.7, §6.2)."""

from __future__ import annotations

from services.kit.errors import Kind, Reason

FILE_EMPTY = Reason(
    "FILE_EMPTY", Kind.INPUT, "the file has no bytes", "文件是空的，请选择要导入的文件"
)
FILE_TOO_LARGE = Reason(
    "FILE_TOO_LARGE",
    Kind.INPUT,
    "the file has {bytes} bytes, at most {limit}",
    "文件大小超过限制（{limit_text}），请只保留要导入的工作表",
)
FILE_OLD_OR_ENCRYPTED = Reason(
    "FILE_OLD_OR_ENCRYPTED",
    Kind.INPUT,
    "an OLE file: the old .xls format, or a workbook with a password",
    "文件是旧版 .xls 格式或设有打开密码，请取消密码并另存为 .xlsx 后再导入",
)
FILE_NOT_XLSX = Reason(
    "FILE_NOT_XLSX", Kind.INPUT, "not an .xlsx workbook", "文件不是 .xlsx 格式的 Excel 工作簿"
)
FILE_UNSAFE = Reason(
    "FILE_UNSAFE",
    Kind.INPUT,
    "the workbook carries something that no list needs: {what}",
    "文件中含有不允许的内容（{what_zh}），请复制到模板中再导入",
)
FILE_TOO_COMPLEX = Reason(
    "FILE_TOO_COMPLEX",
    Kind.INPUT,
    "the workbook unpacks beyond a limit: {what}",
    "文件内容过多（{what_zh}），请复制到模板中再导入",
)
FILE_DAMAGED = Reason(
    "FILE_DAMAGED",
    Kind.INPUT,
    "the workbook cannot be read: {what}",
    "文件已损坏或无法识别，请用 Excel 重新保存后再导入",
)
ROW_LIMIT_EXCEEDED = Reason(
    "ROW_LIMIT_EXCEEDED",
    Kind.INPUT,
    "more than {limit} rows",
    "每次最多 {limit} 条，请分批办理；表格下方如有多余的行请删除",
)
FILE_HAS_NO_ROWS = Reason(
    "FILE_HAS_NO_ROWS", Kind.INPUT, "a header and no rows", "表格中没有数据，请在表头下面逐行填写"
)
HEADER_MISSING = Reason(
    "HEADER_MISSING",
    Kind.INPUT,
    "the header lacks {columns}",
    "表头缺少以下列：{columns}，请使用本业务的模板",
)
HEADER_UNKNOWN = Reason(
    "HEADER_UNKNOWN",
    Kind.INPUT,
    "the header has columns that nobody reads: {columns}",
    "表头中有本业务不使用的列：{columns}，请删除这些列或使用本业务的模板",
)
HEADER_REPEATED = Reason(
    "HEADER_REPEATED",
    Kind.INPUT,
    "the header names {columns} twice",
    "表头中有重复的列：{columns}，请删除多余的列",
)
IMPORT_BUSY = Reason(
    "IMPORT_BUSY",
    Kind.LATER,
    "every parser is at work",
    "正在处理其他文件，请稍后再导入",
    retry_after_ms=2000,
)

# ---------------------------------------------------------------- one cell

CELL_IS_NUMBER = Reason(
    "CELL_IS_NUMBER",
    Kind.INPUT,
    "a numeric cell where only text keeps every digit",
    "单元格是数值格式，位数可能已丢失，请将该列设为文本格式后重新填写",
)
CELL_IS_FORMULA = Reason(
    "CELL_IS_FORMULA", Kind.INPUT, "a formula", "单元格是公式，请改为直接填写的内容"
)
CELL_IS_DATE = Reason(
    "CELL_IS_DATE",
    Kind.INPUT,
    "a date cell in another kind of column",
    "单元格是日期格式，请改为文本格式后重新填写",
)
CELL_UNREADABLE = Reason(
    "CELL_UNREADABLE",
    Kind.INPUT,
    "an error value or a truth value",
    "单元格内容无法识别，请重新填写",
)
CELL_TOO_LONG = Reason(
    "CELL_TOO_LONG",
    Kind.INPUT,
    "more than {limit} characters",
    "填写的内容过长，最多 {limit} 个字",
)

SHEET_REASONS: tuple[Reason, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Reason)
)
