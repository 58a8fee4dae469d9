"""Three made-up employers of the city, as the counter registers them (manual §4.2)."""

from __future__ import annotations

from datetime import date

from hpf.collection.v1 import collection_service_pb2 as pb

from services.kit.idnumbers import make_id_number, make_uscc
from services.kit.months import YearMonth

MAIN = 0
"""Which of them the story is about."""
SECOND = 1
"""Which of them has two keys."""

_NAMES = (
    ("张家口市怀来精密机械制造有限公司", "刘建国", "C", "13800310001"),
    ("张家口市宣化区第二实验小学", "陈思远", "P", "13800310002"),
    ("河北燕北数据服务股份有限公司", "孙丽华", "I", "13800310003"),
)


def registrations(
    first_month: YearMonth, *, employer_rate: int, employee_rate: int
) -> list[pb.RegisterEmployerRequest]:
    """What the counter sends for each of the three."""
    return [
        pb.RegisterEmployerRequest(
            profile=_profile(number, name=name, agent=agent, industry=industry, mobile=mobile),
            branch_code="01",
            first_month=first_month.to_int(),
            employer_rate_min=employer_rate,
            employer_rate_max=employer_rate,
            employee_rate_min=employee_rate,
            employee_rate_max=employee_rate,
        )
        for number, (name, agent, industry, mobile) in enumerate(_NAMES, start=1)
    ]


def _profile(
    number: int, *, name: str, agent: str, industry: str, mobile: str
) -> pb.EmployerProfile:
    return pb.EmployerProfile(
        name=name,
        uscc=make_uscc("130702", 31_000_000 + number),
        address=f"张家口市桥东区建设东街{number * 9}号",
        postcode="075000",
        founded_on="2009-09-14",
        supervising_department="张家口市工业和信息化局",
        unit_kind="30",
        ownership="30",
        affiliation="30",
        economic_type="150",
        industry=industry,
        legal_representative="高国栋",
        legal_representative_id_type="01",
        legal_representative_id_number=make_id_number("130702", date(1970, 3, number), 17),
        pay_day=15,
        agent_name=agent,
        agent_mobile=mobile,
    )
