"""The bank's file as ISO 20022 camt.053, of any version: entries of the centre's account, in CNY.

XML is read without entities, network or DTD, and every value is one whole text: comments are dropped, and an element
where a value should be is refused, so that nothing is read in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from services.deposit.bank_files.values import (
    Entries,
    check_size,
    day_of,
    fen_of,
    invalid,
    reference_of,
)
from services.deposit.domain.bank_spelling import narrow
from services.deposit.domain.reconciliation import BankEntry, EntryKind

CURRENCY = "CNY"
CREDIT, DEBIT = "CRDT", "DBIT"
# What `Sts` says of an entry that is on the account; the others are only announced.
_BOOKED = "BOOK"
_STATES = frozenset({_BOOKED, "PDNG", "INFO", "FUTR"})
_BOOLEANS = {"": False, "false": False, "0": False, "true": True, "1": True}
# xs:date or xs:dateTime; the bank's own local time, so that its date is the date.
_DATED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")
# Where the amount of a transaction stands, from version 3 on and before.
_AMOUNTS = ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt", "{*}AmtDtls/{*}InstdAmt/{*}Amt")


def read_camt_053(content: bytes, value_date: date, *, account: str) -> list[BankEntry]:
    """Entries of one value date about incoming payments: booked, pending, taken back. Every statement must be of
    `account` (IBAN or other id) unless that is empty. Raises BANK_FILE_INVALID with the entry at fault."""
    root = _document(content)
    _check_account(root, account)
    entries = Entries()
    for place, entry in enumerate(root.iter("{*}Ntry"), start=1):
        where = f"第 {place} 笔"
        _check_currency(_only(entry, "{*}Amt", where=where), where=where)
        kind = _kind_of(entry, where=where)
        if kind is None or _day(entry, where=where) != value_date:
            continue
        for reference, fen in _payments_of(entry, where=where):
            entries.add(BankEntry(reference, fen, place, kind))
    return entries.found


def _document(content: bytes) -> etree._Element:
    check_size(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise invalid("不是有效的 XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise invalid("不得含有 DOCTYPE")
    if not root.tag.endswith("}Document") or "camt.053" not in root.tag:
        raise invalid("不是 camt.053 报文")
    return root


def _check_account(root: etree._Element, account: str) -> None:
    statements = root.findall(".//{*}Stmt")
    if not statements:
        raise invalid("报文中没有对账单")
    for statement in statements:
        currency = _first_text(statement, "{*}Acct/{*}Ccy", where="账户")
        if currency not in ("", CURRENCY):
            raise invalid(f"对账单的币种不是 {CURRENCY}")
        found = _first_text(
            statement, "{*}Acct/{*}Id/{*}IBAN", "{*}Acct/{*}Id/{*}Othr/{*}Id", where="账户"
        )
        if _account_of(account) not in ("", _account_of(found)):
            raise invalid("对账单的账户不是本中心的账户")


def _account_of(written: str) -> str:
    """An account's number as people group it in blocks of four is the same number."""
    return "".join(narrow(written).split())


# ---------------------------------------------------------------- one entry


def _kind_of(entry: etree._Element, *, where: str) -> EntryKind | None:
    """None for what is not about a payment that comes in: one that goes out, or the return of such a one."""
    came_in = _side(entry, where=where) == CREDIT
    reverses = _BOOLEANS.get(_first_text(entry, "{*}RvslInd", where=where))
    if reverses is None:
        raise invalid(f"{where}的 RvslInd 无法识别")
    state = _state(entry, where=where)
    if came_in == reverses:
        return None
    if state != _BOOKED:
        return EntryKind.PENDING if came_in else None
    return EntryKind.BOOKED if came_in else EntryKind.TAKEN_BACK


