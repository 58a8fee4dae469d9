"""What is printed: the facts of one receipt, certificate, voucher or query print, already in
Chinese and formatted.

A `Document` is a value: the same value gives the same PDF, byte for byte, on any machine with the
same fonts. It knows no business rule; who builds it decides which fields and columns a business
shows (manual chapters 四 to 七).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.kit.money import capital_words, format_yuan

AMOUNTS_IN_YUAN = "金额单位为元"

# A submission has at most 2000 rows (manual §5.7); prints of an employer's people and ledgers may
# be longer. 20000 rows are about 820 pages and 7 seconds of one worker; whoever needs more wants
# the workbook.
TABLE_ROWS_MAX = 20_000
COLUMNS_MAX = 16
FIELDS_MAX = 80
# A table row must fit on a page. The longest text that a business stores in a row is an address of
# 200 characters.
CELL_CHARACTERS_MAX = 200
VALUE_CHARACTERS_MAX = 500


class DocumentTooLarge(ValueError):
    """More rows, columns, fields or characters than a document may have; names the limit, never the
    content."""


class DocumentKind(StrEnum):
    """One per template; the value is the template's name."""

    OPEN_ACCOUNTS = "open_accounts"
    SEAL = "seal"
    UNSEAL = "unseal"
    TRANSFER = "transfer"
    TRANSFER_IN = "transfer_in"
    PROFILE_CHANGE = "profile_change"
    RATE_CHANGE = "rate_change"
    BASE_CHANGE = "base_change"
    CLOSING = "closing"
    REMITTANCE = "remittance"
    BACK_PAYMENT = "back_payment"
    REVERSAL = "reversal"
    CONTRIBUTION_CERTIFICATE = "contribution_certificate"
    VOUCHER = "voucher"
    PEOPLE_LIST = "people_list"
    PERSONAL_LEDGER = "personal_ledger"
    EMPLOYER_STATEMENT = "employer_statement"
    EMPLOYER_PROFILE = "employer_profile"

    def heading(self, centre_name: str) -> str:
        """The title as printed: `张家口市住房公积金` + `个人账户设立业务回单`."""
        return centre_name + _TITLES[self]


_TITLES = {
    DocumentKind.OPEN_ACCOUNTS: "个人账户设立业务回单",
    DocumentKind.SEAL: "个人封存业务回单",
    DocumentKind.UNSEAL: "个人启封业务回单",
    DocumentKind.TRANSFER: "个人账户同城转移业务回单",
    DocumentKind.TRANSFER_IN: "个人账户同城转移业务回单",
    DocumentKind.PROFILE_CHANGE: "单位基本资料变更业务回单",
    DocumentKind.RATE_CHANGE: "缴存比例调整业务回单",
    DocumentKind.BASE_CHANGE: "缴存基数调整业务回单",
    DocumentKind.CLOSING: "单位注销业务回单",
    DocumentKind.REMITTANCE: "汇缴业务回单",
    DocumentKind.BACK_PAYMENT: "补缴业务回单",
    DocumentKind.REVERSAL: "冲正业务回单",
    DocumentKind.CONTRIBUTION_CERTIFICATE: "单位缴存证明",
    DocumentKind.VOUCHER: "缴存凭证",
    DocumentKind.PEOPLE_LIST: "单位职工缴存信息表",
    DocumentKind.PERSONAL_LEDGER: "个人明细账",
    DocumentKind.EMPLOYER_STATEMENT: "单位缴存明细表",
    DocumentKind.EMPLOYER_PROFILE: "单位基本信息表",
}


class Align(StrEnum):
    """Where a column's text stands."""

    LEFT = "LEFT"
    CENTRE = "CENTER"
    RIGHT = "RIGHT"


@dataclass(frozen=True, slots=True)
class Field:
    """One label with its value in the grid; a wide one takes the whole row (addresses, reasons)."""

    label: str
    value: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """One sum under the table: in digits and, for money, in capital words (大写)."""

    label: str
    value: str
    words: str = ""

    @classmethod
    def of_fen(cls, label: str, amount_fen: int) -> Total:
        """A sum of money: `月缴额合计`, `106,000.40`, `壹拾万陆仟元肆角整`."""
        return cls(label, format_yuan(amount_fen, grouping=True), capital_words(amount_fen))


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `width_mm` is the width its texts need. Neighbours with the same `group` share a
    head above theirs."""

    title: str
    width_mm: int
    align: Align = Align.LEFT
    group: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under columns. Its head is repeated on every page."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    @property
    def width_mm(self) -> int:
        return sum(column.width_mm for column in self.columns)


@dataclass(frozen=True, slots=True)
class Document:
    """Everything on the paper except the seal.

    `mark` is a word across every page, such as 已冲正. `statement` is a certificate's sentence above
    the fields. `print_count` is 1 for the first print; it is the only thing in which a reprint
    differs.
    """

    kind: DocumentKind
    title: str
    employer_no: str
    employer_name: str
    branch_name: str
    agent_name: str
    business_date: date
    registration_no: str = ""
    statement: str = ""
    fields: Sequence[Field] = ()
    table: Table | None = None
    totals: Sequence[Total] = ()
    notes: Sequence[str] = (AMOUNTS_IN_YUAN,)
    verification_code: str = ""
    verification_url: str | None = None
    mark: str | None = None
    print_count: int = 1

    def __post_init__(self) -> None:
        _refuse_too_large(self)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text that will be shown except the rows', each with the path of its field."""
        for name in _PLAIN_TEXTS:
            yield name, getattr(self, name) or ""
        for index, note in enumerate(self.notes):
            yield f"notes[{index}]", note
        for index, each in enumerate(self.fields):
            yield f"fields[{index}].label", each.label
            yield f"fields[{index}].value", each.value
        for index, total in enumerate(self.totals):
            yield f"totals[{index}].label", total.label
            yield f"totals[{index}].value", total.value
            yield f"totals[{index}].words", total.words
        if self.table is not None:
            for index, column in enumerate(self.table.columns):
                yield f"table.columns[{index}].title", column.title
                yield f"table.columns[{index}].group", column.group


_PLAIN_TEXTS = (
    "title",
    "registration_no",
    "employer_no",
    "employer_name",
    "branch_name",
    "agent_name",
    "statement",
    "verification_code",
    "verification_url",
    "mark",
)


def _refuse_too_large(document: Document) -> None:
    if len(document.fields) + len(document.totals) + len(document.notes) > FIELDS_MAX:
        raise DocumentTooLarge(f"more than {FIELDS_MAX} fields, totals and notes")
    if document.table is not None:
        _refuse_bad_table(document.table)
    for path, text in document.texts():
        if len(text) > VALUE_CHARACTERS_MAX:
            raise DocumentTooLarge(f"{path} has more than {VALUE_CHARACTERS_MAX} characters")


def _refuse_bad_table(table: Table) -> None:
    if not 0 < len(table.columns) <= COLUMNS_MAX:
        raise DocumentTooLarge(f"a table has 1 to {COLUMNS_MAX} columns")
    if len(table.rows) > TABLE_ROWS_MAX:
        raise DocumentTooLarge(f"more than {TABLE_ROWS_MAX} rows")
    for index, row in enumerate(table.rows):
        if len(row) != len(table.columns):
            raise ValueError(
                f"table.rows[{index}] has {len(row)} cells for {len(table.columns)} columns"
            )
        if max(map(len, row)) > CELL_CHARACTERS_MAX:
            raise DocumentTooLarge(
                f"a cell of table.rows[{index}] has more than {CELL_CHARACTERS_MAX} characters"
            )
