"""单位下个人基本信息 (manual §4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpf.query.v1 import query_print_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection, Row

from services.kit.idnumbers import ID_TYPE_TITLES_ZH, IdType
from services.kit.months import YearMonth
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.writer import CellValue
from services.kit.vault import Vault
from services.query import domain, wire
from services.query.domain import ACCOUNT_STATUS_TITLES_ZH, PeopleFilter
from services.query.listings.listing import ListColumn, Listing, ListTotal, row_of
from services.query.lookups import employer_of
from services.query.store import people

COLUMNS = (
    ListColumn(Column("opened_on", "开户日期", ColumnKind.DATE, width=14), 19),
    ListColumn(Column("account_no", "个人账号", ColumnKind.ACCOUNT_NO, width=18), 28),
    ListColumn(Column("name", "姓名", ColumnKind.NAME, width=14), 18),
    ListColumn(Column("id_type", "证件类型", width=14), 15),
    ListColumn(Column("id_number", "证件号码", ColumnKind.ID_NUMBER, width=22), 34),
    ListColumn(Column("status", "个人账户状态", width=14), 14),
    ListColumn(Column("balance_fen", "个人账户余额", ColumnKind.MONEY, width=18), 23),
    ListColumn(Column("paid_through_month", "最后汇缴月", ColumnKind.MONTH, width=12), 14),
    ListColumn(Column("base_fen", "个人缴存基数", ColumnKind.MONEY, width=16), 20),
    ListColumn(Column("employer_rate", "单位缴存比例(%)", ColumnKind.PERCENT, width=16), 14),
    ListColumn(Column("employee_rate", "个人缴存比例(%)", ColumnKind.PERCENT, width=16), 14),
    ListColumn(Column("employer_share_fen", "单位月缴额", ColumnKind.MONEY, width=14), 19),
    ListColumn(Column("employee_share_fen", "个人月缴额", ColumnKind.MONEY, width=14), 19),
    ListColumn(Column("monthly_fen", "月缴存额", ColumnKind.MONEY, width=14), 20),
)


def listing(
    connection: Connection, query: pb.PeopleQuery, *, employer_no: str, vault: Vault
) -> Listing:
    """Everybody whom the filter lets through. Raises FILTER_CODE_UNKNOWN, ID_TYPE_REQUIRED, READ_MODEL_BEHIND."""
    wanted = wire.filter_of(query.filter, path="people.filter")
    order = domain.people_order(query.order, path="people.order")
    index = wire.index_of(wanted, vault=vault)
    totals = people.totals_of_people(
        connection, employer_no=employer_no, wanted=wanted, id_number_index=index
    )
    found = people.stream_of_people(
        connection, employer_no=employer_no, wanted=wanted, id_number_index=index, order=order
    )
    return Listing(
        kind=query_print_pb2.QUERY_PRINT_KIND_PEOPLE,
        title_zh="单位下个人基本信息",
        employer=employer_of(connection, employer_no),
        asked=list(_asked(wanted)),
        columns=COLUMNS,
        rows=(_person_row(row, vault=vault) for row in found),
        row_count=totals.headcount,
        totals=(
            ListTotal("人数合计", f"{totals.headcount}人", "name"),
            ListTotal("个人账户余额", totals.total_fen, "balance_fen"),
            ListTotal("月汇缴总额", totals.monthly_fen, "monthly_fen"),
        ),
    )


def _person_row(row: Row[Any], *, vault: Vault) -> list[CellValue]:
    month = row.paid_through_month
    return row_of(
        COLUMNS,
        {
            "opened_on": row.opened_on,
            "account_no": row.account_no,
            "name": row.name,
            "id_type": id_type_zh(row.id_type),
            "id_number": vault.open_text(bytes(row.id_number_sealed)),
            "status": ACCOUNT_STATUS_TITLES_ZH.get(row.status, row.status),
            "balance_fen": row.balance_fen,
            "paid_through_month": YearMonth.from_int(month) if month else None,
            "base_fen": row.base_fen,
            "employer_rate": row.employer_rate,
            "employee_rate": row.employee_rate,
            "employer_share_fen": row.employer_share_fen,
            "employee_share_fen": row.employee_share_fen,
            "monthly_fen": row.employer_share_fen + row.employee_share_fen,
        },
    )


def _asked(wanted: PeopleFilter) -> Iterator[tuple[str, str]]:
    if wanted.id_type:
        yield "证件类型", id_type_zh(wanted.id_type)
    if wanted.id_number:
        yield "证件号码", wanted.id_number
    if wanted.account_no:
        yield "个人账号", wanted.account_no
    if wanted.status:
        yield "个人账户状态", ACCOUNT_STATUS_TITLES_ZH[wanted.status]
    if wanted == PeopleFilter():
        yield "查询范围", "全部"


def id_type_zh(code: str) -> str:
    """证件类型 in words."""
    return ID_TYPE_TITLES_ZH[IdType(code)] if code in set(IdType) else code
