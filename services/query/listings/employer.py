"""单位基本信息 (manual §4.2), as labels and values."""

from __future__ import annotations

from collections.abc import Iterator

from hpf.query.v1 import query_print_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection

from services.kit.money import format_yuan
from services.kit.sheets.columns import Column
from services.kit.vault import Vault
from services.query.domain import EMPLOYER_STATUS_TITLES_ZH
from services.query.listings.listing import ListColumn, Listing
from services.query.listings.people import id_type_zh
from services.query.lookups import employer_of, shown

COLUMNS = (
    ListColumn(Column("label", "项目", width=24), 40),
    ListColumn(Column("value", "内容", width=60), 120),
)


def listing(
    connection: Connection, query: pb.EmployerQuery, *, employer_no: str, vault: Vault
) -> Listing:
    """The employer as the screen shows it, what identifies people masked. Raises READ_MODEL_BEHIND."""
    row = employer_of(connection, employer_no)
    return Listing(
        kind=query_print_pb2.QUERY_PRINT_KIND_EMPLOYER,
        title_zh="单位基本信息",
        employer=row,
        asked=(),
        columns=COLUMNS,
        rows=_facts(shown(connection, row, vault=vault)),
        is_facts=True,
    )


def _facts(employer: pb.Employer) -> Iterator[tuple[str, str]]:
    yield "单位名称", employer.name
    yield "单位账号", employer.employer_no
    yield "单位状态", EMPLOYER_STATUS_TITLES_ZH.get(employer.status, employer.status)
    yield "统一社会信用代码", employer.uscc
    yield "单位地址", employer.address
    yield "单位邮编", employer.postcode
    yield "单位设立日期", employer.founded_on
    yield "主管部门", employer.supervising_department
    yield "单位性质", employer.unit_kind_title or employer.unit_kind
    yield "所有制性质", employer.ownership_title or employer.ownership
    yield "隶属关系", employer.affiliation_title or employer.affiliation
    yield "经济类型", employer.economic_type_title or employer.economic_type
    yield "单位所属行业", employer.industry_title or employer.industry
    yield "法人代表姓名", employer.legal_representative
    yield "法人代表证件类型", id_type_zh(employer.legal_representative_id_type)
    yield "法人代表证件号码", employer.legal_representative_id_number_masked
    yield "单位发薪日", str(employer.pay_day or "")
    yield "经办人姓名", employer.agent_name
    yield "经办人手机号码", employer.agent_mobile_masked
    yield "经办机构", employer.branch_name
    yield "开户日期", employer.opened_on
    yield "首次汇缴年月", str(employer.first_month or "")
    yield "缴至年月", str(employer.paid_through_month or "")
    yield "单位缴存比例", f"{employer.employer_rate_min}%-{employer.employer_rate_max}%"
    yield "个人缴存比例", f"{employer.employee_rate_min}%-{employer.employee_rate_max}%"
    yield "正常人数", str(employer.active_headcount)
    yield "封存人数", str(employer.sealed_headcount)
    yield "月汇缴总额", format_yuan(employer.monthly_fen, grouping=True)
    yield "个人账户余额合计", format_yuan(employer.balance_fen, grouping=True)
    yield "暂存款余额", format_yuan(employer.suspense_fen, grouping=True)
