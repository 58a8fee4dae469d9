"""One document of every kind with the fields of the manual: the businesses here, the rest beside."""

from __future__ import annotations

from collections.abc import Callable

from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    Field,
    Table,
    Total,
)
from tests.conformance.documents.print_samples import (
    contribution_certificate,
    employer_profile,
    employer_statement,
    people_list,
    personal_ledger,
    voucher,
)
from tests.conformance.documents.sample_parts import (
    ACCOUNT,
    NAME,
    money,
    people,
    person,
    sample,
    short,
)


def open_accounts(count: int) -> Document:
    columns = (
        money("缴存基数"),
        short("单位比例"),
        short("个人比例"),
        money("单位月缴"),
        money("个人月缴"),
        money("月缴总额"),
        short("启用年月"),
        Column("手机号", 25),
    )
    rest = ["5,000.00", "12%", "10%", "600.00", "500.00", "1,100.00", "202005", "138****0000"]
    return sample(
        DocumentKind.OPEN_ACCOUNTS,
        table=people(columns, rest, count=count),
        totals=(Total("人数合计", f"{count}人"), Total.of_fen("月缴额合计", 110_000 * count)),
    )


def seal_people(count: int) -> Document:
    columns = (money("月缴额"), Column("封存原因", 40), short("封存启用年月"))
    return sample(
        DocumentKind.SEAL,
        table=people(columns, ("3,589.74", "与单位终止劳动关系", "202005"), count=count),
        totals=(Total("封存人数", f"{count}人"), Total.of_fen("减少月缴额", 358_974 * count)),
    )


def unseal_people(count: int) -> Document:
    columns = (money("缴存基数"), money("月缴额"), Column("启封类型", 24), short("启用年月"))
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
        table=people((money("余额"),), ("141,411.37",), count=count),
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
        ACCOUNT,
        NAME,
        money("缴存基数", group="调整前"),
        money("缴存基数", group="调整后"),
        money("月缴存额", group="调整后"),
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
    columns = (short("汇缴年月"), Column("汇缴人数", 24, Align.RIGHT), money("汇缴金额"))
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
    columns = (money("补缴金额"), short("开始年月"), short("截止年月"))
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
