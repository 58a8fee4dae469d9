"""The bank's daily file is read whole or refused with its reason: CSV, and camt.053 of old and new versions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deposit.bank_files import read_camt_053, read_csv
from services.deposit.bank_files.values import ENTRIES_MAX
from services.deposit.domain.reconciliation import BankEntry, EntryKind
from services.kit.errors import DomainError
from services.kit.money import format_yuan

DAY = date(2019, 9, 20)
HEAD = "value_date,bank_reference,amount\n"
BACK = "<RvslInd>true</RvslInd>"


def camt(*entries: str, head: str = "", account: str = "", version: str = "08") -> bytes:
    return (
        f'{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<Stmt>{account}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(
    reference: str,
    yuan: str,
    *,
    side: str = "CRDT",
    extra: str = "",
    currency: str = "CNY",
    state: str = "<Sts><Cd>BOOK</Cd></Sts>",
    dated: str = "<ValDt><Dt>2019-09-20</Dt></ValDt>",
    details: str = "",
) -> str:
    named = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{yuan}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}{state}{dated}{named}'
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def detail(reference: str, amount: str, *, side: str = "") -> str:
    named = f"<Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs>" if reference else ""
    return f"<TxDtls>{named}{amount}{side}</TxDtls>"


def direct(yuan: str) -> str:
    return f'<Amt Ccy="CNY">{yuan}</Amt>'


def read(*entries: str, **options: str) -> list[tuple[str, int, EntryKind]]:
    account = options.pop("own", "")
    found = read_camt_053(camt(*entries, **options), DAY, account=account)
    return [(each.bank_reference, each.amount_fen, each.kind) for each in found]


def fault(*entries: str, **options: str) -> str:
    with pytest.raises(DomainError) as refused:
        read(*entries, **options)
    assert refused.value.reason.code == "BANK_FILE_INVALID"
    return refused.value.facts["fault"]


def csv_fault(content: str) -> str:
    with pytest.raises(DomainError) as refused:
        read_csv(content.encode(), DAY)
    assert refused.value.reason.code == "BANK_FILE_INVALID"
    return refused.value.facts["fault"]


# ---------------------------------------------------------------- CSV


def test_lines_of_the_day_are_read_with_their_places() -> None:
    content = (
        f'{HEAD}2019-09-20,A,"1,000.00"\n2019-09-19,B,1\n2019-09-20,C,-2.5\n2019-09-20,号,-1\n'
    )

    assert read_csv(content.encode("gb18030"), DAY) == [
        BankEntry("A", 100_000, 2),
        BankEntry("C", 250, 4, EntryKind.WENT_OUT),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEAD}2019-09-20,A,1,000.00\n", "第 2 行的列数多于首行，含逗号的金额应加引号"),
        (f"{HEAD}2019-09-19,A,1,000.00\n", "第 2 行的列数多于首行，含逗号的金额应加引号"),
        ("value_date,bank_reference,amount,amount\n2019-09-20,A,1,9\n", "首行有重复的列名"),
        (f"{HEAD}20190920,A,1\n", "第 2 行的日期应为 YYYY-MM-DD"),
        (f"{HEAD}2019-W38-5,A,1\n", "第 2 行的日期应为 YYYY-MM-DD"),
        (f"{HEAD}2019-09-20,A\n", "第 2 行的金额应为最多两位小数的元"),
        (f"{HEAD}2019-09-20,A,1e2\n", "第 2 行的金额应为最多两位小数的元"),
        (f"{HEAD}2019-09-20,,1\n", "第 2 行没有银行流水号"),
    ],
)
def test_a_line_that_could_mean_something_else_is_refused(content: str, said: str) -> None:
    assert csv_fault(content) == said


def test_more_money_than_a_reply_can_say_is_refused() -> None:
    line = "2019-09-20,R{},9999999999999.99\n"

    assert csv_fault(HEAD + "".join(map(line.format, range(9_300)))) == "金额合计过大"
    assert fault(*[entry(f"R{n}", "9999999999999.99") for n in range(9_300)]) == "金额合计过大"


def test_more_entries_than_a_day_has_are_refused() -> None:
    lines = "".join(f"2019-09-20,R{n},1\n" for n in range(ENTRIES_MAX + 1))

    assert csv_fault(HEAD + lines) == "不能超过 50000 笔"


# ---------------------------------------------------------------- camt.053


def test_each_entry_is_what_its_signs_say() -> None:
    assert read(
        entry("A", "100.00"),
        entry("B", "1.00", side=" CRDT\n"),
        entry("C", "2.00", side="DBIT", extra=BACK),
        entry("D", "3.00", state="<Sts>PDNG</Sts>"),
        entry("E", "4.00", side="DBIT"),
        entry("F", "5.00", extra=BACK),
        entry("G", "6.00", state=""),
        entry("H", "7.00", dated="<ValDt><Dt>2019-09-21</Dt></ValDt>"),
        entry("I", "8.00", extra="<RvslInd> 0 </RvslInd>"),
    ) == [
        ("A", 10_000, EntryKind.BOOKED),
        ("B", 100, EntryKind.BOOKED),
        ("C", 200, EntryKind.TAKEN_BACK),
        ("D", 300, EntryKind.PENDING),
        ("G", 600, EntryKind.BOOKED),
        ("I", 800, EntryKind.BOOKED),
    ]


def test_comments_and_instructions_are_not_part_of_a_value() -> None:
    assert read(entry("A<!-- x -->B<?y z?>C", "1<!-- x -->00.<?y z?>00")) == [
        ("ABC", 10_000, EntryKind.BOOKED)
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (entry("A<b/>C", "1.00"), "第 1 笔的 AcctSvcrRef 含有其他元素"),
        (entry("A", "1<b/>00.00"), "第 1 笔的 Amt 含有其他元素"),
        (entry("A", "1.00", side="C<b/>RDT"), "第 1 笔的 CdtDbtInd 含有其他元素"),
        (entry("A", "1.00", side="CREDIT"), "第 1 笔的 CdtDbtInd 不是 CRDT 或 DBIT"),
        (entry("A", "1.00", side=""), "第 1 笔的 CdtDbtInd 不是 CRDT 或 DBIT"),
        (entry("A", "1.00", extra="<RvslInd>yes</RvslInd>"), "第 1 笔的 RvslInd 无法识别"),
        (entry("A", "1.00", state="<Sts><Cd>DONE</Cd></Sts>"), "第 1 笔的状态无法识别"),
        (entry("A", "1.00", state="<Sts><Prtry>X</Prtry></Sts>"), "第 1 笔的 Sts 含有其他元素"),
        (entry("A", "1.00", currency="USD"), "第 1 笔的币种不是 CNY"),
        (entry("A", "1.00", currency="USD", side="DBIT"), "第 1 笔的币种不是 CNY"),
        (entry("A", "1.00", extra="<AcctSvcrRef>B</AcctSvcrRef>"), "第 1 笔有重复的 AcctSvcrRef"),
        (entry("A", "1.00", extra=direct("2.00")), "第 1 笔有重复的 Amt"),
        (entry("A", "1.00", extra="<CdtDbtInd>DBIT</CdtDbtInd>"), "第 1 笔有重复的 CdtDbtInd"),
        (entry("A", "-1.00"), "第 1 笔的金额为负"),
        (entry("A", "1.00", dated="<ValDt><Dt>20190920</Dt></ValDt>"), "第 1 笔的日期应为 YYYY-MM-DD"),
        (entry("A", "1.00", dated=""), "第 1 笔的日期应为 YYYY-MM-DD"),
        (entry("", "1.00"), "第 1 笔没有银行流水号"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_whole_is_refused(written: str, said: str) -> None:
    assert fault(written) == said


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE Document>",
        '<!DOCTYPE d [<!ENTITY x "B">]>',
        '<!DOCTYPE d SYSTEM "file:///etc/passwd">',
    ],
)
def test_a_file_with_a_doctype_is_refused(doctype: str) -> None:
    assert fault(entry("A", "100.00"), head=doctype) == "不得含有 DOCTYPE"
    assert fault(entry("A&x;", "100.00"), head=doctype) in {"不得含有 DOCTYPE", "不是有效的 XML"}


IBAN = "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>"
OTHER = "<Acct><Id><Othr><Id>6222 0001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
DOLLARS = "<Acct><Id><Othr><Id>62220001</Id></Othr></Id><Ccy>USD</Ccy></Acct>"


@pytest.mark.parametrize(
    ("account", "own", "is_read"),
    [
        (IBAN, "DE89 3704 0044 0532 0130 00", True),
        (OTHER, "62220001", True),
        (OTHER, "", True),
        ("", "", True),
        (OTHER, "62220002", False),
        (IBAN, "62220001", False),
        ("", "62220001", False),
        (DOLLARS, "62220001", False),
        (DOLLARS, "", False),
    ],
)
def test_a_statement_is_of_the_centres_account_in_yuan(
    account: str, own: str, is_read: bool
) -> None:
    if is_read:
        assert read(entry("A", "1.00"), account=account, own=own) == [("A", 100, EntryKind.BOOKED)]
    else:
        said = fault(entry("A", "1.00"), account=account, own=own)
        assert said in {"对账单的账户不是本中心的账户", "对账单的币种不是 CNY"}


def test_a_message_without_a_statement_says_nothing_of_a_day() -> None:
    content = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>'

    with pytest.raises(DomainError) as refused:
        read_camt_053(content, DAY, account="")

    assert refused.value.facts["fault"] == "报文中没有对账单"


# ---------------------------------------------------------------- several payments in one entry


@pytest.mark.parametrize(
    "amounts",
    [
        (direct("100.00"), direct("200.00")),
        (f"<AmtDtls><TxAmt>{direct('100.00')}</TxAmt></AmtDtls>",
         f"<AmtDtls><InstdAmt>{direct('200.00')}</InstdAmt></AmtDtls>"),
        (f"<AmtDtls><InstdAmt>{direct('9')}</InstdAmt><TxAmt>{direct('100')}</TxAmt></AmtDtls>",
         f"{direct('200')}<AmtDtls><InstdAmt>{direct('9')}</InstdAmt></AmtDtls>"),
    ],
    ids=["of its own", "TxAmt or InstdAmt", "what moved before what was instructed"],
)  # fmt: skip
def test_several_payments_of_one_entry_are_compared_each(amounts: tuple[str, str]) -> None:
    details = detail("A", amounts[0]) + detail("B", amounts[1])

    assert read(entry("", "300.00", details=details)) == [
        ("A", 10_000, EntryKind.BOOKED),
        ("B", 20_000, EntryKind.BOOKED),
    ]


def test_one_transaction_or_several_without_references_are_the_entry_itself() -> None:
    one = detail("A", "")
    unnamed = detail("", direct("1.00")) + detail("", direct("2.00"))

    assert read(entry("", "3.00", details=one), entry("B", "3.00", details=unnamed)) == [
        ("A", 300, EntryKind.BOOKED),
        ("B", 300, EntryKind.BOOKED),
    ]


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (detail("A", direct("100.00")) + detail("B", ""), "第 1 笔第 2 项明细没有金额，无法逐笔核对"),
        (detail("A", direct("1.00")) + detail("B", direct("2.00")), "第 1 笔的明细合计与该笔金额不符"),
        (detail("A", direct("100.00")) + detail("", direct("200.00")), "第 1 笔第 2 项明细没有银行流水号"),
        (detail("A", direct("100.00")) + detail("B", direct("200.00").replace("CNY", "USD")),
         "第 1 笔第 2 项明细的币种不是 CNY"),
        (detail("A", direct("100.00")) + detail("B", direct("200.00"), side="<CdtDbtInd>DBIT</CdtDbtInd>"),
         "第 1 笔第 2 项明细与该笔收付方向不同"),
    ],
)  # fmt: skip
def test_an_entry_whose_payments_cannot_be_told_apart_is_refused(details: str, said: str) -> None:
    assert fault(entry("", "300.00", details=details)) == said


# ---------------------------------------------------------------- against a simple model

PAYMENTS = st.lists(
    st.tuples(st.integers(1, 99), st.integers(1, 10**15 - 1)), min_size=1, max_size=6
)


@given(PAYMENTS, st.booleans(), st.sampled_from(["02", "08"]))
def test_what_a_bank_writes_is_what_is_read(
    payments: list[tuple[int, int]], in_one_entry: bool, version: str
) -> None:
    """The same payments as CSV, as entries and as one batch, in the forms of an old and of a new version."""
    known = [(f"R{number}", fen) for number, fen in payments]
    lines = "".join(f"2019-09-20,{ref},{format_yuan(fen)}\n" for ref, fen in known)
    state = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    total = sum(fen for _, fen in known)
    if in_one_entry and total < 10**15:
        amounts = [(ref, direct(format_yuan(fen))) for ref, fen in known]
        if version == "02":
            amounts = [(ref, f"<AmtDtls><TxAmt>{amt}</TxAmt></AmtDtls>") for ref, amt in amounts]
        details = "".join(detail(ref, amount) for ref, amount in amounts)
        entries = [entry("", format_yuan(total), state=state, details=details)]
    else:
        entries = [entry(ref, format_yuan(fen), state=state) for ref, fen in known]

    found = read(*entries, version=version)

    assert found == [(ref, fen, EntryKind.BOOKED) for ref, fen in known]
    from_csv = read_csv((HEAD + lines).encode(), DAY)
    assert [(each.bank_reference, each.amount_fen) for each in from_csv] == known
