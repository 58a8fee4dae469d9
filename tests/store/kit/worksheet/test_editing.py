"""录入, 修改, 删除, 清空, 保存, 导入, 刷新 on a real store."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from services.kit.errors import DomainError, Reason
from services.kit.sheets.errors import CELL_TOO_LONG, FILE_NOT_XLSX, ROW_LIMIT_EXCEEDED
from services.kit.sheets.parser import SheetParser
from services.kit.worksheet import editing, errors
from services.kit.worksheet.draft import Draft, all_rows, echo_of, header_echo_of, page, state_of
from services.kit.worksheet.editing import ImportMode
from services.kit.worksheet.models import worksheet_row
from services.kit.worksheet.validation import validate
from tests.store.kit.worksheet.conftest import NOW, Town
from tests.unit.kit.sheets.workbooks import plain

GOOD = {"account_no": "A1", "base": "5000"}


def accounts(draft: Draft[Town]) -> list[tuple[int, str]]:
    return [(row.row_number, row.cells.get("account_no", "")) for row in all_rows(draft)]


def refused(reason: Reason, action: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        action()
    assert caught.value.reason is reason
    assert caught.value.zh
    return caught.value


def test_draft_nobody_touched_is_empty(draft: Draft[Town]) -> None:
    state = state_of(draft)
    assert (state.revision, state.row_count, state.validated, state.saved_at) == (0, 0, False, None)
    assert page(draft).rows == []


def test_rows_are_kept_as_typed_with_what_is_wrong(draft: Draft[Town]) -> None:
    state, rows = editing.add_rows(draft, [GOOD, {"account_no": "Ａ２", "base": "五千"}])
    assert (state.revision, state.row_count, state.bad_row_count) == (1, 2, 1)
    assert state.saved_at == NOW
    assert rows == all_rows(draft)
    assert rows[1].cells == {"account_no": "Ａ２", "base": "五千"}
    assert [(each.field, each.reason) for each in rows[1].errors] == [("base", "AMOUNT_INVALID")]


def test_what_people_typed_is_unreadable_at_rest(
    draft: Draft[Town], connection: Connection
) -> None:
    editing.add_rows(draft, [{**GOOD, "name": "王五"}])
    (stored,) = connection.execute(select(worksheet_row.c.cells_sealed)).scalars()
    assert "王五".encode() not in bytes(stored)
    assert b"5000" not in bytes(stored)


def test_drafts_of_employers_never_meet(draft_for: Callable[[str], Draft[Town]]) -> None:
    mine, theirs = draft_for("1001"), draft_for("1002")
    _, (row,) = editing.add_rows(mine, [GOOD])
    editing.delete_rows(theirs, [row.row_id])
    refused(errors.WORKSHEET_ROW_UNKNOWN, lambda: editing.update_row(theirs, row.row_id, GOOD))
    editing.clear(theirs)
    assert accounts(mine) == [(1, "A1")]
    assert accounts(theirs) == []


def test_update_replaces_all_cells_and_judges_them_anew(draft: Draft[Town]) -> None:
    _, (row,) = editing.add_rows(draft, [{**GOOD, "name": "张三", "base": "x"}])
    state, after = editing.update_row(draft, row.row_id, {"account_no": "A2", "base": "6000"})
    assert after.cells == {"account_no": "A2", "base": "6000"}
    assert after.errors == ()
    assert state.bad_row_count == 0


@pytest.mark.parametrize("row_id", ["999999", "x", "", "-1", "9" * 30])
def test_row_that_is_not_there_cannot_be_updated(draft: Draft[Town], row_id: str) -> None:
    refused(errors.WORKSHEET_ROW_UNKNOWN, lambda: editing.update_row(draft, row_id, GOOD))


def test_rows_are_numbered_without_gaps_after_deleting(draft: Draft[Town]) -> None:
    _, rows = editing.add_rows(draft, [{"account_no": f"A{n}", "base": "5000"} for n in (1, 2, 3)])
    editing.delete_rows(draft, [rows[1].row_id])
    editing.delete_rows(draft, [rows[1].row_id])
    assert accounts(draft) == [(1, "A1"), (2, "A3")]
    _, (added,) = editing.add_rows(draft, [{"account_no": "A4", "base": "5000"}])
    assert added.row_number == 3


def test_clear_takes_rows_and_header(draft: Draft[Town]) -> None:
    editing.add_rows(draft, [GOOD])
    editing.set_header(draft, {"total": "5000"})
    state = editing.clear(draft)
    assert (state.row_count, state.header) == (0, {})


def test_save_replaces_the_list_and_the_header(draft: Draft[Town]) -> None:
    editing.add_rows(draft, [GOOD, GOOD])
    state, rows = editing.save(draft, [{"account_no": "A3", "base": "7000"}], {"total": "x"})
    assert (state.revision, state.row_count, state.header) == (2, 1, {"total": "x"})
    assert [each.reason for each in state.header_errors] == ["AMOUNT_INVALID"]
    assert rows == all_rows(draft)


def test_change_of_an_old_revision_is_refused_and_changes_nothing(draft: Draft[Town]) -> None:
    first, _ = editing.add_rows(draft, [GOOD])
    editing.add_rows(draft, [GOOD])
    refused(
        errors.WORKSHEET_CHANGED,
        lambda: editing.save(draft, [], {}, expected_revision=first.revision),
    )
    assert len(all_rows(draft)) == 2
    editing.save(draft, [], {}, expected_revision=2)
    assert all_rows(draft) == []


def test_more_rows_than_the_limit_are_refused_and_nothing_stored(draft: Draft[Town]) -> None:
    editing.add_rows(draft, [GOOD] * 3)
    error = refused(ROW_LIMIT_EXCEEDED, lambda: editing.add_rows(draft, [GOOD] * 3))
    assert "每次最多 5 条" in error.zh
    refused(ROW_LIMIT_EXCEEDED, lambda: editing.save(draft, [GOOD] * 6, {}))
    assert state_of(draft).row_count == 3


def test_unknown_column_and_endless_text_are_refused_by_place(draft: Draft[Town]) -> None:
    error = refused(errors.COLUMN_UNKNOWN, lambda: editing.add_rows(draft, [GOOD, {"salary": "1"}]))
    assert error.fields[0].path == "rows[2].salary"
    error = refused(CELL_TOO_LONG, lambda: editing.set_header(draft, {"total": "1" * 501}))
    assert error.fields[0].path == "header.total"


def test_pages_follow_each_other_and_filter_bad_rows(draft: Draft[Town]) -> None:
    bases = ("1", "x", "2", "y", "3")
    editing.add_rows(draft, [{"account_no": f"A{n}", "base": b} for n, b in enumerate(bases)])
    first = page(draft, size=2)
    second = page(draft, size=2, token=first.next_token)
    last = page(draft, size=2, token=second.next_token)
    numbers = [[row.row_number for row in each.rows] for each in (first, second, last)]
    assert numbers == [[1, 2], [3, 4], [5]]
    assert last.next_token == ""
    assert [row.row_number for row in page(draft, bad_only=True).rows] == [2, 4]
    with pytest.raises(DomainError):
        page(draft, token="2; DROP")


def test_echo_shows_what_was_looked_up(draft: Draft[Town]) -> None:
    _, rows = editing.add_rows(draft, [{"account_no": "Ａ１", "base": "x"}, {"account_no": "?"}])
    assert echo_of(draft, rows) == {rows[0].row_id: {"found_name": "张三"}}
    assert header_echo_of(draft, {"total": "5000"}) == {"seen": "是"}


def test_import_appends_or_replaces(draft: Draft[Town], parser: SheetParser) -> None:
    editing.add_rows(draft, [GOOD])
    content = plain([["缴存基数", "个人账号*"], [5000, "A2"], [], ["6,000.00", "A3"]])
    state, rows = editing.import_file(draft, content, mode=ImportMode.APPEND, parser=parser)
    assert accounts(draft) == [(1, "A1"), (2, "A2"), (3, "A3")]
    assert [(row.row_number, row.file_row) for row in rows] == [(2, 2), (3, 4)]
    assert state.bad_row_count == 0
    editing.import_file(draft, content, mode=ImportMode.REPLACE, parser=parser)
    assert accounts(draft) == [(1, "A2"), (2, "A3")]


def test_file_that_cannot_be_taken_changes_nothing(draft: Draft[Town], parser: SheetParser) -> None:
    editing.add_rows(draft, [GOOD])
    before = state_of(draft)
    too_many = plain([["个人账号", "缴存基数"], *[["A1", "5000"]] * 6])
    for content, reason in ((b"nothing", FILE_NOT_XLSX), (too_many, ROW_LIMIT_EXCEEDED)):
        refused(
            reason,
            lambda content=content: editing.import_file(  # type: ignore[misc]  # bound in the loop
                draft, content, mode=ImportMode.REPLACE, parser=parser
            ),
        )
    assert state_of(draft) == before


def test_spoiled_cell_stays_wrong_until_it_is_typed_anew(
    draft: Draft[Town], parser: SheetParser
) -> None:
    content = plain([["个人账号", "缴存基数"], [1234567890123456, "5000"]])
    _, (row,) = editing.import_file(draft, content, mode=ImportMode.REPLACE, parser=parser)
    assert [each.reason for each in row.errors] == ["CELL_IS_NUMBER"]
    _, verdict = validate(draft)
    assert [each.error.reason for each in verdict.errors] == ["CELL_IS_NUMBER"]
    _, row = editing.update_row(draft, row.row_id, {**row.cells, "base": "6000"})
    assert [each.reason for each in row.errors] == ["CELL_IS_NUMBER"]
    _, (row,) = editing.save(draft, [row.cells], {})
    assert [each.reason for each in row.errors] == ["CELL_IS_NUMBER"]
    _, row = editing.update_row(draft, row.row_id, {**row.cells, "account_no": "1234567890123457"})
    assert row.errors == ()
