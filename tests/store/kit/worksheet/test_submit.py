"""Validate and submit: every bad row at once, all or nothing, rows left for correction, evidence kept."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from services.kit.errors import DomainError
from services.kit.sheets.parser import SheetParser
from services.kit.worksheet import editing, errors, files
from services.kit.worksheet.draft import Draft, all_rows, page, state_of
from services.kit.worksheet.editing import ImportMode
from services.kit.worksheet.submit import (
    Taken,
    clear_after_submit,
    put_back,
    refuse_rows,
    submitted_rows,
    take,
)
from services.kit.worksheet.validation import validate
from tests.store.kit.worksheet.conftest import BASE_BELOW_FLOOR, Town


def typed(*rows: tuple[str, str]) -> list[dict[str, str]]:
    return [{"account_no": account, "base": base} for account, base in rows]


def taken(draft: Draft[Town]) -> Taken:
    found = take(draft)
    assert isinstance(found, Taken)
    return found


def test_validate_names_every_bad_row_with_field_reason_and_sentence(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "1599.99"), ("A1", "x"), ("A4", "1600")))
    state, verdict = validate(draft)
    assert [(e.row_number, e.error.field, e.error.reason) for e in verdict.errors] == [
        (1, "account_no", "ROW_REPEATED"),
        (2, "base", "BASE_BELOW_FLOOR"),
        (3, "base", "AMOUNT_INVALID"),
        (3, "account_no", "ROW_REPEATED"),
    ]
    assert (state.validated, state.bad_row_count) == (True, 3)
    bad = page(draft, bad_only=True).rows
    assert [[error.zh for error in row.errors] for row in bad] == [
        ["与第 3 行的个人账号重复"],
        ["基数低于 1600.00 元"],
        ["金额应为数字，单位为元，最多两位小数", "与第 1 行的个人账号重复"],
    ]


def test_validation_forgets_errors_that_were_corrected(draft: Draft[Town]) -> None:
    _, rows = editing.add_rows(draft, typed(("A1", "5000"), ("A1", "6000")))
    validate(draft)
    editing.update_row(draft, rows[1].row_id, typed(("A2", "6000"))[0])
    assert not state_of(draft).validated
    state, verdict = validate(draft)
    assert (verdict.errors, state.bad_row_count) == ([], 0)


def test_header_is_judged_with_the_rows(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "6000")))
    editing.set_header(draft, {"total": "11000.01"})
    refusal = take(draft)
    assert isinstance(refusal, DomainError)
    assert [(field.path, field.zh) for field in refusal.fields] == [
        ("header.total", "合计与清单不符")
    ]
    assert [error.reason for error in state_of(draft).header_errors] == ["TOTAL_DIFFERS"]
    editing.set_header(draft, {"total": "11,000.00"})
    assert taken(draft).header.fen("total") == 1100000


def test_submission_with_bad_rows_is_refused_whole_and_rows_stay(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "1"), ("", "5000")))
    refusal = take(draft)
    assert isinstance(refusal, DomainError)
    assert refusal.reason is errors.WORKSHEET_HAS_ERRORS
    assert [field.path for field in refusal.fields] == ["rows[2].base", "rows[3].account_no"]
    assert refusal.zh.startswith("有 2 行数据需要修改（共 2 处错误）")
    assert [row.cells["base"] for row in all_rows(draft)] == ["5000", "1", "5000"]
    assert len(page(draft, bad_only=True).rows) == 2


def test_empty_list_cannot_be_submitted(draft: Draft[Town]) -> None:
    refusal = take(draft)
    assert isinstance(refusal, DomainError)
    assert refusal.reason is errors.WORKSHEET_EMPTY


def test_good_list_is_taken_with_its_values_and_leaves_evidence(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5,000"), ("Ａ２", "16317.00")))
    found = taken(draft)
    assert [(row.text("account_no"), row.fen("base")) for row in found.rows] == [
        ("A1", 500000),
        ("A2", 1631700),
    ]
    state = clear_after_submit(draft, found, registration_no="R1")
    assert (state.row_count, state.header) == (0, {})
    header, rows = submitted_rows(draft, "R1")
    assert (header, rows) == ({}, typed(("A1", "5,000"), ("Ａ２", "16317.00")))


def test_evidence_of_another_employer_is_not_shown(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5000")))
    clear_after_submit(draft, taken(draft), registration_no="R1")
    other = Draft(draft.connection, draft.vault, draft.spec, "1002", draft.now, draft.context)
    assert submitted_rows(other, "R1") == ({}, ())


def test_effect_may_refuse_rows_too(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "5000")))
    found = taken(draft)
    late = found.rows[1].error("base", BASE_BELOW_FLOOR, floor="6000.00")
    refusal = refuse_rows(draft, found, [late])
    assert [field.path for field in refusal.fields] == ["rows[2].base"]
    assert [row.row_number for row in page(draft, bad_only=True).rows] == [2]


def test_rows_come_back_when_the_business_is_refused_later(draft: Draft[Town]) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "6000")))
    editing.set_header(draft, {"total": "11000"})
    clear_after_submit(draft, taken(draft), registration_no="R1")
    editing.add_rows(draft, typed(("A9", "7000")))
    back = put_back(draft, "R1")
    assert [row.cells["account_no"] for row in all_rows(draft)] == ["A9", "A1", "A2"]
    assert (back.typed_since, back.state.header) == (1, {"total": "11000"})


@pytest.mark.parametrize(
    ("limit", "left"),
    [(4, ["A8", "A9", "A1", "A2"]), (3, ["A8", "A9", "A1"]), (2, ["A8", "A9"]), (1, ["A8", "A9"])],
)
def test_of_the_returned_rows_as_many_come_back_as_fit(
    draft: Draft[Town], limit: int, left: list[str]
) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "6000")))
    clear_after_submit(draft, taken(draft), registration_no="R1")
    editing.add_rows(draft, typed(("A8", "7000"), ("A9", "7000")))
    narrow = replace(draft, spec=replace(draft.spec, row_limit=limit))

    assert put_back(narrow, "R1").typed_since == 2
    assert [row.cells["account_no"] for row in all_rows(draft)] == left


def test_second_submission_waits_for_the_first(
    draft: Draft[Town], worksheet_engine: Engine
) -> None:
    """The draft's lock is held to the end of the transaction, so one list is never taken twice."""
    editing.add_rows(draft, typed(("A1", "5000")))
    draft.connection.commit()
    draft.connection.begin()
    taken(draft)
    with worksheet_engine.connect() as other, other.begin():
        other.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            take(_on(draft, other))
    editing.clear(draft)
    draft.connection.commit()


