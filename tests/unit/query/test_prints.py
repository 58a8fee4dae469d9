"""打印: what query puts on paper is what receipt's documents can carry."""

from __future__ import annotations

import pytest
from hpf.query.v1 import query_print_pb2 as pb

from services.query.listings import books, employer, files, people
from services.receipt.query_prints import document_of
from services.receipt.rendering import document
from services.receipt.rendering.document import Field

KINDS = [each for each in pb.QueryPrintKind.values() if each]


def paper(kind: int, *, rows: int = 0) -> pb.QueryPrint:
    made = pb.QueryPrint(
        kind=kind,
        employer_no="130700000017",
        employer_name="张家口试验有限公司",
        printed_on="2019-09-20",
    )
    made.fields.add(label="个人账号", value="A1")
    if rows:
        made.columns.add(title="交易日期", width_mm=20)
        made.columns.add(title="贷方发生额", width_mm=24, is_amount=True)
        made.totals.add(label="贷方合计", amount_fen=35_200)
    for _ in range(rows):
        made.rows.add(cells=["2018-12-14", "352.00"])
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_print_has_its_title(kind: int) -> None:
    titles = [document_of(paper(each), centre_name="张家口市住房公积金").title for each in KINDS]
    assert len(set(titles)) == len(KINDS)
    assert document_of(paper(kind), centre_name="张家口市住房公积金").title in titles


def test_paper_carries_fields_rows_and_totals_in_words() -> None:
    made = document_of(paper(pb.QUERY_PRINT_KIND_LEDGER, rows=2), centre_name="张家口市住房公积金")
    assert made.title == "张家口市住房公积金个人明细账"
    assert made.fields == (Field("个人账号", "A1"),)
    assert made.table is not None
    assert made.table.rows == [("2018-12-14", "352.00")] * 2
    (total,) = made.totals
    assert (total.value, total.words) == ("352.00", "叁佰伍拾贰元整")


def test_longest_print_of_query_is_the_longest_that_receipt_sets() -> None:
    assert files.PRINT_ROWS_MAX == document.TABLE_ROWS_MAX


@pytest.mark.parametrize(
    "columns",
    [people.COLUMNS, books.LEDGER_COLUMNS, books.STATEMENT_COLUMNS, employer.COLUMNS],
)
def test_columns_of_every_list_fit_on_a_sheet_held_across(columns: tuple[object, ...]) -> None:
    assert len(columns) <= document.COLUMNS_MAX
