"""The workbook of 单位下个人基本信息 (manual §4.3 导出): what was asked for, and how the worker makes it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from services.kit.app import Runtime
from services.kit.clock import CHINA
from services.kit.idnumbers import ID_TYPE_TITLES_ZH, IdType
from services.kit.job_worker import Job, JobKind, Record
from services.kit.months import YearMonth
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.writer import MEDIA_TYPE as SHEET_MEDIA_TYPE
from services.kit.sheets.writer import CellValue, write_list
from services.kit.vault import Vault
from services.query import wire
from services.query.domain import ACCOUNT_STATUS_TITLES_ZH, PeopleFilter
from services.query.store import employers, people

MEDIA_TYPE = SHEET_MEDIA_TYPE
#: Kind of the job.
EXPORT_PEOPLE = "export_people"

TITLE_ZH = "单位下个人基本信息"

COLUMNS = (
    Column("opened_on", "开户日期", ColumnKind.DATE, width=14),
    Column("account_no", "个人账号", ColumnKind.ACCOUNT_NO, width=18),
    Column("name", "姓名", ColumnKind.NAME, width=14),
    Column("id_type", "证件类型", width=14),
    Column("id_number", "证件号码", ColumnKind.ID_NUMBER, width=22),
    Column("status", "个人账户状态", width=14),
    Column("balance_fen", "个人账户余额", ColumnKind.MONEY, width=18),
    Column("paid_through_month", "最后汇缴月", ColumnKind.MONTH, width=12),
    Column("base_fen", "个人缴存基数", ColumnKind.MONEY, width=16),
    Column("employer_rate", "单位缴存比例(%)", ColumnKind.PERCENT, width=16),
    Column("employee_rate", "个人缴存比例(%)", ColumnKind.PERCENT, width=16),
    Column("employer_share_fen", "单位月缴额", ColumnKind.MONEY, width=14),
    Column("employee_share_fen", "个人月缴额", ColumnKind.MONEY, width=14),
    Column("monthly_fen", "月缴存额", ColumnKind.MONEY, width=14),
)


@dataclass(frozen=True, slots=True)
class PeopleExport:
    """Whose people, and which of them."""

    employer_no: str
    filter: PeopleFilter

    def key(self, request_ref: str) -> str:
        """One file for each call that asks; nobody else's call can name it."""
        asked = json.dumps([request_ref, self.employer_no, *self.filter.parts()])
        return hashlib.sha256(asked.encode()).hexdigest()

    def blob(self, key: str) -> str:
        return f"exports/{self.employer_no}/{key}.xlsx"

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> PeopleExport:
        fields = json.loads(content)
        return cls(fields["employer_no"], PeopleFilter(**fields["filter"]))


def make_people_export(runtime: Runtime, job: Job) -> Record:
    """Write the workbook into the file store, all of it from one snapshot."""
    wanted = PeopleExport.from_bytes(job.payload)
    target = io.BytesIO()
    with runtime.database.reading() as connection:
        rows = sheet_rows(connection, wanted, vault=runtime.vault, now=runtime.clock.now())
        write_list(target, COLUMNS, title_zh=TITLE_ZH, rows=rows)
    runtime.blobs.write(wanted.blob(job.key), target.getvalue())
    return _nothing_more


def _nothing_more(connection: Connection, now: datetime) -> None:
    """The file is all there is; that the job is done says it exists."""


def _gave_up(connection: Connection, job: Job, failure: str, now: datetime) -> None:
    """Whoever asked reads the failure from the job."""


KIND = JobKind(make=make_people_export, gave_up=_gave_up)


def sheet_rows(
    connection: Connection, wanted: PeopleExport, *, vault: Vault, now: datetime
) -> Iterator[list[CellValue]]:
    """A row for each person, then the totals and what was asked for."""
    index = vault.index(wire.ID_NUMBER, wanted.filter.id_number) if wanted.filter.id_number else b""
    totals = people.totals_of_people(
        connection,
        employer_no=wanted.employer_no,
        wanted=wanted.filter,
        id_number_index=index,
    )
    known = employers.load_employer(connection, wanted.employer_no)
    for row in people.stream_of_people(
        connection,
        employer_no=wanted.employer_no,
        wanted=wanted.filter,
        id_number_index=index,
    ):
        yield _person_row(row, vault=vault)
    yield _row()
    yield _row(opened_on="合计", name=f"{totals.headcount}人", balance_fen=int(totals.balance_fen))
    yield _row(opened_on="月汇缴总额", monthly_fen=int(totals.monthly_fen))
    yield _row(
        opened_on="单位账号", account_no=wanted.employer_no, name=known.name if known else ""
    )
    yield _row(opened_on="查询条件", name="；".join(_conditions_zh(wanted.filter)))
    yield _row(opened_on="导出时间", account_no=f"{now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}")


def _person_row(row: Row[Any], *, vault: Vault) -> list[CellValue]:
    month = row.paid_through_month
    return _row(
        opened_on=row.opened_on,
        account_no=row.account_no,
        name=row.name,
        id_type=_id_type_zh(row.id_type),
        id_number=vault.open_text(bytes(row.id_number_sealed)),
        status=ACCOUNT_STATUS_TITLES_ZH.get(row.status, row.status),
        balance_fen=row.balance_fen,
        paid_through_month=YearMonth.from_int(month) if month else None,
        base_fen=row.base_fen,
        employer_rate=row.employer_rate,
        employee_rate=row.employee_rate,
        employer_share_fen=row.employer_share_fen,
        employee_share_fen=row.employee_share_fen,
        monthly_fen=row.employer_share_fen + row.employee_share_fen,
    )


def _row(**cells: CellValue) -> list[CellValue]:
    return [cells.get(column.key) for column in COLUMNS]


def _conditions_zh(wanted: PeopleFilter) -> Iterable[str]:
    if wanted.id_type:
        yield f"证件类型：{_id_type_zh(wanted.id_type)}"
    if wanted.id_number:
        yield f"证件号码：{wanted.id_number}"
    if wanted.account_no:
        yield f"个人账号：{wanted.account_no}"
    if wanted.status:
        yield f"个人账户状态：{ACCOUNT_STATUS_TITLES_ZH[wanted.status]}"
    if wanted == PeopleFilter():
        yield "全部"


def _id_type_zh(code: str) -> str:
    return ID_TYPE_TITLES_ZH[IdType(code)] if code in set(IdType) else code
