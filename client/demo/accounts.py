"""个人账户设立 (manual §5.1): a list with three mistakes, refused whole, corrected, submitted."""

from __future__ import annotations

from client.cli import sheet_tables, tables
from client.demo import people as cast
from client.demo.people import HEADCOUNT
from client.demo.story import Story
from client.demo.workbook import fill_template
from client.errors import HallError
from client.worksheet import Worksheet
from services.kit.money import format_yuan

BUSINESS = "open_accounts"


def open_accounts(story: Story) -> None:
    """From the empty template to 108 open accounts."""
    sheet = story.hall.worksheet(BUSINESS)
    import_list(story, sheet)
    be_refused(story, sheet)
    correct(story, sheet)
    submit(story, sheet)


def import_list(story: Story, sheet: Worksheet) -> None:
    """The template, filled in by a tired clerk."""
    story.tell.step(f"个人账户设立：导入 {HEADCOUNT} 人的 Excel（故意写错三处）")
    template = sheet.template()
    rows = list(story.people)
    for mistake in cast.mistakes(story.people):
        rows[mistake.row_number - 1] = mistake.wrong
        story.tell.say(f"第 {mistake.row_number} 行：{mistake.what_zh}")
    path = story.folder / "开户清单.xlsx"
    fill_template(template.content, rows, effective_month=story.months[0], target=path)
    reply = sheet.import_workbook(path.read_bytes())
    story.tell.file("清单", path)
    story.tell.command(f"hpf open-accounts import {story.tell.path(path)}")
    story.tell.check("导入行数", expected=HEADCOUNT, found=reply.imported_row_count)


def be_refused(story: Story, sheet: Worksheet) -> None:
    """Submitting is refused whole; every bad row is named."""
    story.tell.step("提交：有错就全部不办理，每个错误都指明行号、字段和原因")
    story.tell.command("hpf open-accounts submit; hpf open-accounts errors")
    try:
        sheet.submit()
        story.tell.check("提交被拒绝", expected=True, found=False)
    except HallError as error:
        story.tell.say(f"{error.zh}（{error.reason}）")
    bad = sheet.whole(bad_rows_only=True)
    story.tell.show(sheet_tables.errors_table(error for row in bad.rows for error in row.errors))
    expected = {
        (number, mistake.field)
        for mistake in cast.mistakes(story.people)
        for number in mistake.bad_rows
    }
    found = {(row.row_number, each.field) for row in bad.rows for each in row.errors}
    story.tell.check(
        "有误的行和字段",
        expected=sorted(expected),
        found=sorted(found),
        shown=f"{len(found)} 处，与故意写错的一致",
    )
    path = story.folder / "错误信息.xlsx"
    path.write_bytes(sheet.error_workbook().content)
    story.tell.file("错误信息表", path)
    story.tell.check("单位下还没有职工", expected=0, found=story.hall.people().totals.headcount)


def correct(story: Story, sheet: Worksheet) -> None:
    """原始数据 is still there; three edits put it right."""
    story.tell.step("修改：原始数据都在，改正三行后重新校验")
    rows = {row.row_number: row for row in sheet.whole().rows}
    for mistake in cast.mistakes(story.people):
        row, right = rows[mistake.row_number], story.people[mistake.row_number - 1]
        texts = {"id_number": right.id_number, "base": format_yuan(right.base_fen)}
        text = texts[mistake.field]
        sheet.update(row.row_id, {**row.cells, mistake.field: text})
        story.tell.command(f"hpf open-accounts edit {mistake.row_number} {mistake.field}={text}")
    story.tell.check("校验后的错误", expected=0, found=sheet.validate().error_count)


def submit(story: Story, sheet: Worksheet) -> None:
    """All accounts at once."""
    story.tell.step("重新提交：全部开户")
    business = story.hall.outcome(sheet.submit())
    story.opening = business.registration_no
    story.tell.show(tables.business_facts(business))
    story.tell.check("开户人数", expected=HEADCOUNT, found=business.headcount)
    story.tell.check_yuan(
        "月缴额合计", expected_fen=story.monthly_fen, found_fen=business.amount_fen
    )
