"""Worksheet messages ↔ values (hpf/common/v1/worksheet.proto)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from hpf.common.v1 import worksheet_pb2 as pb

from services.kit.errors import FIELD_ERRORS_MAX, FIELD_INVALID, DomainError, FieldError
from services.kit.sheets.columns import Column
from services.kit.sheets.writer import MEDIA_TYPE
from services.kit.worksheet.draft import Draft, State, header_echo_of
from services.kit.worksheet.editing import ImportMode
from services.kit.worksheet.files import SheetFile
from services.kit.worksheet.rows import CellError, RowError, TypedRow
from services.kit.worksheet.spec import EchoColumn, SheetSpec

C = TypeVar("C")

_MODES = {
    pb.WORKSHEET_IMPORT_MODE_APPEND: ImportMode.APPEND,
    pb.WORKSHEET_IMPORT_MODE_REPLACE: ImportMode.REPLACE,
}


def cells_of(rows: Iterable[pb.WorksheetRowInput]) -> list[dict[str, str]]:
    """The cells of rows as a client sent them."""
    return [dict(row.cells) for row in rows]


def import_mode_of(mode: pb.WorksheetImportMode) -> ImportMode:
    """Raises FIELD_INVALID for an unspecified mode."""
    if mode not in _MODES:
        raise DomainError(FIELD_INVALID, [FieldError("mode", FIELD_INVALID.code, "请选择导入方式")])
    return _MODES[mode]


def state_message(draft: Draft[C], state: State) -> pb.WorksheetState:
    message = pb.WorksheetState(
        business=state.business,
        revision=state.revision,
        row_count=state.row_count,
        bad_row_count=state.bad_row_count,
        validated=state.validated,
        header=state.header,
        header_echo=header_echo_of(draft, state.header),
        header_errors=[
            _error(draft.spec, error, row_id="", row_number=0, file_row=0)
            for error in state.header_errors
        ],
        row_limit=state.row_limit,
    )
    if state.saved_at is not None:
        message.saved_at.FromDatetime(state.saved_at)
    return message


def row_message(
    spec: SheetSpec[C], row: TypedRow, echo: Mapping[str, str] | None = None
) -> pb.WorksheetRow:
    return pb.WorksheetRow(
        row_id=row.row_id,
        row_number=row.row_number,
        file_row=row.file_row,
        cells=row.cells,
        echo=echo or {},
        errors=_errors_of_row(spec, row),
    )


def error_messages(spec: SheetSpec[C], found: Iterable[RowError]) -> list[pb.WorksheetError]:
    """The first of them, as many as a reply carries."""
    return [
        _error(
            spec,
            each.error,
            row_id=each.row_id,
            row_number=each.row_number,
            file_row=each.file_row,
        )
        for each in list(found)[:FIELD_ERRORS_MAX]
    ]


def errors_of_rows(spec: SheetSpec[C], rows: Sequence[TypedRow]) -> list[pb.WorksheetError]:
    """The first errors of rows just entered."""
    return [error for row in rows for error in _errors_of_row(spec, row)][:FIELD_ERRORS_MAX]


def column_messages(columns: Iterable[Column]) -> list[pb.WorksheetColumn]:
    return [
        pb.WorksheetColumn(
            key=column.key,
            title_zh=column.title_zh,
            kind=column.kind.value,
            required=column.required,
            example=column.example,
            hint_zh=column.hint_zh,
            choices=[
                pb.WorksheetChoice(code=choice.code, title_zh=choice.title_zh)
                for choice in column.choices
            ],
        )
        for column in columns
    ]


def echo_messages(columns: Iterable[EchoColumn]) -> list[pb.WorksheetColumn]:
    return [pb.WorksheetColumn(key=each.key, title_zh=each.title_zh) for each in columns]


def file_message(file: SheetFile) -> pb.WorksheetFile:
    return pb.WorksheetFile(file_name=file.name, media_type=MEDIA_TYPE, content=file.content)


def _errors_of_row(spec: SheetSpec[C], row: TypedRow) -> list[pb.WorksheetError]:
    return [
        _error(spec, error, row_id=row.row_id, row_number=row.row_number, file_row=row.file_row)
        for error in row.errors
    ]


def _error(
    spec: SheetSpec[C], error: CellError, *, row_id: str, row_number: int, file_row: int
) -> pb.WorksheetError:
    column = spec.column(error.field)
    return pb.WorksheetError(
        row_id=row_id,
        row_number=row_number,
        file_row=file_row,
        field=error.field,
        reason=error.reason,
        message_zh=error.zh,
        field_title_zh=column.title_zh if column else "",
    )
