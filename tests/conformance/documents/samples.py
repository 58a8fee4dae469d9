"""One document of every kind with the fields of the manual and people with rare names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

_ACCOUNT = Column("个人账号", 26)
_NAME = Column("姓名", 30)
_ID = Column("证件号码", 36)


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
    return Table((_ACCOUNT, _NAME, _ID, *columns), rows)


def _money(title: str, *, group: str = "") -> Column:
    return Column(title, 24, Align.RIGHT, group)


def _short(title: str) -> Column:
    return Column(title, 17, Align.CENTRE)


def open_accounts(count: int) -> Document:
    columns = (
        _money("缴存基数"),
        _short("单位比例"),
        _short("个人比例"),
        _money("单位月缴"),
        _money("个人月缴"),
        _money("月缴总额"),
        _short("启用年月"),
        Column("手机号", 25),
    )
    rest = ["5,000.00", "12%", "10%", "600.00", "500.00", "1,100.00", "202005", "138****0000"]
    return sample(
        DocumentKind.OPEN_ACCOUNTS,
        table=people(columns, rest, count=count),
        totals=(Total("人数合计", f"{count}人"), Total.of_fen("月缴额合计", 110_000 * count)),
    )


def seal_people(count: int) -> Document:
    columns = (_money("月缴额"), Column("封存原因", 40), _short("封存启用年月"))
    return sample(
        DocumentKind.SEAL,
        table=people(columns, ("3,589.74", "与单位终止劳动关系", "202005"), count=count),
        totals=(Total("封存人数", f"{count}人"), Total.of_fen("减少月缴额", 358_974 * count)),
    )


def unseal_people(count: int) -> Document:
    columns = (_money("缴存基数"), _money("月缴额"), Column("启封类型", 24), _short("启用年月"))
    return sample(
        DocumentKind.UNSEAL,
        table=people(columns, ("5,000.00", "1,100.00", "正常启封", "202005"), count=count),
        totals=(Total("启封人数", f"{count}人"), Total.of_fen("增加月缴额", 110_000 * count)),
    )


def transfer(count: int) -> Document:
    return sample(
        DocumentKind.TRANSFER,
        fields=(
            Field("转入单位账号", "130700054321"),
            Field("转入账户机构", "宣化管理部"),
            Field("转入单位名称", "张家口市转入测试有限公司", wide=True),
        ),
        table=people((_money("余额"),), ("141,411.37",), count=count),
        totals=(Total("转移总人数", f"{count}人"), Total.of_fen("转移总金额", 14_141_137 * count)),
    )


def profile_change(count: int) -> Document:
    columns = (Column("项目", 40), Column("修改前", 65), Column("修改后", 65))
    rows = [
        (f"单位地址{number}", "桥东区建设东街27号", "桥西区长城西大街10号，" * 8)
        for number in range(count)
    ]
    return sample(DocumentKind.PROFILE_CHANGE, table=Table(columns, rows))


def rate_change(count: int) -> Document:
    columns = (
        Column("项目", 40),
        *(Column(title, 30, Align.CENTRE, "调整前") for title in ("上限", "下限")),
        *(Column(title, 30, Align.CENTRE, "调整后") for title in ("上限", "下限")),
    )
    rows = [
        ("单位比例" if number % 2 == 0 else "个人比例", "12%", "10%", "10%", "10%")
        for number in range(count)
    ]
    return sample(DocumentKind.RATE_CHANGE, table=Table(columns, rows))


def base_change(count: int) -> Document:
    columns = (
        _ACCOUNT,
        _NAME,
        _money("缴存基数", group="调整前"),
        _money("缴存基数", group="调整后"),
        _money("月缴存额", group="调整后"),
    )
    rows = [(*person(number)[:2], "16,317.00", "16,527.00", "3,635.94") for number in range(count)]
    return sample(
        DocumentKind.BASE_CHANGE,
        fields=(
            Field("调整前缴存基数", "481,820.00"),
            Field("调整后缴存基数", "482,030.00"),
            Field("调整前月缴存额", "106,000.40"),
            Field("调整后月缴存额", "106,046.60"),
        ),
        table=Table(columns, rows),
        totals=(Total("调整人数", f"{count}人"),),
    )


def remittance(count: int) -> Document:
    columns = (_short("汇缴年月"), Column("汇缴人数", 24, Align.RIGHT), _money("汇缴金额"))
    return sample(
        DocumentKind.REMITTANCE,
        fields=(
            Field("上次汇缴月", "201912"),
            Field("上月汇缴人数", "108人"),
            Field("上月汇缴金额", "342,795.64"),
            Field("本次缴款方式", "暂存款"),
            Field("本次汇缴起始月", "202001"),
            Field("本次汇缴截止月", "202001"),
            Field("本次汇缴金额", "322,421.22"),
            Field("实际缴款金额", "0.00"),
            Field("暂存款转出金额", "322,421.22"),
            Field("暂存款转入金额", "0.00"),
            Field("暂存款余额", "7,182,188.90"),
        ),
        table=Table(columns, [("202001", "108", "322,421.22")] * count) if count > 1 else None,
        totals=(Total.of_fen("本次汇缴金额", 32_242_122),),
    )


def back_payment(count: int) -> Document:
    columns = (_money("补缴金额"), _short("开始年月"), _short("截止年月"))
    return sample(
        DocumentKind.BACK_PAYMENT,
        fields=(
            Field("补缴类型", "不定额补缴"),
            Field("缴款方式", "暂存款"),
            Field("实际缴款金额", "0.00"),
            Field("暂存款转出金额", "1,000.00"),
            Field("暂存款转入金额", "0.00"),
            Field("暂存款可用金额", "1,037,364.24"),
        ),
        table=people(columns, ("1,000.00", "201901", "201912"), count=count),
        totals=(Total("补缴人数", f"{count}人"), Total.of_fen("补缴金额", 100_000 * count)),
    )


def closing(count: int) -> Document:
    return sample(
        DocumentKind.CLOSING,
        fields=(
            Field("注销原因", "破产", wide=True),
            Field("单位账户余额", "0.00"),
            Field("单位暂存款余额", "0.00"),
            Field("个人账户数", "0人"),
            Field("注销日期", "2020-04-24"),
        ),
        totals=(Total("注销单位数", f"{count}"),),
    )


def contribution_certificate(count: int) -> Document:
    return sample(
        DocumentKind.CONTRIBUTION_CERTIFICATE,
        fields=(
            Field("单位名称", "张家口市测试科技股份有限公司（𠮷林分公司）", wide=True),
            Field("单位账号", "130700012345"),
            Field("开户日期", "2009-09-14"),
            Field("单位账户状态", "正常"),
            Field("缴存比例", "单位 12%　个人 10%"),
            Field("初缴年月", "200909"),
            Field("缴至年月", "201912"),
            Field("正常缴存人数", "108人"),
            Field("封存人数", f"{count}人"),
        ),
        totals=(Total.of_fen("缴存余额", 1_136_144_521),),
    )


def voucher(count: int) -> Document:
    return sample(
        DocumentKind.VOUCHER,
        fields=(
            Field("业务类型", "汇缴"),
            Field("缴款方式", "暂存款"),
            Field("缴款起始年月", "202001"),
            Field("缴款截止年月", "202001"),
            Field("缴款人数", f"{count}人"),
            Field("流水号", "6013167"),
        ),
        totals=(Total.of_fen("缴款金额", 32_242_122),),
    )


def people_list(count: int) -> Document:
    columns = (
        _short("状态"),
        _money("个人账户余额"),
        _short("最后汇缴月"),
        _money("缴存基数"),
        _short("单位比例"),
        _money("月缴存额"),
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
        _money("缴存基数"),
        Column("摘要", 20),
        _money("借方发生额"),
        _money("贷方发生额"),
        _money("个人账户余额"),
        _short("交易类型"),
        _short("开始年月"),
        _short("截止年月"),
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
        _money("发生额"),
        _money("暂存款余额"),
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


SAMPLES: dict[DocumentKind, Callable[[int], Document]] = {
    DocumentKind.OPEN_ACCOUNTS: open_accounts,
    DocumentKind.SEAL: seal_people,
    DocumentKind.UNSEAL: unseal_people,
    DocumentKind.TRANSFER: transfer,
    DocumentKind.PROFILE_CHANGE: profile_change,
    DocumentKind.RATE_CHANGE: rate_change,
    DocumentKind.BASE_CHANGE: base_change,
    DocumentKind.CLOSING: closing,
    DocumentKind.REMITTANCE: remittance,
    DocumentKind.BACK_PAYMENT: back_payment,
    DocumentKind.CONTRIBUTION_CERTIFICATE: contribution_certificate,
    DocumentKind.VOUCHER: voucher,
    DocumentKind.PEOPLE_LIST: people_list,
    DocumentKind.PERSONAL_LEDGER: personal_ledger,
    DocumentKind.EMPLOYER_STATEMENT: employer_statement,
    DocumentKind.EMPLOYER_PROFILE: employer_profile,
}
