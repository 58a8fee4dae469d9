"""The worksheet's RPCs, answered once for every owner (manual 录入, 导入, 删除, 清空, 保存, 刷新, 导出, 模板, 错误信息).

An owner joins `worksheet_handlers(its specs)` with its own `SubmitWorksheet` in its table of methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

from google.protobuf.message import Message
from hpf.common.v1 import worksheet_pb2 as pb

from services.kit.app import Call
from services.kit.errors import DomainError
from services.kit.sheets.parser import SheetParser
from services.kit.submissions.rules import check_may_submit
from services.kit.worksheet import editing, errors, files, wire
from services.kit.worksheet.draft import Draft, echo_of, page, state_of
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.validation import validate

CallDraft = Draft[Call]
_M = TypeVar("_M", bound=Message)


def worksheet_handlers(
    specs: Iterable[SheetSpec[Call]],
) -> dict[str, Callable[[Call, Any], Message]]:
    """Handlers of all worksheet methods but SubmitWorksheet, by method name, for these businesses."""
    by_key = {spec.key: spec for spec in specs}

    def on_draft(operation: Callable[[CallDraft, Any], _M]) -> Callable[[Call, Any], _M]:
        def handler(call: Call, request: Any) -> _M:
            spec = by_key.get(request.business)
            if spec is None:
                raise DomainError(errors.WORKSHEET_UNKNOWN)
            return operation(draft_of(call, spec), request)

        return handler

    def on_own_draft(operation: Callable[[CallDraft, Any], _M]) -> Callable[[Call, Any], _M]:
        """Where approval is wanted, who approves a list does not write it: raises HANDLER_ONLY."""
        work = on_draft(operation)

        def handler(call: Call, request: Any) -> _M:
            check_may_submit(call.principal.roles, call.principal.policies)
            return work(call, request)

        return handler

    looks = {name: on_draft(operation) for name, operation in _LOOKS.items()}
    return looks | {name: on_own_draft(operation) for name, operation in _EDITS.items()}


def draft_of(call: Call, spec: SheetSpec[Call], *, employer_no: str = "") -> CallDraft:
    """The caller's draft of a business, with the store's code tables in its columns.

    A step of a saga has no caller and names the employer.
    """
    return Draft(
        connection=call.connection,
        vault=call.vault,
        spec=spec.with_choices_of(call),
        employer_no=employer_no or call.employer_no,
        now=call.now,
        context=call,
        see=call.submission.see_list if call.submission else None,
    )


@cache
def file_parser() -> SheetParser:
    """The one parser of this service process."""
    return SheetParser()


# ---------------------------------------------------------------- reading


def get_worksheet(draft: CallDraft, request: pb.GetWorksheetRequest) -> pb.GetWorksheetResponse:
    found = page(
        draft,
        size=request.page_size,
        token=request.page_token,
        bad_only=request.bad_rows_only,
    )
    echo = echo_of(draft, found.rows)
    return pb.GetWorksheetResponse(
        worksheet=wire.state_message(draft, state_of(draft)),
        rows=[wire.row_message(draft.spec, row, echo.get(row.row_id)) for row in found.rows],
        next_page_token=found.next_token,
        header_columns=wire.column_messages(draft.spec.header),
        columns=wire.column_messages(draft.spec.columns),
        echo_columns=wire.echo_messages(draft.spec.echo_columns),
        header_echo_columns=wire.echo_messages(draft.spec.header_echo_columns),
    )


def get_template(
    draft: CallDraft, request: pb.GetWorksheetTemplateRequest
) -> pb.GetWorksheetTemplateResponse:
    made = files.template(draft, prefilled=request.prefilled)
    return pb.GetWorksheetTemplateResponse(file=wire.file_message(made))


def export(draft: CallDraft, request: pb.ExportWorksheetRequest) -> pb.ExportWorksheetResponse:
    return pb.ExportWorksheetResponse(file=wire.file_message(files.export(draft)))


def get_errors(
    draft: CallDraft, request: pb.GetWorksheetErrorsRequest
) -> pb.GetWorksheetErrorsResponse:
    return pb.GetWorksheetErrorsResponse(file=wire.file_message(files.error_workbook(draft)))


# ---------------------------------------------------------------- changing


def add_rows(draft: CallDraft, request: pb.AddWorksheetRowsRequest) -> pb.AddWorksheetRowsResponse:
    state, rows = editing.add_rows(
        draft, wire.cells_of(request.rows), expected_revision=request.expected_revision
    )
    echo = echo_of(draft, rows)
    return pb.AddWorksheetRowsResponse(
        worksheet=wire.state_message(draft, state),
        rows=[wire.row_message(draft.spec, row, echo.get(row.row_id)) for row in rows],
    )


def update_row(
    draft: CallDraft, request: pb.UpdateWorksheetRowRequest
) -> pb.UpdateWorksheetRowResponse:
    state, row = editing.update_row(
        draft,
        request.row_id,
        dict(request.row.cells),
        expected_revision=request.expected_revision,
    )
    echo = echo_of(draft, [row])
    return pb.UpdateWorksheetRowResponse(
        worksheet=wire.state_message(draft, state),
        row=wire.row_message(draft.spec, row, echo.get(row.row_id)),
    )


def delete_rows(
    draft: CallDraft, request: pb.DeleteWorksheetRowsRequest
) -> pb.DeleteWorksheetRowsResponse:
    state = editing.delete_rows(draft, request.row_ids, expected_revision=request.expected_revision)
    return pb.DeleteWorksheetRowsResponse(worksheet=wire.state_message(draft, state))


def clear(draft: CallDraft, request: pb.ClearWorksheetRequest) -> pb.ClearWorksheetResponse:
    state = editing.clear(draft, expected_revision=request.expected_revision)
    return pb.ClearWorksheetResponse(worksheet=wire.state_message(draft, state))


def save(draft: CallDraft, request: pb.SaveWorksheetRequest) -> pb.SaveWorksheetResponse:
    state, rows = editing.save(
        draft,
        wire.cells_of(request.rows),
        dict(request.header),
        expected_revision=request.expected_revision,
    )
    return pb.SaveWorksheetResponse(
        worksheet=wire.state_message(draft, state), errors=wire.errors_of_rows(draft.spec, rows)
    )


def set_header(
    draft: CallDraft, request: pb.SetWorksheetHeaderRequest
) -> pb.SetWorksheetHeaderResponse:
    state = editing.set_header(
        draft, dict(request.header), expected_revision=request.expected_revision
    )
    return pb.SetWorksheetHeaderResponse(worksheet=wire.state_message(draft, state))


def import_file(draft: CallDraft, request: pb.ImportWorksheetRequest) -> pb.ImportWorksheetResponse:
    state, rows = editing.import_file(
        draft,
        request.content,
        mode=wire.import_mode_of(request.mode),
        parser=file_parser(),
        expected_revision=request.expected_revision,
    )
    return pb.ImportWorksheetResponse(
        worksheet=wire.state_message(draft, state),
        imported_row_count=len(rows),
        errors=wire.errors_of_rows(draft.spec, rows),
    )


def validate_all(
    draft: CallDraft, request: pb.ValidateWorksheetRequest
) -> pb.ValidateWorksheetResponse:
    state, verdict = validate(draft, expected_revision=request.expected_revision)
    return pb.ValidateWorksheetResponse(
        worksheet=wire.state_message(draft, state),
        errors=wire.error_messages(draft.spec, verdict.errors),
        error_count=len(verdict.errors),
    )


_LOOKS: dict[str, Callable[[CallDraft, Any], Message]] = {
    "GetWorksheet": get_worksheet,
    "GetWorksheetTemplate": get_template,
    "ExportWorksheet": export,
    "GetWorksheetErrors": get_errors,
}
_EDITS: dict[str, Callable[[CallDraft, Any], Message]] = {
    "AddWorksheetRows": add_rows,
    "UpdateWorksheetRow": update_row,
    "DeleteWorksheetRows": delete_rows,
    "ClearWorksheet": clear,
    "SaveWorksheet": save,
    "SetWorksheetHeader": set_header,
    "ImportWorksheet": import_file,
    "ValidateWorksheet": validate_all,
}
