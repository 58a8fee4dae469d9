"""单位缴存证明 (manual §7.1): what the centre certifies of an employer on the day it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.receipt.documents.desk import NOTHING, month, people, rate
from services.receipt.rendering.document import Document, DocumentKind, Field, Total

STATUS_TITLES = {"01": "正常", "02": "开户", "03": "缓缴", "04": "销户", "05": "封存"}


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits of one side, in whole percent."""

    lowest: int
    highest: int

    def __str__(self) -> str:
        if self.lowest == self.highest:
            return rate(self.highest)
        return f"{rate(self.lowest)}至{rate(self.highest)}"


@dataclass(frozen=True, slots=True)
class Figures:
    """An employer's figures as receipt knows them. Months are YYYYMM, 0 for none."""

    employer_no: str
    name: str
    branch_name: str
    agent_name: str
    status: str
    opened_on: str
    employer_rate: RateLimits
    employee_rate: RateLimits
    first_month: int
    paid_through_month: int
    active_headcount: int
    sealed_headcount: int
    balance_fen: int


def document_of(figures: Figures, *, number: str, day: date, centre_name: str) -> Document:
    """The certificate `number` of that day."""
    return Document(
        kind=DocumentKind.CONTRIBUTION_CERTIFICATE,
        title=DocumentKind.CONTRIBUTION_CERTIFICATE.heading(centre_name),
        registration_no=number,
        employer_no=figures.employer_no,
        employer_name=figures.name,
        branch_name=figures.branch_name,
        agent_name=figures.agent_name,
        business_date=day,
        fields=(
            Field("单位名称", figures.name, wide=True),
            Field("单位账号", figures.employer_no),
            Field("单位账户状态", STATUS_TITLES.get(figures.status, NOTHING)),
            Field("开户日期", figures.opened_on or NOTHING),
            Field("初缴年月", month(figures.first_month)),
            Field("单位缴存比例", str(figures.employer_rate)),
            Field("个人缴存比例", str(figures.employee_rate)),
            Field("缴至年月", month(figures.paid_through_month), wide=True),
            Field("正常缴存人数", people(figures.active_headcount)),
            Field("封存人数", people(figures.sealed_headcount)),
        ),
        totals=(Total.of_fen("缴存余额", figures.balance_fen),),
    )
