"""One worksheet of the employer: 录入, 导入, 删除, 清空, 保存, 刷新, 导出, 提交
(manual §5.1–5.4, §5.7, §6.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hpf.common.v1 import worksheet_pb2 as pb
from hpf.common.v1.business_pb2 import Business, SubmitWorksheetRequest

from client.calls import Caller
from client.submission import Submitter
from services.kit.submissions.canonical import list_content

#: As many rows as the hall gives at once.
PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class WorksheetBusiness:
    """A business that is done on a worksheet: key, name on the screen, owning service."""

    key: str
    title_zh: str
    owner: str


#: The screens of the hall that are worksheets. People may write the key or the Chinese title.
BUSINESSES: tuple[WorksheetBusiness, ...] = (
    WorksheetBusiness("open_accounts", "个人账户设立", "collection"),
    WorksheetBusiness("seal", "个人封存", "collection"),
    WorksheetBusiness("unseal", "个人启封", "collection"),
    WorksheetBusiness("transfer", "个人账户同城转移", "collection"),
    WorksheetBusiness("base_change", "缴存基数调整", "collection"),
    WorksheetBusiness("back_payment", "补缴", "deposit"),
)


def business_named(text: str) -> WorksheetBusiness | None:
    """The business of that key or title; `-` and `_` are the same."""
    wanted = text.strip().replace("-", "_")
    return next((each for each in BUSINESSES if wanted in (each.key, each.title_zh)), None)


class Worksheet:
    """The draft of one business: rows of text as typed, kept by the hall until submitted."""

    def __init__(
        self, caller: Caller, stub: Any, business: WorksheetBusiness, submitter: Submitter
    ) -> None:
        self._caller = caller
        self._submitter = submitter
        self._stub = stub
        self.business = business

    def page(
        self,
        *,
        page_token: str = "",
        page_size: int = PAGE_ROWS,
        bad_rows_only: bool = False,
    ) -> pb.GetWorksheetResponse:
        """刷新: rows with their errors, one page."""
        request = pb.GetWorksheetRequest(
            business=self.business.key,
            page_size=page_size,
            page_token=page_token,
            bad_rows_only=bad_rows_only,
        )
        reply: pb.GetWorksheetResponse = self._caller.call(self._stub.GetWorksheet, request)
        return reply

    def whole(self, *, bad_rows_only: bool = False) -> pb.GetWorksheetResponse:
        """All pages as one."""
        whole = self.page(bad_rows_only=bad_rows_only)
        for page in self._pages_after(whole, bad_rows_only=bad_rows_only):
            whole.rows.extend(page.rows)
        whole.next_page_token = ""
        return whole

    def row(self, row_number: int) -> pb.WorksheetRow | None:
        """The row that the clerk sees under that number."""
        return next((row for row in self.whole().rows if row.row_number == row_number), None)

    def add(self, rows: Sequence[Mapping[str, str]]) -> pb.AddWorksheetRowsResponse:
        """录入"""
        request = pb.AddWorksheetRowsRequest(business=self.business.key, rows=_inputs(rows))
        reply: pb.AddWorksheetRowsResponse = self._caller.call(self._stub.AddWorksheetRows, request)
        return reply

    def update(self, row_id: str, cells: Mapping[str, str]) -> pb.UpdateWorksheetRowResponse:
        """修改: these cells take the place of all cells of the row."""
        request = pb.UpdateWorksheetRowRequest(
            business=self.business.key,
            row_id=row_id,
            row=pb.WorksheetRowInput(cells=dict(cells)),
        )
        reply: pb.UpdateWorksheetRowResponse = self._caller.call(
            self._stub.UpdateWorksheetRow, request
        )
        return reply

    def delete(self, row_ids: Sequence[str]) -> pb.WorksheetState:
        """删除"""
        request = pb.DeleteWorksheetRowsRequest(business=self.business.key, row_ids=row_ids)
        return self._state(self._stub.DeleteWorksheetRows, request)

    def clear(self) -> pb.WorksheetState:
        """清空"""
        return self._state(
            self._stub.ClearWorksheet,
            pb.ClearWorksheetRequest(business=self.business.key),
        )

    def save(
        self, rows: Sequence[Mapping[str, str]], *, header: Mapping[str, str]
    ) -> pb.SaveWorksheetResponse:
        """保存: header and rows take the place of what is there."""
        request = pb.SaveWorksheetRequest(
            business=self.business.key, rows=_inputs(rows), header=dict(header)
        )
        reply: pb.SaveWorksheetResponse = self._caller.call(self._stub.SaveWorksheet, request)
        return reply

    def set_header(self, header: Mapping[str, str]) -> pb.WorksheetState:
        """The values above the list."""
        request = pb.SetWorksheetHeaderRequest(business=self.business.key, header=dict(header))
        return self._state(self._stub.SetWorksheetHeader, request)

    def import_workbook(
        self, content: bytes, *, append: bool = False
    ) -> pb.ImportWorksheetResponse:
        """导入: the rows of an .xlsx file replace the rows that are there, or follow them."""
        request = pb.ImportWorksheetRequest(
            business=self.business.key,
            content=content,
            mode=pb.WORKSHEET_IMPORT_MODE_APPEND if append else pb.WORKSHEET_IMPORT_MODE_REPLACE,
        )
        reply: pb.ImportWorksheetResponse = self._caller.call(self._stub.ImportWorksheet, request)
        return reply

    def template(self, *, prefilled: bool = False) -> pb.WorksheetFile:
        """The Excel template, on request with the people it can be about."""
        request = pb.GetWorksheetTemplateRequest(business=self.business.key, prefilled=prefilled)
        return self._file(self._stub.GetWorksheetTemplate, request)

    def export(self) -> pb.WorksheetFile:
        """导出"""
        return self._file(
            self._stub.ExportWorksheet,
            pb.ExportWorksheetRequest(business=self.business.key),
        )

    def error_workbook(self) -> pb.WorksheetFile:
        """批量错误信息: the bad rows with their reasons, to be corrected and imported again."""
        return self._file(
            self._stub.GetWorksheetErrors,
            pb.GetWorksheetErrorsRequest(business=self.business.key),
        )

    def validate(self) -> pb.ValidateWorksheetResponse:
        """Check every row against every rule; errors stay on the rows."""
        request = pb.ValidateWorksheetRequest(business=self.business.key)
        reply: pb.ValidateWorksheetResponse = self._caller.call(
            self._stub.ValidateWorksheet, request
        )
        return reply

    def submit(self, *, request_id: str = "") -> Business:
        """提交: everything or nothing. HallError names the bad rows; they stay to be corrected."""
        request = SubmitWorksheetRequest(request_id=request_id, business=self.business.key)
        content = b""
        if self._submitter.key is not None:
            seen = self.whole()
            # Said when the list changed since, before the signature is found not to fit.
            request.expected_revision = seen.worksheet.revision
            content = list_content(seen.worksheet.header, [row.cells for row in seen.rows])
        business: Business = self._submitter.submit(
            self._stub.SubmitWorksheet, request, owner=self.business.owner, content=content
        ).business
        return business

    def _pages_after(
        self, first: pb.GetWorksheetResponse, *, bad_rows_only: bool
    ) -> Iterator[pb.GetWorksheetResponse]:
        token = first.next_page_token
        while token:
            page = self.page(page_token=token, bad_rows_only=bad_rows_only)
            yield page
            token = page.next_page_token

    def _state(self, method: Any, request: Any) -> pb.WorksheetState:
        state: pb.WorksheetState = self._caller.call(method, request).worksheet
        return state

    def _file(self, method: Any, request: Any) -> pb.WorksheetFile:
        file: pb.WorksheetFile = self._caller.call(method, request).file
        return file


def _inputs(rows: Sequence[Mapping[str, str]]) -> list[pb.WorksheetRowInput]:
    return [pb.WorksheetRowInput(cells=dict(cells)) for cells in rows]
