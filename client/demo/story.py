"""The main job of an employer's clerk, told step by step: open accounts, pay in, remit, print.

Each step is what the manual's chapter does on the screen; each figure is compared with the one
worked out beforehand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from hpf.common.v1 import business_pb2
from hpf.deposit.v1.deposit_service_pb2 import RecordBankPaymentRequest

from client.bus import Staff
from client.cli import tables
from client.demo import people as cast
from client.demo.employers import MAIN, registrations
from client.demo.narrator import Narrator
from client.demo.papers import check_export, check_receipt
from client.demo.people import EMPLOYEE_RATE, EMPLOYER_RATE, HEADCOUNT, MANUAL_MONTHLY_FEN, Person
from client.demo.workbook import fill_template
from client.errors import HallError
from client.hall import Hall
from client.login import PluggedKey
from client.sms_outbox import newest_code
from client.worksheet import Worksheet
from deploy.demo_ca import DemoPki, UsbKey, make_usb_key
from services.kit.ids import new_id
from services.kit.money import format_yuan
from services.kit.months import YearMonth

MONTHS = 3
BUSINESS = "open_accounts"
#: Deposit and auth hear of a new employer through the bus, a moment after the counter did.
HEARSAY_PATIENCE_S = 15.0

_Result = TypeVar("_Result")


@dataclass
class Story:
    """Everybody on the stage, and what has happened so far."""

    hall: Hall
    staff: Staff
    pki: DemoPki
    sms_outbox: Path
    folder: Path  # where papers go
    today: date
    tell: Narrator
    people: list[Person] = field(default_factory=cast.everybody)
    employer_no: str = ""
    opening: str = ""  # registration numbers
    remittance: str = ""

    @property
    def months(self) -> list[YearMonth]:
        """The three months that the story pays, the current one last."""
        last = YearMonth.of(self.today)
        return list((last - (MONTHS - 1)).through(last))

    @property
    def monthly_fen(self) -> int:
        return sum(person.monthly_fen for person in self.people)

    @property
    def due_fen(self) -> int:
        return self.monthly_fen * MONTHS

    @property
    def paid_in_fen(self) -> int:
        """What the employer transfers: the due amount rounded up to ten thousand yuan."""
        return (self.due_fen // 1_000_000 + 1) * 1_000_000

    def tell_all(self) -> None:
        """The whole story in order."""
        key = self.register_employers()
        self.log_in(key)
        sheet = self.hall.worksheet(BUSINESS)
        self.import_list(sheet)
        self.be_refused(sheet)
        self.correct(sheet)
        self.submit(sheet)
        self.pay_in()
        self.remit()
        self.ask()
        self.collect_papers()
        self.check_books()

    # ------------------------------------------------------------ the counter

    def register_employers(self) -> UsbKey:
        """Three employers, and a USB key for one of them."""
        self.tell.step("管理中心：登记三家单位，绑定数字证书")
        requests = registrations(
            self.months[0], employer_rate=EMPLOYER_RATE, employee_rate=EMPLOYEE_RATE
        )
        numbers = []
        for request in requests:
            business = self.staff.register_employer(request).business
            numbers.append(business.employer_no)
            self.tell.say(f"{business.employer_no}  {request.profile.name}")
        self.tell.check("单位账号各不相同", expected=3, found=len(set(numbers)))
        self.employer_no = numbers[MAIN]
        profile = requests[MAIN].profile
        key = make_usb_key(self.pki, name=profile.name, uscc=profile.uscc, label="usbkey")
        binding = known_by_now(
            lambda: self.staff.bind_certificate(self.employer_no, key.certificate)
        )
        self.tell.say(f"证书 {binding.serial} 已绑定到 {profile.name}")
        path = self.folder / "证书.der"
        path.write_bytes(key.certificate)
        where = self.tell.path(path)
        self.tell.command(f"hpf admin certificate bind {self.employer_no} --file {where}")
        return key

    # ------------------------------------------------------------ login (manual 三)

    def log_in(self, key: UsbKey) -> None:
        """PIN on the key, signed challenge, code by SMS."""
        self.tell.step("单位经办人：插入 USBKEY，用密码和短信验证码登录")
        certificate = key.keys.certificates(key.label)[0]
        since = datetime.now(UTC)
        pending = self.hall.start_login(PluggedKey(key.keys, certificate, pin=key.pin))
        code = newest_code(self.sms_outbox, since=since)
        self.tell.say(f"验证码已发送至 {pending.code_sent.masked_mobile}，收到 {code}")
        session = pending.confirm(code)
        self.tell.say(f"已登录：{session.employer_name}，经办人 {session.agent_name}")
        self.tell.command("hpf login --code-from-outbox")
        self.tell.check("登录单位", expected=self.employer_no, found=session.employer_no)

    # ------------------------------------------------------------ 个人账户设立 (manual §5.1)

    def import_list(self, sheet: Worksheet) -> None:
        """The template, filled in by a tired clerk."""
        self.tell.step(f"个人账户设立：导入 {HEADCOUNT} 人的 Excel（故意写错三处）")
        template = sheet.template()
        rows = list(self.people)
        for mistake in cast.mistakes(self.people):
            rows[mistake.row_number - 1] = mistake.wrong
            self.tell.say(f"第 {mistake.row_number} 行：{mistake.what_zh}")
        path = self.folder / "开户清单.xlsx"
        fill_template(template.content, rows, effective_month=self.months[0], target=path)
        reply = sheet.import_workbook(path.read_bytes())
        self.tell.file("清单", path)
        self.tell.command(f"hpf open-accounts import {self.tell.path(path)}")
        self.tell.check("导入行数", expected=HEADCOUNT, found=reply.imported_row_count)

    def be_refused(self, sheet: Worksheet) -> None:
        """Submitting is refused whole; every bad row is named."""
        self.tell.step("提交：有错就全部不办理，每个错误都指明行号、字段和原因")
        self.tell.command("hpf open-accounts submit; hpf open-accounts errors")
        try:
            sheet.submit()
            self.tell.check("提交被拒绝", expected=True, found=False)
        except HallError as error:
            self.tell.say(f"{error.zh}（{error.reason}）")
        bad = sheet.whole(bad_rows_only=True)
        self.tell.show(tables.errors_table(error for row in bad.rows for error in row.errors))
        expected = {
            (number, mistake.field)
            for mistake in cast.mistakes(self.people)
            for number in mistake.bad_rows
        }
        found = {(row.row_number, each.field) for row in bad.rows for each in row.errors}
        self.tell.check(
            "有误的行和字段",
            expected=sorted(expected),
            found=sorted(found),
            shown=f"{len(found)} 处，与故意写错的一致",
        )
        path = self.folder / "错误信息.xlsx"
        path.write_bytes(sheet.error_workbook().content)
        self.tell.file("错误信息表", path)
        self.tell.check("单位下还没有职工", expected=0, found=self.hall.people().totals.headcount)

    def correct(self, sheet: Worksheet) -> None:
        """原始数据 is still there; three edits put it right."""
        self.tell.step("修改：原始数据都在，改正三行后重新校验")
        rows = {row.row_number: row for row in sheet.whole().rows}
        for mistake in cast.mistakes(self.people):
            row, right = rows[mistake.row_number], self.people[mistake.row_number - 1]
            texts = {"id_number": right.id_number, "base": format_yuan(right.base_fen)}
            text = texts[mistake.field]
            sheet.update(row.row_id, {**row.cells, mistake.field: text})
            self.tell.command(f"hpf open-accounts edit {mistake.row_number} {mistake.field}={text}")
        self.tell.check("校验后的错误", expected=0, found=sheet.validate().error_count)

    def submit(self, sheet: Worksheet) -> None:
        """All accounts at once."""
        self.tell.step("重新提交：全部开户")
        business = self.hall.outcome(sheet.submit())
        self.opening = business.registration_no
        self.tell.show(tables.business_facts(business))
        self.tell.check("开户人数", expected=HEADCOUNT, found=business.headcount)
        self.tell.check_yuan(
            "月缴额合计", expected_fen=self.monthly_fen, found_fen=business.amount_fen
        )

    # ------------------------------------------------------------ money (manual §6.1)

    def pay_in(self) -> None:
        """The bank reports a transfer, twice; it counts once."""
        self.tell.step("银行来款：转入单位暂存款（银行重复通知，只记一次）")
        reference = f"DEMO{self.today:%Y%m%d}0001"
        for _ in range(2):
            request = RecordBankPaymentRequest(
                employer_no=self.employer_no,
                bank_reference=reference,
                amount_fen=self.paid_in_fen,
                value_date=self.today.isoformat(),
                payer_name="单位基本户",
            )
            known_by_now(lambda request=request: self.staff.record_payment(request))  # type: ignore[misc]
        amount = format_yuan(self.paid_in_fen)
        self.tell.command(
            f"hpf admin payment record {self.employer_no} --amount {amount} "
            f"--reference {reference} --date {self.today}"
        )
        self.tell.check_yuan(
            "暂存款可用余额", expected_fen=self.paid_in_fen, found_fen=self.hall.suspense_fen()
        )

    def remit(self) -> None:
        """Three months at once; the same submission sent twice posts once."""
        last = self.months[-1]
        self.tell.step(f"汇缴：{self.months[0]} 至 {last} 三个月")
        preview = self.hall.preview_remittance(last.to_int())
        self.tell.command(f"hpf remit preview --to {last}")
        self.tell.show(tables.preview_table(preview))
        self.tell.check("应缴月数", expected=MONTHS, found=len(preview.months))
        self.tell.check_yuan("应缴金额", expected_fen=self.due_fen, found_fen=preview.amount_fen)
        request_id = new_id()
        first = self.hall.outcome(self.hall.submit_remittance(last.to_int(), request_id=request_id))
        again = self.hall.outcome(self.hall.submit_remittance(last.to_int(), request_id=request_id))
        self.remittance = first.registration_no
        self.tell.command(f"hpf remit submit --to {last}")
        self.tell.show(tables.business_facts(first))
        posted = business_pb2.BUSINESS_STATE_POSTED
        self.tell.check("汇缴已办结", expected=posted, found=first.state, shown=self.remittance)
        self.tell.check(
            "重复提交得到同一登记号", expected=self.remittance, found=again.registration_no
        )
        self.tell.check_yuan(
            "汇缴后暂存款余额",
            expected_fen=self.paid_in_fen - self.due_fen,
            found_fen=self.hall.suspense_fen(),
        )

    # ------------------------------------------------------------ queries (manual 四)

    def ask(self) -> None:
        """Employer, people with totals, one person's ledger."""
        self.tell.step("查询：单位、职工和个人明细账")
        employer = self.hall.employer()
        self.tell.check(
            "单位缴至年月", expected=self.months[-1].to_int(), found=employer.paid_through_month
        )
        reply = self.hall.people(page_size=500)
        self.tell.command("hpf people")
        shown = list(reply.people)[:5]
        self.tell.show(tables.people_table(shown, full_ids=False))
        self.tell.say(f"（共 {len(reply.people)} 人，显示前 {len(shown)} 人）")
        self.tell.say(tables.people_totals(reply.totals))
        self.tell.check("人数合计", expected=HEADCOUNT, found=reply.totals.headcount)
        self.tell.check_yuan(
            "个人账户余额合计", expected_fen=self.due_fen, found_fen=reply.totals.balance_fen
        )
        self.tell.check_yuan(
            "月汇缴总额", expected_fen=self.monthly_fen, found_fen=reply.totals.monthly_fen
        )
        names = sorted(person.name for person in self.people)
        self.tell.check(
            "姓名齐全（含生僻字）",
            expected=names,
            found=sorted(person.name for person in reply.people),
            shown="、".join(cast.RARE_NAMES.values()),
        )
        first = next(p for p in reply.people if p.id_number == self.people[0].id_number)
        self.show_ledger(first.account_no)

    def show_ledger(self, account_no: str) -> None:
        """The person with base 16317.00: 3589.74 a month."""
        ledger = self.hall.ledger(account_no)
        self.tell.command(f"hpf ledger {account_no}")
        self.tell.show(tables.ledger_table(ledger))
        paid = [format_yuan(entry.credit_fen) for entry in ledger.entries]
        expected = [format_yuan(MANUAL_MONTHLY_FEN)] * MONTHS
        self.tell.check(
            "基数 16317.00 每月缴存（元）", expected=expected, found=paid, shown="、".join(paid)
        )
        self.tell.check_yuan(
            "其账户余额",
            expected_fen=MANUAL_MONTHLY_FEN * MONTHS,
            found_fen=ledger.entries[0].balance_fen,
        )

    # ------------------------------------------------------------ papers

    def collect_papers(self) -> None:
        """Both receipts as PDF, the people as a workbook; then read what they say."""
        self.tell.step("打印：两张业务回单和职工清单导出")
        name = registrations(self.months[0], employer_rate=1, employee_rate=1)[MAIN].profile.name
        own = [self.employer_no, name]
        papers = {
            "个人账户设立回单": (
                self.opening,
                [*cast.RARE_NAMES.values(), format_yuan(MANUAL_MONTHLY_FEN)],
                self.monthly_fen,
            ),
            "汇缴回单": (
                self.remittance,
                [str(self.months[0]), str(self.months[-1])],
                self.due_fen,
            ),
        }
        for title, (number, particular, total_fen) in papers.items():
            done = self.hall.download_receipt(number, self.folder / f"{title}.pdf")
            self.tell.command(f"hpf receipt download {number}")
            self.tell.file(title, done.path)
            facts = [number, *own, *particular, format_yuan(total_fen)]
            check_receipt(self.tell, title, done.path, facts=facts)
        export = self.hall.export_people(self.folder / "职工清单.xlsx")
        self.tell.command("hpf export people")
        self.tell.file("职工清单", export.path)
        check_export(self.tell, export.path, self.people, balance_fen=self.due_fen)

    def check_books(self) -> None:
        """The centre's own check: every invariant of the books."""
        self.tell.step("管理中心：核对账务")
        books = self.staff.check_books()
        self.tell.command("hpf admin books check")
        for picture in tables.books_tables(books):
            self.tell.show(picture)
        self.tell.check("账务相符", expected=True, found=books.clean, shown="是")
        self.tell.check("明细账笔数", expected=HEADCOUNT * MONTHS, found=books.ledger_lines)


def known_by_now(work: Callable[[], _Result]) -> _Result:
    """Do something about an employer that a service may only hear of in a moment."""
    ends_at = time.monotonic() + HEARSAY_PATIENCE_S
    while True:
        try:
            return work()
        except HallError as error:
            if error.reason != "EMPLOYER_UNKNOWN" or time.monotonic() > ends_at:
                raise
        time.sleep(0.1)