def _side(element: etree._Element, *, where: str) -> str:
    side = _first_text(element, "{*}CdtDbtInd", where=where)
    if side not in (CREDIT, DEBIT):
        raise invalid(f"{where}的 CdtDbtInd 不是 {CREDIT} 或 {DEBIT}")
    return side


def _state(entry: etree._Element, *, where: str) -> str:
    """`Sts` holds the code itself up to version 2 of the message, and in an element of its own from 8 on."""
    if entry.find("{*}Sts") is None:
        return _BOOKED
    has_code = entry.find("{*}Sts/{*}Cd") is not None
    state = _first_text(entry, "{*}Sts/{*}Cd" if has_code else "{*}Sts", where=where)
    if state not in _STATES:
        raise invalid(f"{where}的状态无法识别")
    return state


def _day(entry: etree._Element, *, where: str) -> date:
    paths = ("{*}ValDt/{*}Dt", "{*}ValDt/{*}DtTm", "{*}BookgDt/{*}Dt", "{*}BookgDt/{*}DtTm")
    dated = _DATED.fullmatch(_first_text(entry, *paths, where=where))
    return day_of(dated[1] if dated else "", where=where)


def _payments_of(entry: etree._Element, *, where: str) -> Iterator[tuple[str, int]]:
    """Reference and fen of each payment of an entry: the entry's own, or those of its transactions when the bank booked
    several at once and names each."""
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    references = [_first_text(each, "{*}Refs/{*}AcctSvcrRef", where=where) for each in details]
    whole = _fen(_only(entry, "{*}Amt", where=where), where=where)
    if len(details) < 2 or not any(references):
        reference = _first_text(entry, "{*}AcctSvcrRef", where=where) or "".join(references)
        yield reference_of(reference, where=where), whole
        return
    total = 0
    for number, (detail, reference) in enumerate(zip(details, references, strict=True), start=1):
        part = f"{where}第 {number} 项明细"
        if detail.find("{*}CdtDbtInd") is not None and _side(detail, where=part) != _side(
            entry, where=where
        ):
            raise invalid(f"{part}与该笔收付方向不同")
        fen = _fen_of_detail(detail, where=part)
        total += fen
        yield reference_of(reference, where=part), fen
    if total != whole:
        raise invalid(f"{where}的明细合计与该笔金额不符")


def _fen_of_detail(detail: etree._Element, *, where: str) -> int:
    amounts = (_only(detail, path, where=where) for path in _AMOUNTS)
    amount = next((each for each in amounts if each is not None), None)
    if amount is None:
        raise invalid(f"{where}没有金额，无法逐笔核对")
    return _fen(amount, where=where)


# ---------------------------------------------------------------- leaves


def _check_currency(amount: etree._Element | None, *, where: str) -> None:
    if amount is None:
        raise invalid(f"{where}没有金额")
    if amount.get("Ccy") != CURRENCY:
        raise invalid(f"{where}的币种不是 {CURRENCY}")


def _fen(amount: etree._Element, *, where: str) -> int:
    _check_currency(amount, where=where)
    fen = fen_of(_text_of(amount, where=where), where=where)
    if fen < 0:
        raise invalid(f"{where}的金额为负")
    return fen


def _first_text(element: etree._Element, *paths: str, where: str) -> str:
    """The first value that is there and not blank, empty when none is."""
    found = (_only(element, path, where=where) for path in paths)
    texts = (_text_of(each, where=where) for each in found if each is not None)
    return next((text for text in texts if text), "")


def _only(element: etree._Element, path: str, *, where: str) -> etree._Element | None:
    """The element of that path: of two nobody can say which counts."""
    found = element.findall(path)
    if len(found) > 1:
        raise invalid(f"{where}有重复的 {etree.QName(found[0]).localname}")
    return found[0] if found else None


def _text_of(leaf: etree._Element, *, where: str) -> str:
    if len(leaf):
        raise invalid(f"{where}的 {etree.QName(leaf).localname} 含有其他元素")
    return (leaf.text or "").strip()
