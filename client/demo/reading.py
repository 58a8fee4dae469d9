"""What the employer then sees: queries, a ledger, receipts, the export; and the centre's own check (manual 四)."""

from __future__ import annotations

from client.cli import tables
from client.cli.admin_books import books_tables
from client.demo import people as cast
from client.demo.employers import MAIN, registrations
from client.demo.papers import check_export, check_receipt
from client.demo.people import HEADCOUNT, MANUAL_MONTHLY_FEN
from client.demo.story import MONTHS, Story
from services.kit.money import format_yuan


def ask(story: Story) -> None:
    """Employer, people with totals, one person's ledger."""
    story.tell.step("查询：单位、职工和个人明细账")
    employer = story.hall.employer()
    story.tell.check(
        "单位缴至年月", expected=story.months[-1].to_int(), found=employer.paid_through_month
    )
    reply = story.hall.people(page_size=500)
    story.tell.command("hpf people")
    shown = list(reply.people)[:5]
    story.tell.show(tables.people_table(shown, full_ids=False))
    story.tell.say(f"（共 {len(reply.people)} 人，显示前 {len(shown)} 人）")
    story.tell.say(tables.people_totals(reply.totals))
    story.tell.check("人数合计", expected=HEADCOUNT, found=reply.totals.headcount)
    story.tell.check_yuan(
        "个人账户余额合计", expected_fen=story.due_fen, found_fen=reply.totals.balance_fen
    )
    story.tell.check_yuan(
        "月汇缴总额", expected_fen=story.monthly_fen, found_fen=reply.totals.monthly_fen
    )
    names = sorted(person.name for person in story.people)
    story.tell.check(
        "姓名齐全（含生僻字）",
        expected=names,
        found=sorted(person.name for person in reply.people),
        shown="、".join(cast.RARE_NAMES.values()),
    )
    first = next(p for p in reply.people if p.id_number == story.people[0].id_number)
    show_ledger(story, first.account_no)


def show_ledger(story: Story, account_no: str) -> None:
    """The person with base 16317.00: 3589.74 a month."""
    ledger = story.hall.ledger(account_no)
    story.tell.command(f"hpf ledger {account_no}")
    story.tell.show(tables.ledger_table(ledger))
    paid = [format_yuan(entry.credit_fen) for entry in ledger.entries]
    expected = [format_yuan(MANUAL_MONTHLY_FEN)] * MONTHS
    story.tell.check(
        "基数 16317.00 每月缴存（元）", expected=expected, found=paid, shown="、".join(paid)
    )
    story.tell.check_yuan(
        "其账户余额",
        expected_fen=MANUAL_MONTHLY_FEN * MONTHS,
        found_fen=ledger.entries[0].balance_fen,
    )


def collect_papers(story: Story) -> None:
    """Both receipts as PDF, the people as a workbook; then read what they say."""
    story.tell.step("打印：两张业务回单和职工清单导出")
    name = registrations(story.months[0], employer_rate=1, employee_rate=1)[MAIN].profile.name
    own = [story.employer_no, name]
    papers = {
        "个人账户设立回单": (
            story.opening,
            [*cast.RARE_NAMES.values(), format_yuan(MANUAL_MONTHLY_FEN)],
            story.monthly_fen,
        ),
        "汇缴回单": (
            story.remittance,
            [str(story.months[0]), str(story.months[-1])],
            story.due_fen,
        ),
    }
    for title, (number, particular, total_fen) in papers.items():
        done = story.hall.download_receipt(number, story.folder / f"{title}.pdf")
        story.tell.command(f"hpf receipt download {number}")
        story.tell.file(title, done.path)
        facts = [number, *own, *particular, format_yuan(total_fen)]
        check_receipt(story.tell, title, done.path, facts=facts)
    export = story.hall.export_people(story.folder / "职工清单.xlsx")
    story.tell.command("hpf export people")
    story.tell.file("职工清单", export.path)
    check_export(story.tell, export.path, story.people, balance_fen=story.due_fen)


def check_books(story: Story) -> None:
    """The centre's own check: every invariant of the books."""
    story.tell.step("管理中心：核对账务")
    books = story.staff.check_books()
    story.tell.command("hpf admin books check")
    for picture in books_tables(books):
        story.tell.show(picture)
    story.tell.check("账务相符", expected=True, found=books.clean, shown="是")
    story.tell.check("明细账笔数", expected=HEADCOUNT * MONTHS, found=books.ledger_lines)
