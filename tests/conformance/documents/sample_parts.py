"""What the sample documents are made of: an employer, people with rare names, columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    Field,
    Table,
    Total,
)
from services.receipt.rendering.seal import SealFace

CENTRE = "张家口市住房公积金"
SEAL = SealFace("张家口市住房公积金管理中心", number="1307020012345")
CODE = "7K2M-9QXA-4T6P"
RARE = "䶮喆㛃𬭎𠮷𫖯〇"
NAMES = (
    "张三",
    "欧阳䶮",
    "王喆",
    "赵㛃",
    "钱𬭎",
    "孙𠮷",
    "周𫖯",
    "吴〇",
    "李　明",
    "古丽米热·买买提艾力·阿卜杜热西提",
)

ACCOUNT = Column("个人账号", 26)
NAME = Column("姓名", 30)
ID_NUMBER = Column("证件号码", 36)


def sample(
    kind: DocumentKind,
    *,
    fields: Sequence[Field] = (),
    table: Table | None = None,
    totals: Sequence[Total] = (),
    statement: str = "",
    mark: str | None = None,
    print_count: int = 1,
) -> Document:
    """A document of a made-up employer."""
    return Document(
        kind=kind,
        title=kind.heading(CENTRE),
        employer_no="130700012345",
        employer_name="张家口市测试科技股份有限公司（𠮷林分公司）",
        branch_name="张家口市住房公积金管理中心桥东管理部",
        agent_name="单位经办人",
        business_date=date(2020, 4, 24),
        registration_no="2020042400000123",
        fields=fields,
        table=table,
        totals=totals,
        statement=statement,
        verification_code=CODE,
        verification_url=f"https://hall.example.cn/v/{CODE}",
        mark=mark,
        print_count=print_count,
    )


def person(number: int) -> tuple[str, str, str]:
    """Account, name and id number of the n-th person."""
    return (
        f"1307{number:08d}",
        NAMES[number % len(NAMES)],
        f"13070219900101{number % 10000:04d}",
    )


def people(columns: Sequence[Column], rest: Sequence[str], *, count: int) -> Table:
    """A table of people: account, name, id number, and the same rest for everyone."""
    rows = [(*person(number), *rest) for number in range(count)]
    return Table((ACCOUNT, NAME, ID_NUMBER, *columns), rows)


def money(title: str, *, group: str = "") -> Column:
    return Column(title, 24, Align.RIGHT, group)


def short(title: str) -> Column:
    return Column(title, 17, Align.CENTRE)
