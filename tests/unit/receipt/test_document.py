"""The facts of a document: its limits, its sums in words, its grid."""

from __future__ import annotations

from datetime import date

import pytest

from services.receipt.rendering.document import (
    Column,
    Document,
    DocumentKind,
    DocumentTooLarge,
    Field,
    Table,
    Total,
)
from services.receipt.rendering.markup import ROWS_PLACE, SEAL_PLACE, TEMPLATES, html_of, pairs


def document(**facts: object) -> Document:
    plain: dict[str, object] = {
        "kind": DocumentKind.REMITTANCE,
        "title": "张家口市住房公积金汇缴业务回单",
        "employer_no": "1",
        "employer_name": "甲",
        "branch_name": "乙",
        "agent_name": "丙",
        "business_date": date(2020, 4, 23),
    }
    return Document(**(plain | facts))


def table(*, rows: int, columns: int = 2, text: str = "甲") -> Table:
    return Table([Column("列", 20)] * columns, [[text] * columns] * rows)


def test_every_kind_has_a_template_and_a_title() -> None:
    templates = {path.stem for path in TEMPLATES.glob("*.html")} - {"layout"}

    assert templates == {str(kind) for kind in DocumentKind}
    assert (
        DocumentKind.OPEN_ACCOUNTS.heading("张家口市住房公积金")
        == "张家口市住房公积金个人账户设立业务回单"
    )


def test_a_sum_of_money_has_digits_and_capital_words() -> None:
    assert Total.of_fen("转移总金额", 14_141_137) == Total(
        "转移总金额", "141,411.37", "壹拾肆万壹仟肆佰壹拾壹元叁角柒分"
    )


def test_20000_rows_are_accepted_and_one_more_is_not() -> None:
    document(table=table(rows=20_000))

    with pytest.raises(DocumentTooLarge, match="more than 20000 rows"):
        document(table=table(rows=20_001))


def test_a_cell_of_201_characters_is_refused_without_its_text() -> None:
    document(table=table(rows=1, text="甲" * 200))

    with pytest.raises(DocumentTooLarge) as refused:
        document(table=table(rows=1, text="甲" * 201))

    assert "甲" not in str(refused.value)
    assert "table.rows[0]" in str(refused.value)


def test_a_value_of_501_characters_is_refused() -> None:
    document(fields=[Field("地址", "甲" * 500)])

    with pytest.raises(DocumentTooLarge, match=r"fields\[0\].value"):
        document(fields=[Field("地址", "甲" * 501)])


def test_81_fields_are_refused() -> None:
    with pytest.raises(DocumentTooLarge, match="more than 80"):
        document(fields=[Field("项", "值")] * 80)


def test_17_columns_are_refused() -> None:
    with pytest.raises(DocumentTooLarge, match="1 to 16 columns"):
        document(table=table(rows=1, columns=17))


def test_a_row_must_fill_its_columns() -> None:
    with pytest.raises(ValueError, match=r"table.rows\[0\] has 1 cells for 2 columns"):
        document(table=Table([Column("甲", 20), Column("乙", 20)], [["一"]]))


def test_two_fields_share_a_row_and_a_wide_one_stands_alone() -> None:
    one, two, wide, three = (
        Field("1", ""),
        Field("2", ""),
        Field("宽", "", wide=True),
        Field("3", ""),
    )

    assert pairs([one, two, wide, three]) == [[one, two], [wide], [three]]
    assert pairs([one, wide, two, three]) == [[one], [wide], [two, three]]


def test_markup_in_facts_is_text_in_the_page() -> None:
    html = html_of(
        document(employer_name='<b>甲</b>&amp;<img src="file:///etc/passwd">'),
        sealed=False,
        centre_name="",
    )

    assert "<b>" not in html
    assert "<img" not in html
    assert "&lt;b&gt;甲&lt;/b&gt;&amp;amp;&lt;img src=&#34;file:///etc/passwd&#34;&gt;" in html


def test_the_page_has_one_place_for_rows_and_one_for_the_seal() -> None:
    html = html_of(document(), sealed=True, centre_name="中心")

    assert html.count(ROWS_PLACE) == 1
    assert html.count(SEAL_PLACE) == 1
