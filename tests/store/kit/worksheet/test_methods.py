"""The worksheet's RPCs from message to message, as any owner answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hpf.common.v1 import worksheet_pb2 as pb
from sqlalchemy import Connection

from services.kit.app import App, Call, CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.db import Database
from services.kit.errors import DomainError
from services.kit.settings import KitSettings, ServiceSettings
from services.kit.vault import Vault
from services.kit.worksheet import errors
from services.kit.worksheet.methods import file_parser, worksheet_handlers
from services.kit.worksheet.spec import SheetSpec
from tests.store.kit.worksheet.conftest import NOW, SPEC, Town
from tests.unit.kit.sheets.workbooks import plain

TOWN = Town({"A1": "张三", "A2": "李四"})

CALL_SPEC: SheetSpec[Call] = replace(  # type: ignore[assignment]  # the owner's functions see a Call
    SPEC,
    check_rows=lambda _call, sheet: SPEC.check_rows(TOWN, sheet),
    echo=lambda _call, rows: SPEC.echo(TOWN, rows),
    prefill=lambda _call: SPEC.prefill(TOWN),
)
HANDLERS = worksheet_handlers([CALL_SPEC])


@pytest.fixture
def call(connection: Connection, tmp_path: Path) -> Iterator[Call]:
    url = "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere"  # never connected to
    database, vault = Database(url), Vault("k1", {"k1": b"\1" * 32}, b"\2" * 32)
    runtime = Runtime(
        app=App("owner", ServiceSettings, {}),
        database=database,
        vault=vault,
        blobs=Blobs(f"file://{tmp_path}", vault),
        kit=KitSettings.model_validate({"data_keys_file": tmp_path / "keys"}),
        settings=ServiceSettings.model_validate({"database_url": url}),
    )
    context = CallContext(Principal(kind="employer", employer_no="1001"), "ref")
    yield Call(runtime=runtime, connection=connection, context=context, now=NOW)
    database.close()


@pytest.fixture(scope="module", autouse=True)
def _parser_ended() -> Iterator[None]:
    yield
    file_parser().close()


@pytest.fixture
def ask(call: Call) -> Callable[[str, Any], Any]:
    """`ask("GetWorksheet", request)`."""
    return lambda name, request: HANDLERS[name](call, request)


def row(**cells: str) -> pb.WorksheetRowInput:
    return pb.WorksheetRowInput(cells=cells)


def test_business_without_a_worksheet_is_unknown(ask: Callable[[str, Any], Any]) -> None:
    with pytest.raises(DomainError) as caught:
        ask("GetWorksheet", pb.GetWorksheetRequest(business="remittance"))
    assert caught.value.reason is errors.WORKSHEET_UNKNOWN


def test_entry_comes_back_with_echo_and_errors(ask: Callable[[str, Any], Any]) -> None:
    rows = [row(account_no="A1", base="5000"), row(account_no="A2", base="x")]
    reply = ask("AddWorksheetRows", pb.AddWorksheetRowsRequest(business="base_change", rows=rows))
    assert (reply.worksheet.revision, reply.worksheet.row_count) == (1, 2)
    assert reply.worksheet.bad_row_count == 1
    assert [dict(each.echo) for each in reply.rows] == [
        {"found_name": "张三"},
        {"found_name": "李四"},
    ]
    (error,) = reply.rows[1].errors
    assert (error.row_number, error.row_id) == (2, reply.rows[1].row_id)
    assert (error.field, error.field_title_zh, error.reason) == (
        "base",
        "缴存基数",
        "AMOUNT_INVALID",
    )


def test_refresh_describes_the_columns(ask: Callable[[str, Any], Any]) -> None:
    reply = ask("GetWorksheet", pb.GetWorksheetRequest(business="base_change"))
    assert [(c.key, c.kind, c.required) for c in reply.columns] == [
        ("account_no", "account_no", True),
        ("name", "name", False),
        ("base", "money", True),
        ("reason", "code", False),
    ]
    assert [(c.code, c.title_zh) for c in reply.columns[3].choices] == [("01", "年度调整")]
    assert [c.key for c in reply.header_columns] == ["total"]
    assert reply.worksheet.row_limit == 5


def test_a_list_from_import_to_validation(ask: Callable[[str, Any], Any]) -> None:
    content = plain([["个人账号", "缴存基数"], ["A1", 5000], [], ["A1", 100], ["A2", 6000]])
    imported = ask(
        "ImportWorksheet",
        pb.ImportWorksheetRequest(
            business="base_change", content=content, mode=pb.WORKSHEET_IMPORT_MODE_REPLACE
        ),
    )
    assert (imported.imported_row_count, len(imported.errors)) == (3, 0)
    reply = ask("ValidateWorksheet", pb.ValidateWorksheetRequest(business="base_change"))
    assert reply.error_count == 3
    assert [(e.row_number, e.file_row, e.reason) for e in reply.errors] == [
        (1, 2, "ROW_REPEATED"),
        (2, 4, "ROW_REPEATED"),
        (2, 4, "BASE_BELOW_FLOOR"),
    ]
    page = ask("GetWorksheet", pb.GetWorksheetRequest(business="base_change", bad_rows_only=True))
    assert [each.row_number for each in page.rows] == [1, 2]
    updated = ask(
        "UpdateWorksheetRow",
        pb.UpdateWorksheetRowRequest(
            business="base_change",
            row_id=page.rows[1].row_id,
            row=row(account_no="A3", base="7000"),
        ),
    )
    assert dict(updated.row.cells) == {"account_no": "A3", "base": "7000"}
    reply = ask("ValidateWorksheet", pb.ValidateWorksheetRequest(business="base_change"))
    assert (reply.error_count, reply.worksheet.validated) == (0, True)


def test_import_without_a_mode_is_refused(ask: Callable[[str, Any], Any]) -> None:
    with pytest.raises(DomainError) as caught:
        ask("ImportWorksheet", pb.ImportWorksheetRequest(business="base_change", content=b"PK"))
    assert caught.value.fields[0].path == "mode"


def test_save_header_delete_and_clear(ask: Callable[[str, Any], Any]) -> None:
    saved = ask(
        "SaveWorksheet",
        pb.SaveWorksheetRequest(
            business="base_change", rows=[row(account_no="A1", base="x")], header={"total": "1"}
        ),
    )
    assert [error.reason for error in saved.errors] == ["AMOUNT_INVALID"]
    assert dict(saved.worksheet.header) == {"total": "1"}
    assert dict(saved.worksheet.header_echo) == {"seen": "是"}
    header = ask(
        "SetWorksheetHeader",
        pb.SetWorksheetHeaderRequest(business="base_change", header={"total": "0"}),
    )
    assert header.worksheet.header_errors[0].field_title_zh == "合计"
    page = ask("GetWorksheet", pb.GetWorksheetRequest(business="base_change"))
    deleted = ask(
        "DeleteWorksheetRows",
        pb.DeleteWorksheetRowsRequest(business="base_change", row_ids=[page.rows[0].row_id]),
    )
    assert deleted.worksheet.row_count == 0
    cleared = ask("ClearWorksheet", pb.ClearWorksheetRequest(business="base_change"))
    assert dict(cleared.worksheet.header) == {}


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("GetWorksheetTemplate", pb.GetWorksheetTemplateRequest(business="base_change")),
        ("ExportWorksheet", pb.ExportWorksheetRequest(business="base_change")),
        ("GetWorksheetErrors", pb.GetWorksheetErrorsRequest(business="base_change")),
    ],
)
def test_files_come_with_name_and_type(
    ask: Callable[[str, Any], Any], name: str, request_: Any
) -> None:
    file = ask(name, request_).file
    assert file.file_name.startswith("缴存基数调整")
    assert file.file_name.endswith(".xlsx")
    assert file.media_type.endswith("spreadsheetml.sheet")
    assert file.content.startswith(b"PK")


def test_every_method_of_the_worksheet_has_its_handler() -> None:
    requests = {
        name.removesuffix("Request")
        for name in pb.DESCRIPTOR.message_types_by_name
        if name.endswith("Request")
    }
    assert set(HANDLERS) == requests
