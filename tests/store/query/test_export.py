"""导出, 打印, 复制 of the queries (manual 四): made by the worker, fetched by the same call made again."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from hpf.query.v1 import query_events_pb2, query_print_pb2
from hpf.query.v1 import query_service_pb2 as pb
from hpf.receipt.v1 import receipt_events_pb2
from sqlalchemy import func, select

from services.kit import job_worker, jobs, outbox
from services.kit.calls import Reply
from services.kit.clock import FixedClock
from services.kit.job_worker import JobRefused
from services.query import exports
from services.query.exports import EXPORT, KIND, KINDS, Export
from services.query.listings import files
from services.query.pruning import prune_exports
from tests.store import stories
from tests.store.stage import Stage, agent_of, event_of, new_employer_no, refusal_of, story_of


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


def people(export_format: int, **fields: str) -> pb.ExportQueryRequest:
    return pb.ExportQueryRequest(
        format=export_format, people=pb.PeopleQuery(filter=pb.PeopleFilter(**fields))
    )


def fetched(query: Stage, employer_no: str, request: pb.ExportQueryRequest) -> Reply:
    """Ask, let the worker work, ask again."""
    reference = f"ref-{employer_no}-{request.SerializeToString()!r}"
    first = query.reply(request, by=agent_of(employer_no), request_ref=reference)
    assert refusal_of(first) == "NOT_READY_YET"
    work(query)
    return query.reply(request, by=agent_of(employer_no), request_ref=reference)


def work(query: Stage) -> None:
    while job_worker.run_one(query.runtime, KINDS):
        pass


def export(query: Stage, employer_no: str, **fields: str) -> str:
    """The workbook of the people; returns the name of the file."""
    reply = fetched(query, employer_no, people(pb.EXPORT_FORMAT_WORKBOOK, **fields))
    assert reply.code == 0
    piece = pb.ExportPiece.FromString(reply.body)
    assert piece.file_name == f"个人基本信息_{employer_no}_20190920.xlsx"
    assert piece.total_bytes == len(query.runtime.blobs.read(reply.blob))
    return reply.blob


def pasted(query: Stage, employer_no: str, request: pb.ExportQueryRequest) -> list[list[str]]:
    """What 复制 gives, line by line and cell by cell."""
    text = query.runtime.blobs.read(fetched(query, employer_no, request).blob).decode()
    return [line.split("\t") for line in text.splitlines()]


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
    assert below["人数合计"][2] == "2人"
    assert below["个人账户余额"][6] == 1100
    assert below["月汇缴总额"][-1] == 1100
    assert below["单位账号"][1] == employer_no
    assert below["单位名称"][1] == "张家口试验有限公司"
    assert below["查询范围"][1] == "全部"


def test_filter_is_obeyed_and_named(query: Stage, employer_no: str) -> None:
    rows = [
        [cell.value for cell in row]
        for row in sheet(query, export(query, employer_no, status="02"))
    ]
    assert [row[1] for row in rows[1:2]] == [stories.account_no(employer_no, 2)]
    below = {row[0]: row for row in rows[3:]}
    assert below["人数合计"][2] == "1人"
    assert below["个人账户状态"][1] == "封存"


def test_older_call_for_people_gives_the_same_file(query: Stage, employer_no: str) -> None:
    asked = pb.ExportPeopleRequest()
    first = query.reply(asked, by=agent_of(employer_no), request_ref="older")
    assert refusal_of(first) == "NOT_READY_YET"
    work(query)
    reply = query.reply(asked, by=agent_of(employer_no), request_ref="older")
    assert pb.ExportPiece.FromString(reply.body).file_name.endswith(".xlsx")
    assert len(sheet(query, reply.blob)) > 3


def test_pasted_people_are_separated_by_tabs_and_cannot_become_formulas(
    query: Stage, employer_no: str
) -> None:
    lines = pasted(query, employer_no, people(pb.EXPORT_FORMAT_TEXT))
    assert lines[0][:5] == ["开户日期", "个人账号", "姓名", "证件类型", "证件号码"]
    assert lines[1][2] == "'=HYPERLINK(1)"
    assert lines[1][4:7] == [stories.id_number(1), "正常", "1100.00"]
    assert lines[3] == ["人数合计", "2人"]


def test_pasted_ledger_has_every_column_of_the_screen(query: Stage, employer_no: str) -> None:
    ledger = pb.LedgerQuery(account_no=stories.account_no(employer_no, 1))
    request = pb.ExportQueryRequest(format=pb.EXPORT_FORMAT_TEXT, ledger=ledger)
    head, line, *totals = pasted(query, employer_no, request)
    assert head == [
        "交易日期", "流水号", "个人缴存基数", "摘要", "借方发生额", "贷方发生额", "个人账户余额",
        "交易类型", "开始年月", "截止年月", "备注",
    ]  # fmt: skip
    assert (line[0], line[2:]) == (
        "2019-09-20",
        ["5000.00", "汇缴", "0.00", "1100.00", "1100.00", "正常", "201907", "201907", "汇缴"],
    )
    assert totals == [["借方合计", "0.00"], ["贷方合计", "1100.00"]]


def test_statement_needs_both_dates_before_any_work(query: Stage, employer_no: str) -> None:
    request = pb.ExportQueryRequest(
        format=pb.EXPORT_FORMAT_WORKBOOK, statement=pb.StatementQuery(from_date="2019-01-01")
    )
    assert query.refusal(request, by=agent_of(employer_no)) == "DATE_RANGE_REQUIRED"
    assert not job_worker.run_one(query.runtime, KINDS)


def test_ledger_of_another_employer_is_refused(query: Stage, employer_no: str) -> None:
    ledger = pb.LedgerQuery(account_no=stories.account_no(new_employer_no(), 1))
    request = pb.ExportQueryRequest(format=pb.EXPORT_FORMAT_TEXT, ledger=ledger)
    assert query.refusal(request, by=agent_of(employer_no)) == "ACCOUNT_UNKNOWN"


def test_employer_is_given_as_labels_and_values_with_the_mobile_masked(
    query: Stage, employer_no: str
) -> None:
    request = pb.ExportQueryRequest(format=pb.EXPORT_FORMAT_TEXT, employer=pb.EmployerQuery())
    facts = {line[0]: line[1] for line in pasted(query, employer_no, request)}
    assert facts["单位名称"] == "张家口试验有限公司"
    assert facts["单位所属行业"] == "金融业"
    assert facts["经办人手机号码"] == "138****1234"


# ---------------------------------------------------------------- 打印


def asked_to_print(query: Stage, employer_no: str) -> query_events_pb2.QueryPrintRequested:
    """The request for paper that the worker sent about this employer."""
    with query.runtime.database.reading() as connection:
        sent = outbox.unpublished(connection, "query", limit=10_000)
    (body,) = [event.body for _, event in sent if event.subject == employer_no]
    return query_events_pb2.QueryPrintRequested.FromString(body)


def answer(query: Stage, employer_no: str, *, print_key: str, failure: str = "") -> None:
    made = receipt_events_pb2.QueryPrintMade(print_key=print_key, failure=failure)
    query.tell_one(event_of("receipt", employer_no, 1, made))


def test_print_waits_for_the_paper_that_receipt_sets(query: Stage, employer_no: str) -> None:
    request = people(pb.EXPORT_FORMAT_PRINT)
    reference = f"print-{employer_no}"
    agent = agent_of(employer_no)
    query.reply(request, by=agent, request_ref=reference)
    work(query)
    asked = asked_to_print(query, employer_no)
    facts = query.runtime.blobs.read(asked.facts_blob)
    paper = query_print_pb2.QueryPrint.FromString(facts)
    assert paper.employer_name == "张家口试验有限公司"
    assert [row.cells[2] for row in paper.rows] == ["=HYPERLINK(1)", "试验2"]
    assert [(each.label, each.amount_fen) for each in paper.totals] == [
        ("个人账户余额", 110_000),
        ("月汇缴总额", 110_000),
    ]
    assert refusal_of(query.reply(request, by=agent, request_ref=reference)) == "NOT_READY_YET"

    query.runtime.blobs.write(asked.pdf_blob, b"%PDF-")
    answer(query, employer_no, print_key=asked.print_key)
    reply = query.reply(request, by=agent, request_ref=reference)
    piece = pb.ExportPiece.FromString(reply.body)
    assert (piece.file_name[-4:], piece.media_type, reply.blob) == (
        ".pdf",
        "application/pdf",
        asked.pdf_blob,
    )


def test_paper_that_cannot_be_set_is_said_to_have_failed(query: Stage, employer_no: str) -> None:
    request = people(pb.EXPORT_FORMAT_PRINT)
    query.reply(request, by=agent_of(employer_no), request_ref=f"rare-{employer_no}")
    work(query)
    key = asked_to_print(query, employer_no).print_key
    answer(query, employer_no, print_key=key, failure="UNSHOWABLE_TEXT")
    reply = query.reply(request, by=agent_of(employer_no), request_ref=f"rare-{employer_no}")
    assert refusal_of(reply) == "EXPORT_FAILED"


def test_print_of_too_many_rows_is_refused(
    query: Stage, employer_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PRINT_ROWS_MAX", 1)
    reply = fetched(query, employer_no, people(pb.EXPORT_FORMAT_PRINT))
    assert refusal_of(reply) == "PRINT_TOO_LONG"


# ---------------------------------------------------------------- whose, and what goes wrong


def test_another_call_with_the_same_reference_gets_its_own_file(employer_no: str) -> None:
    request = people(pb.EXPORT_FORMAT_TEXT)
    mine, others = Export(employer_no, request), Export(new_employer_no(), request)
    assert mine.key("ref") != others.key("ref")
    assert mine.key("ref") != mine.key("ref-2")
    assert mine.key("ref") != Export(employer_no, people(pb.EXPORT_FORMAT_PRINT)).key("ref")


def test_export_that_cannot_be_made_is_said_to_have_failed(query: Stage, employer_no: str) -> None:
    request = people(pb.EXPORT_FORMAT_WORKBOOK)
    query.reply(request, by=agent_of(employer_no), request_ref="ref-fails")

    def refuse(*_: object) -> None:
        raise JobRefused("NO_SPACE")

    broken = {EXPORT: job_worker.JobKind(refuse, KIND.gave_up)}
    while job_worker.run_one(query.runtime, broken):
        pass
    reply = query.reply(request, by=agent_of(employer_no), request_ref="ref-fails")
    assert refusal_of(reply) == "EXPORT_FAILED"


def test_format_and_query_have_to_be_chosen(query: Stage, employer_no: str) -> None:
    agent = agent_of(employer_no)
    assert query.refusal(people(0), by=agent) == "EXPORT_FORMAT_REQUIRED"
    nothing = pb.ExportQueryRequest(format=pb.EXPORT_FORMAT_TEXT)
    assert query.refusal(nothing, by=agent) == "EXPORT_QUERY_REQUIRED"


def test_unknown_status_is_refused_before_any_work(query: Stage, employer_no: str) -> None:
    request = people(pb.EXPORT_FORMAT_WORKBOOK, status="77")
    assert query.refusal(request, by=agent_of(employer_no)) == "FILTER_CODE_UNKNOWN"
    assert not job_worker.run_one(query.runtime, KINDS)


def test_progress_is_told_to_whoever_asks_for_it(
    query: Stage, employer_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "REPORT_EVERY_S", 0.0)
    request = people(pb.EXPORT_FORMAT_PRINT)
    request.with_progress = True
    asked = {"by": agent_of(employer_no), "request_ref": f"progress-{employer_no}"}
    first = query.reply(request, **asked)
    assert (first.code, bool(first.again), first.blob) == (0, True, "")
    assert pb.ExportPiece.FromString(first.body).progress == pb.ExportProgress()
    work(query)  # the paper itself is receipt's to set
    under_way = query.reply(request, **asked)
    assert under_way.again == first.again
    told = pb.ExportPiece.FromString(under_way.body).progress
    assert told == pb.ExportProgress(rows_done=2, rows=2)


def test_files_and_rows_go_when_their_time_is_over(query: Stage, employer_no: str) -> None:
    blob = export(query, employer_no)
    orphan = f"exports/{employer_no}/nobody-knows.xlsx"
    query.runtime.blobs.write(orphan, b"left by a killed worker")
    ticks = query.runtime.clock
    query.runtime.clock = FixedClock(datetime.now(UTC) + timedelta(minutes=59))
    query.runtime.blobs.write("receipts/somebody-elses.pdf", b"%PDF")
    try:
        prune_exports(query.runtime)
        assert query.runtime.blobs.exists(blob)
        query.runtime.clock = FixedClock(datetime.now(UTC) + timedelta(minutes=71))
        prune_exports(query.runtime)
    finally:
        query.runtime.clock = ticks
    assert not query.runtime.blobs.exists(blob)
    assert not query.runtime.blobs.exists(orphan)
    assert query.runtime.blobs.exists("receipts/somebody-elses.pdf")
    with query.runtime.database.reading() as connection:
        ended = select(func.count()).where(
            jobs.job.c.kind == EXPORT, jobs.job.c.ended_at.is_not(None)
        )
        assert connection.execute(ended).scalar() == 0


def test_an_export_younger_than_its_life_keeps_its_row(query: Stage, employer_no: str) -> None:
    export(query, employer_no)
    prune_exports(query.runtime)
    with query.runtime.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(jobs.job)).scalar() > 0
