"""The prints of queries as query lists them: its columns and its totals, the employer's own fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

from hpf.query.v1 import query_print_pb2

from services.kit.months import YearMonth
from services.kit.sheets.writer import CellValue
from services.query.listings import books, people
from services.query.listings.files import print_of
from services.query.listings.listing import ListColumn, Listing, ListTotal, row_of
from services.receipt.query_prints import document_of
from services.receipt.rendering.document import Document, DocumentKind, Field
from tests.conformance.documents.sample_parts import CENTRE, person, sample

_NOW = datetime(2020, 4, 24, 2, tzinfo=UTC)
_EMPLOYER = SimpleNamespace(
    employer_no="130700012345",
    name="张家口市测试科技股份有限公司（𠮷林分公司）",
    branch_name="张家口市住房公积金管理中心桥东管理部",
    agent_name="单位经办人",
)


def people_list(count: int) -> Document:
    rows = []
    for account_no, name, id_number in map(person, range(count)):
        cells: dict[str, CellValue] = {
            "opened_on": "2013-01-09",
            "account_no": account_no,
            "name": name,
            "id_type": "身份证",
            "id_number": id_number,
            "status": "正常",
            "balance_fen": 9_007_611,
            "paid_through_month": YearMonth(2019, 12),
            "base_fen": 1_075_500,
            "employer_rate": 12,
            "employee_rate": 10,
            "employer_share_fen": 129_060,
            "employee_share_fen": 107_550,
            "monthly_fen": 236_610,
        }
        rows.append(row_of(people.COLUMNS, cells))
    return _printed(
        query_print_pb2.QUERY_PRINT_KIND_PEOPLE,
        people.COLUMNS,
        rows,
        asked=[("查询范围", "全部")],
        totals=(
            ListTotal("人数合计", f"{count}人", "name"),
            ListTotal("个人账户余额", 9_007_611 * count, "balance_fen"),
            ListTotal("月汇缴总额", 236_610 * count, "monthly_fen"),
        ),
    )


def personal_ledger(count: int) -> Document:
    """The manual's line of December 2018."""
    line: Mapping[str, CellValue] = {
        "posted_on": "2018-12-14",
        "serial_no": "3972558",
        "base_fen": 160_000,
        "summary": "汇缴",
        "debit_fen": 0,
        "credit_fen": 35_200,
        "balance_fen": 281_635,
        "transaction_type": "正常",
        "from_month": YearMonth(2018, 12),
        "to_month": YearMonth(2018, 12),
        "remark": "汇缴",
    }
    return _printed(
        query_print_pb2.QUERY_PRINT_KIND_LEDGER,
        books.LEDGER_COLUMNS,
        [row_of(books.LEDGER_COLUMNS, dict(line))] * count,
        asked=[("个人账号", "130700000005"), ("姓名", "孙𠮷")],
        totals=(
            ListTotal("借方合计", 0, "debit_fen"),
            ListTotal("贷方合计", 35_200 * count, "credit_fen"),
        ),
    )


def employer_statement(count: int) -> Document:
    line: Mapping[str, CellValue] = {
        "posted_on": "2020-04-23",
        "registration_no": "2020042300000007",
        "summary": "汇缴",
        "headcount": 108,
        "amount_fen": 32_242_122,
        "from_month": YearMonth(2020, 1),
        "to_month": YearMonth(2020, 1),
        "suspense_out_fen": 32_242_122,
        "suspense_in_fen": 0,
        "suspense_after_fen": 718_218_890,
        "balance_fen": 1_136_144_521,
        "transaction_type": "正常",
    }
    return _printed(
        query_print_pb2.QUERY_PRINT_KIND_STATEMENT,
        books.STATEMENT_COLUMNS,
        [row_of(books.STATEMENT_COLUMNS, dict(line))] * count,
        asked=[("开始日期", "2020-01-01"), ("结束日期", "2020-04-24")],
        totals=(
            ListTotal("暂存款转出合计", 32_242_122 * count, "suspense_out_fen"),
            ListTotal("暂存款转入合计", 0, "suspense_in_fen"),
        ),
    )


def employer_profile(count: int) -> Document:
    return sample(
        DocumentKind.EMPLOYER_PROFILE,
        fields=(
            Field("单位名称", "张家口市测试科技股份有限公司（𠮷林分公司）", wide=True),
            Field("单位地址", "河北省张家口市桥东区建设东街27号富海广场804室", wide=True),
            Field("单位邮编", "075000"),
            Field("单位设立日期", "2009-09-14"),
            Field("统一社会信用代码", "91130700MA07XXXX5X"),
            Field("单位所属行业", "信息传输、软件和信息技术服务业"),
            Field("法人代表姓名", "欧阳䶮"),
            Field("法人代表证件类型", "身份证"),
            Field("单位发薪日", f"{count % 28}日"),
            Field("经办人手机号码", "138****0000"),
        ),
    )


def _printed(
    kind: int,
    columns: Sequence[ListColumn],
    rows: Sequence[Sequence[CellValue]],
    *,
    asked: Sequence[tuple[str, str]],
    totals: Sequence[ListTotal],
) -> Document:
    listing = Listing(
        kind=kind,  # type: ignore[arg-type]  # a value of the enum
        title_zh="",
        employer=_EMPLOYER,  # type: ignore[arg-type]  # a row in all that is read of it
        asked=asked,
        columns=columns,
        rows=rows,
        totals=totals,
    )
    return document_of(print_of(listing, now=_NOW), centre_name=CENTRE)