def _on(draft: Draft[Town], connection: Connection) -> Draft[Town]:
    return Draft(connection, draft.vault, draft.spec, draft.employer_no, draft.now, draft.context)


# ---------------------------------------------------------------- files


def lines(content: bytes) -> list[list[object]]:
    return [
        [cell.value for cell in row]
        for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].rows
    ]


def test_template_can_hold_the_eligible_people(draft: Draft[Town]) -> None:
    header = ["个人账号*", "姓名", "缴存基数*", "原因"]
    assert lines(files.template(draft).content) == [header]
    assert lines(files.template(draft, prefilled=True).content) == [
        header,
        ["A1", "张三", None, None],
        ["A2", "李四", None, None],
    ]
    assert files.template(draft).name == "缴存基数调整模板.xlsx"


def test_export_shows_the_list_with_what_was_looked_up(draft: Draft[Town]) -> None:
    editing.add_rows(draft, [{"account_no": "A1", "base": "5,000", "reason": "01", "name": "=1"}])
    assert lines(files.export(draft).content) == [
        ["行号", "个人账号*", "姓名", "缴存基数*", "原因", "账户姓名"],
        [1, "A1", "=1", 5000, "年度调整", "张三"],
    ]


def test_error_workbook_can_be_corrected_and_imported(
    draft: Draft[Town], parser: SheetParser
) -> None:
    editing.add_rows(draft, typed(("A1", "5000"), ("A2", "x")))
    validate(draft)
    content = files.error_workbook(draft).content
    assert lines(content) == [
        ["行号", "个人账号*", "姓名", "缴存基数*", "原因", "错误原因"],
        [2, "A2", None, "x", None, "缴存基数：金额应为数字，单位为元，最多两位小数"],
    ]
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.worksheets[0]["F2"].font.color.rgb == "00C00000"
    book.worksheets[0]["D2"] = "6000"
    corrected = io.BytesIO()
    book.save(corrected)
    state, _ = editing.import_file(
        draft, corrected.getvalue(), mode=ImportMode.REPLACE, parser=parser
    )
    assert (state.row_count, state.bad_row_count) == (1, 0)


def test_export_and_template_can_be_imported_as_they_are(
    draft: Draft[Town], parser: SheetParser
) -> None:
    editing.add_rows(draft, [{"account_no": "0001", "base": "5,000", "reason": "年度调整"}])
    before = taken(draft).rows[0].values
    exported = files.export(draft).content
    editing.import_file(draft, exported, mode=ImportMode.REPLACE, parser=parser)
    assert taken(draft).rows[0].values == before
