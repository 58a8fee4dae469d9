"""The list screen as tables: rows as typed, bad cells marked, 批量错误信息."""

from __future__ import annotations

from collections.abc import Iterable

from hpf.common.v1 import worksheet_pb2
from rich.table import Table
from rich.text import Text

from client.cli.tables import facts, table


def worksheet_table(reply: worksheet_pb2.GetWorksheetResponse) -> Table:
    """The list with its rows as typed; bad cells are marked and explained below."""
    found = table(
        "",
        "行号",
        *(column.title_zh for column in reply.columns),
        *(each.title_zh for each in reply.echo_columns),
        right=["行号", *(c.title_zh for c in reply.columns if c.kind in ("money", "percent"))],
    )
    for row in reply.rows:
        bad = {error.field for error in row.errors}
        cells = [
            Text(row.cells.get(column.key, ""), style="bold red" if column.key in bad else "")
            for column in reply.columns
        ]
        echo = [Text(row.echo.get(each.key, "")) for each in reply.echo_columns]
        found.add_row(str(row.row_number), *cells, *echo)
    return found


def header_facts(reply: worksheet_pb2.GetWorksheetResponse) -> Table | None:
    """What stands above the list: as typed, then what was looked up for it; None when nothing does."""
    state = reply.worksheet
    typed = [(each.title_zh, state.header.get(each.key, "")) for each in reply.header_columns]
    seen = [
        (each.title_zh, state.header_echo[each.key])
        for each in reply.header_echo_columns
        if each.key in state.header_echo
    ]
    return facts("", [*typed, *seen]) if typed else None


def worksheet_state(state: worksheet_pb2.WorksheetState) -> str:
    checked = "已校验" if state.validated else "未校验"
    bad = f"，其中 {state.bad_row_count} 行有误" if state.bad_row_count else ""
    return f"共 {state.row_count} 行{bad}（{checked}，最多 {state.row_limit} 行）"


def errors_table(errors: Iterable[worksheet_pb2.WorksheetError]) -> Table:
    """批量错误信息"""
    found = table("批量错误信息", "行号", "文件行", "字段", "原因", right=("行号", "文件行"))
    for error in errors:
        found.add_row(
            str(error.row_number or "-"),
            str(error.file_row or "-"),
            error.field_title_zh or error.field or "-",
            Text(error.message_zh, style="red"),
        )
    return found
