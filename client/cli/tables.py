"""Replies of the hall as tables: amounts right-aligned and grouped, months and codes as people say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1.business_pb2 import Business
from hpf.deposit.v1.deposit_events_pb2 import StatementLine
from hpf.query.v1 import query_service_pb2 as query
from hpf.receipt.v1 import receipt_service_pb2 as receipt
from rich import box
from rich.table import Table
from rich.text import Text

from client import titles
from services.kit.errors import FieldError
from services.kit.idnumbers import ID_TYPE_TITLES_ZH, IdType, mask_id_number
from services.kit.money import format_yuan


def table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table; columns named in `right` are aligned to the right."""
    found = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    numbers = set(right)
    for column in columns:
        found.add_column(column, justify="right" if column in numbers else "left", no_wrap=True)
    return found


def facts(title: str, pairs: Sequence[tuple[str, str]]) -> Table:
    """Labels and values, one pair a line."""
    found = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        show_header=False,
        box=box.SIMPLE,
        pad_edge=False,
    )
    found.add_column(style="bold")
    found.add_column()
    for label, value in pairs:
        found.add_row(label, Text(value))
    return found


def yuan(fen: int) -> str:
    return format_yuan(fen, grouping=True)


def month(number: int) -> str:
    """A month as typed, or a dash when there is none."""
    return str(number) if number else "-"


def months(first: int, last: int) -> str:
    if not first:
        return "-"
    return str(first) if first == last else f"{first}–{last}"


def business_facts(business: Business) -> Table:
    """An accepted business by its registration number."""
    pairs = [
        ("登记号", business.registration_no),
        ("业务", titles.BUSINESS_KIND.get(business.kind, "其他")),
        ("状态", titles.BUSINESS_STATE.get(business.state, "未知")),
        ("经办日期", business.business_date),
    ]
    if business.headcount:
        pairs.append(("人数", str(business.headcount)))
    if business.amount_fen:
        pairs.append(("金额（元）", yuan(business.amount_fen)))
    return facts("", pairs)


def employer_facts(employer: query.Employer) -> Table:
    """单位基本信息 (manual §4.2)."""
    return facts(
        "单位基本信息",
        [
            ("单位账号", employer.employer_no),
            ("单位名称", employer.name),
            ("统一社会信用代码", employer.uscc),
            ("单位状态", titles.EMPLOYER_STATUS.get(employer.status, employer.status)),
            ("单位地址", employer.address),
            ("单位邮编", employer.postcode),
            ("单位设立日期", employer.founded_on),
            ("主管部门", employer.supervising_department),
            ("单位性质", employer.unit_kind_title or employer.unit_kind),
            ("所有制性质", employer.ownership_title or employer.ownership),
            ("隶属关系", employer.affiliation_title or employer.affiliation),
            ("经济类型", employer.economic_type_title or employer.economic_type),
            ("单位所属行业", employer.industry_title or employer.industry),
            ("法人代表姓名", employer.legal_representative),
            ("法人代表证件类型", id_type_title(employer.legal_representative_id_type)),
            ("法人代表证件号码", employer.legal_representative_id_number_masked),
            ("单位发薪日", str(employer.pay_day or "-")),
            ("经办人姓名", employer.agent_name),
            ("经办人手机号码", employer.agent_mobile_masked),
            ("经办机构", employer.branch_name),
            ("开户日期", employer.opened_on),
            ("首次汇缴年月", month(employer.first_month)),
            ("缴至年月", month(employer.paid_through_month)),
            ("单位缴存比例", f"{employer.employer_rate_min}%–{employer.employer_rate_max}%"),
            ("个人缴存比例", f"{employer.employee_rate_min}%–{employer.employee_rate_max}%"),
            ("正常人数 / 封存人数", f"{employer.active_headcount} / {employer.sealed_headcount}"),
            ("月汇缴总额（元）", yuan(employer.monthly_fen)),
            ("个人账户余额合计（元）", yuan(employer.balance_fen)),
            ("暂存款余额（元）", yuan(employer.suspense_fen)),
        ],
    )


def people_table(people: Iterable[query.Person], *, full_ids: bool) -> Table:
    """单位下个人基本信息 (manual §4.3)."""
    numbers = ("余额", "缴存基数", "单位比例", "个人比例", "月缴存额")
    found = table(
        "单位下个人基本信息",
        "开户日期", "个人账号", "姓名", "证件号码", "状态", "余额", "最后汇缴月",
        "缴存基数", "单位比例", "个人比例", "月缴存额",
        right=numbers,
    )  # fmt: skip
    for person in people:
        found.add_row(
            person.opened_on,
            person.account_no,
            Text(person.name),
            person.id_number if full_ids else mask_id_number(person.id_number),
            titles.ACCOUNT_STATUS.get(person.status, person.status),
            yuan(person.balance_fen),
            month(person.paid_through_month),
            yuan(person.base_fen),
            f"{person.employer_rate}%",
            f"{person.employee_rate}%",
            yuan(person.employer_share_fen + person.employee_share_fen),
        )
    return found


