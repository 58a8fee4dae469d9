"""The prints of queries, with the fields of the manual."""

from __future__ import annotations

from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    Field,
    Table,
)
from tests.conformance.documents.sample_parts import (
    money,
    people,
    sample,
    short,
)


def people_list(count: int) -> Document:
    columns = (
        short("状态"),
        money("个人账户余额"),
        short("最后汇缴月"),
        money("缴存基数"),
        short("单位比例"),
        money("月缴存额"),
    )
    return sample(
        DocumentKind.PEOPLE_LIST,
        fields=(
            Field("人数合计", f"{count}"),
            Field("个人账户余额", "11,361,445.21"),
            Field("月汇缴总额", "342,795.64"),
        ),
        table=people(
            columns, ("正常", "90,076.11", "201912", "10,755.00", "12%", "2,366.10"), count=count
        ),
    )


def personal_ledger(count: int) -> Document:
    columns = (
        Column("交易日期", 21, Align.CENTRE),
        Column("流水号", 20),
        money("缴存基数"),
        Column("摘要", 20),
        money("借方发生额"),
        money("贷方发生额"),
        money("个人账户余额"),
        short("交易类型"),
        short("开始年月"),
        short("截止年月"),
        Column("备注", 24),
    )
    line = [
        "2018-12-14",
        "3972558",
        "1,600.00",
        "汇缴",
        "0.00",
        "352.00",
        "2,816.35",
        "正常",
        "201812",
        "201812",
        "汇缴",
    ]
    return sample(
        DocumentKind.PERSONAL_LEDGER,
        fields=(Field("个人账号", "130700000005"), Field("姓名", "孙𠮷")),
        table=Table(columns, [line] * count),
    )


def employer_statement(count: int) -> Document:
    columns = (
        Column("交易日期", 21, Align.CENTRE),
        Column("登记号", 34),
        Column("业务类型", 20),
        Column("人数", 14, Align.RIGHT),
        money("发生额"),
        money("暂存款余额"),
    )
    line = ["2020-04-23", "2020042300000007", "汇缴", "108", "322,421.22", "7,182,188.90"]
    return sample(
        DocumentKind.EMPLOYER_STATEMENT,
        fields=(Field("开始日期", "2020-01-01"), Field("结束日期", "2020-04-24")),
        table=Table(columns, [line] * count),
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
