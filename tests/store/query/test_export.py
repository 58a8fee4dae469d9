"""导出 of 个人基本信息 (manual §4.3): made by the worker, fetched by the same call made again."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from hpf.query.v1 import query_service_pb2 as pb

from services.kit import job_worker
from services.kit.job_worker import JobRefused
from services.query import exports
from services.query.exports import EXPORT_PEOPLE
from services.query.worker import KINDS
from tests.store import stories
from tests.store.stage import Stage, agent_of, new_employer_no, refusal_of, story_of


@pytest.fixture
def employer_no(query: Stage, serial: Callable[[], int]) -> str:
    made = new_employer_no()
    accounts = [
        stories.account(made, 1, name="=HYPERLINK(1)", base_fen=1_631_700),
        stories.account(made, 2, status="02"),
    ]
    query.tell(
        story_of("collection", made, stories.registered(made), stories.opened(made, *accounts))
    )
    query.tell(story_of("deposit", made, stories.lines(stories.line(made, 1, serial()))))
    return made


def sheet(query: Stage, blob: str) -> list[list[openpyxl.cell.Cell]]:
    book = openpyxl.load_workbook(io.BytesIO(query.runtime.blobs.read(blob)))
    return [list(row) for row in book.active.iter_rows()]


def export(query: Stage, employer_no: str, **fields: str) -> str:
    """Ask, let the worker work, ask again; returns the name of the file."""
    request = pb.ExportPeopleRequest(filter=pb.PeopleFilter(**fields))
    reference = f"ref-{employer_no}-{fields}"
    first = query.reply(request, by=agent_of(employer_no), request_ref=reference)
    assert refusal_of(first) == "NOT_READY_YET"
    while job_worker.run_one(query.runtime, KINDS):
        pass
    second = query.reply(request, by=agent_of(employer_no), request_ref=reference)
    assert second.code == 0
    piece = pb.ExportPiece.FromString(second.body)
    assert piece.file_name == f"个人基本信息_{employer_no}_20190920.xlsx"
    assert piece.total_bytes == query.runtime.blobs.size(second.blob)
    return second.blob


def test_workbook_carries_everybody_with_text_numbers_and_true_amounts(
    query: Stage, employer_no: str
) -> None:
    rows = sheet(query, export(query, employer_no))
    titles = [cell.value for cell in rows[0]]
    first = dict(zip(titles, rows[1], strict=True))
    assert first["证件号码"].value == stories.id_number(1)
    assert (first["证件号码"].data_type, first["证件号码"].number_format) == ("s", "@")
    assert (first["姓名"].value, first["姓名"].data_type) == ("=HYPERLINK(1)", "s")
    assert (first["个人账户余额"].value, first["个人账户余额"].data_type) == (1100, "n")
    assert (first["个人缴存基数"].value, first["个人缴存基数"].number_format) == (16317, "#,##0.00")
    assert (first["最后汇缴月"].value, first["月缴存额"].value) == ("201907", 1100)
    second = dict(zip(titles, rows[2], strict=True))
    assert (second["个人账户状态"].value, second["最后汇缴月"].value) == ("封存", None)


def test_totals_and_what_was_asked_for_stand_below(query: Stage, employer_no: str) -> None:
    rows = [[cell.value for cell in row] for row in sheet(query, export(query, employer_no))]
    below = {row[0]: row for row in rows[4:]}
    assert (below["合计"][2], below["合计"][6]) == ("2人", 1100)
    assert below["月汇缴总额"][-1] == 1100
    assert below["单位账号"][1:3] == [employer_no, "张家口试验有限公司"]
    assert below["查询条件"][2] == "全部"


def test_filter_is_obeyed_and_named(query: Stage, employer_no: str) -> None:
    rows = [
        [cell.value for cell in row]
        for row in sheet(query, export(query, employer_no, status="02"))
    ]
    assert [row[1] for row in rows[1:2]] == [stories.account_no(employer_no, 2)]
    below = {row[0]: row for row in rows[3:]}
    assert below["合计"][2] == "1人"
    assert below["查询条件"][2] == "个人账户状态：封存"


def test_another_call_with_the_same_reference_gets_its_own_file(
    query: Stage, employer_no: str
) -> None:
    other = new_employer_no()
    wanted = exports.PeopleExport(employer_no, exports.PeopleFilter())
    others = exports.PeopleExport(other, exports.PeopleFilter())
    assert wanted.key("ref") != others.key("ref")
    assert wanted.key("ref") != wanted.key("ref-2")


def test_export_that_cannot_be_made_is_said_to_have_failed(query: Stage, employer_no: str) -> None:
    request = pb.ExportPeopleRequest()
    query.reply(request, by=agent_of(employer_no), request_ref="ref-fails")

    def refuse(*_: object) -> None:
        raise JobRefused("NO_SPACE")

    broken = {EXPORT_PEOPLE: job_worker.JobKind(refuse, exports.KIND.gave_up)}
    while job_worker.run_one(query.runtime, broken):
        pass
    reply = query.reply(request, by=agent_of(employer_no), request_ref="ref-fails")
    assert refusal_of(reply) == "EXPORT_FAILED"


def test_unknown_status_is_refused_before_any_work(query: Stage, employer_no: str) -> None:
    request = pb.ExportPeopleRequest(filter=pb.PeopleFilter(status="77"))
    assert query.refusal(request, by=agent_of(employer_no)) == "FILTER_CODE_UNKNOWN"
    assert not job_worker.run_one(query.runtime, KINDS)