def people_totals(totals: query.PeopleTotals) -> str:
    return (
        f"人数合计：{totals.headcount}    个人账户余额：{yuan(totals.balance_fen)}    "
        f"月汇缴总额：{yuan(totals.monthly_fen)}"
    )


def ledger_table(reply: query.ListLedgerResponse) -> Table:
    """单位下个人明细账信息 (manual §4.4)."""
    found = table(
        f"个人明细账  {reply.account_no}  {reply.name}",
        "交易日期", "流水号", "缴存基数", "摘要", "借方发生额", "贷方发生额", "余额",
        "交易类型", "起止年月", "备注",
        right=("流水号", "缴存基数", "借方发生额", "贷方发生额", "余额"),
    )  # fmt: skip
    for entry in reply.entries:
        found.add_row(
            entry.posted_on,
            str(entry.serial_no),
            yuan(entry.base_fen),
            entry.summary,
            yuan(entry.debit_fen),
            yuan(entry.credit_fen),
            yuan(entry.balance_fen),
            entry.transaction_type,
            months(entry.from_month, entry.to_month),
            Text(entry.remark),
        )
    return found


def statement_table(lines: Iterable[StatementLine]) -> Table:
    """单位缴存明细 (manual §4.1)."""
    found = table(
        "单位缴存明细",
        "日期", "登记号", "业务", "人数", "金额", "起止年月", "暂存款转出", "暂存款转入",
        "暂存款余额", "个人账户余额合计",
        right=("人数", "金额", "暂存款转出", "暂存款转入", "暂存款余额", "个人账户余额合计"),
    )  # fmt: skip
    for line in lines:
        found.add_row(
            line.posted_on,
            line.registration_no,
            titles.BUSINESS_KIND.get(line.kind, "其他"),
            str(line.headcount),
            yuan(line.amount_fen),
            months(line.from_month, line.to_month),
            yuan(line.suspense_out_fen),
            yuan(line.suspense_in_fen),
            yuan(line.suspense_after_fen),
            yuan(line.balance_after_fen),
        )
    return found


def preview_table(preview: collection.PreviewRemittanceResponse) -> Table:
    """What a remittance would pay, month by month (manual §6.1)."""
    found = table("应缴", "年月", "人数", "应缴金额", right=("人数", "应缴金额"))
    for each in preview.months:
        found.add_row(str(each.month), str(each.headcount), yuan(each.amount_fen))
    found.add_section()
    found.add_row("合计", str(preview.headcount), yuan(preview.amount_fen))
    return found


def changes_table(changes: Iterable[events.ProfileFieldChange]) -> Table:
    """What changed, before and after."""
    found = table("", "项目", "修改前", "修改后")
    for each in changes:
        found.add_row(each.title, Text(each.before), Text(each.after))
    return found


def rates_table(before: events.RateLimits, after: events.RateLimits) -> Table:
    """缴存比例 before and after (manual §5.6)."""
    columns = ("调整前上限", "调整前下限", "调整后上限", "调整后下限")
    found = table("", "", *columns, right=columns)
    for title, side in (("单位比例", "employer"), ("个人比例", "employee")):
        limits = [
            f"{getattr(each, f'{side}_rate_{end}')}%"
            for each in (before, after)
            for end in ("max", "min")
        ]
        found.add_row(title, *limits)
    return found


def receipts_table(receipts: Iterable[receipt.Receipt]) -> Table:
    found = table(
        "业务回单", "经办日期", "登记号", "回单", "状态", "打印次数", "验证码", right=("打印次数",)
    )
    for each in receipts:
        found.add_row(
            each.business_date,
            each.document_no,
            each.title + ("（已冲正）" if each.reversed_by else ""),
            titles.RECEIPT_STATE.get(each.state, "未知"),
            str(each.print_count),
            each.verification_code,
        )
    return found


def fields_table(fields: Iterable[FieldError]) -> Table:
    """Bad fields of a refused request."""
    found = table("", "位置", "原因")
    for field in fields:
        found.add_row(field.path, Text(field.zh, style="red"))
    return found


def bindings_table(bindings: Iterable[auth.CertificateBinding]) -> Table:
    found = table(
        "证书绑定",
        "单位账号",
        "统一社会信用代码",
        "证书序列号",
        "颁发者",
        "有效期",
        "绑定日期",
        "角色",
        "状态",
    )
    for each in bindings:
        ended = f"{each.ended_on} 解除（{each.end_reason}）" if each.ended_on else "有效"
        found.add_row(
            each.employer_no,
            each.uscc,
            each.serial,
            Text(each.issuer),
            f"{each.not_before} 至 {each.not_after}",
            each.bound_on,
            "复核" if each.role == auth.KEY_ROLE_APPROVER else "经办",
            ended,
        )
    return found


def id_type_title(code: str) -> str:
    known = {str(each): title for each, title in ID_TYPE_TITLES_ZH.items() if each in IdType}
    return known.get(code, code or "-")
