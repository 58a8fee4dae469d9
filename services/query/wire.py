"""Messages ↔ values of query: event messages to columns, rows to reply messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2 as deposit
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Row

from services.kit.idnumbers import mask_id_number, mask_mobile
from services.kit.vault import Vault
from services.query import domain
from services.query.domain import PeopleFilter
from services.query.models import employer

#: Purpose of the keyed index of id numbers.
ID_NUMBER = "id_number"

_EMPLOYER_DATES = ("founded_on", "opened_on", "closed_on")
#: As people have typed it; a log keeps what was once accepted, and one odd word must not stop an employer's events.
_TYPED_DATES = frozenset({"founded_on"})

# ---------------------------------------------------------------- events → columns


def employer_values(state: collection.EmployerState) -> dict[str, Any]:
    """Columns of `employer` that collection knows."""
    values = _fields_of(state)
    for name in _EMPLOYER_DATES:
        values[name] = _day(values[name], typed=name in _TYPED_DATES)
    return {**values, "registered": True}


def _day(text: str, *, typed: bool) -> date | None:
    """A date of an event, None when there is none; one that people have typed may be no date at all."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        if typed:
            return None
        raise


def account_values(state: collection.AccountState, *, vault: Vault) -> dict[str, Any]:
    """Columns of `person` that collection knows."""
    values = _fields_of(state)
    id_number = vault.open_text(state.id_number_sealed)
    return {
        **values,
        "registered": True,
        "id_number_index": vault.index(ID_NUMBER, id_number) if id_number else b"",
        "opened_on": date.fromisoformat(state.opened_on),
    }


def money_values(money: deposit.EmployerMoney) -> dict[str, Any]:
    """Columns of `employer` that deposit knows."""
    return _fields_of(money)


def ledger_values(line: deposit.LedgerLine) -> dict[str, Any]:
    """Columns of `ledger_line`."""
    values = _fields_of(line)
    del values["paid_through_month"]
    return {**values, "posted_on": date.fromisoformat(line.posted_on)}


def newest_balances(lines: Iterable[deposit.LedgerLine]) -> list[dict[str, Any]]:
    """Columns of `person` after these lines: of each account the line with the highest serial number."""
    newest: dict[str, deposit.LedgerLine] = {}
    for line in lines:
        known = newest.get(line.account_no)
        if known is None or known.serial_no < line.serial_no:
            newest[line.account_no] = line
    return [
        {
            "account_no": line.account_no,
            "employer_no": line.employer_no,
            "balance_fen": line.balance_after_fen,
            "paid_through_month": line.paid_through_month,
            "last_serial_no": line.serial_no,
        }
        for line in newest.values()
    ]


def statement_values(line: deposit.StatementLine, *, employer_no: str) -> dict[str, Any]:
    """Columns of `statement_line`."""
    posted_on = date.fromisoformat(line.posted_on)
    return {**_fields_of(line), "employer_no": employer_no, "posted_on": posted_on}


def _fields_of(message: Any) -> dict[str, Any]:
    """The fields of a flat message by name; tables name their columns after them."""
    return {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}


# ---------------------------------------------------------------- requests → values


def filter_of(message: pb.PeopleFilter, *, path: str) -> PeopleFilter:
    """The filter of a request, checked. Raises FILTER_CODE_UNKNOWN, ID_TYPE_REQUIRED with fields below `path`."""
    return domain.people_filter(
        id_type=message.id_type,
        id_number=message.id_number,
        account_no=message.account_no,
        status=message.status,
        path=path,
    )


def index_of(wanted: PeopleFilter, *, vault: Vault) -> bytes:
    """What the id number asked for is stored as; empty when none is."""
    return vault.index(ID_NUMBER, wanted.id_number) if wanted.id_number else b""


# ---------------------------------------------------------------- rows → replies

_EMPLOYER_PLAIN = frozenset(
    field.name for field in pb.Employer.DESCRIPTOR.fields if field.name in employer.c
) - {"founded_on", "opened_on"}

_STATEMENT_FIELDS = tuple(field.name for field in deposit.StatementLine.DESCRIPTOR.fields)


def employer_message(
    row: Row[Any], headcounts: Row[Any], *, titles: Mapping[str, str], vault: Vault
) -> pb.Employer:
    """An employer as the hall shows it; what identifies people is masked."""
    columns = row._mapping
    id_number = vault.open_text(bytes(row.legal_representative_id_number_sealed))
    return pb.Employer(
        **{name: columns[name] for name in _EMPLOYER_PLAIN},
        unit_kind_title=titles.get("unit_kind", ""),
        ownership_title=titles.get("ownership", ""),
        affiliation_title=titles.get("affiliation", ""),
        economic_type_title=titles.get("economic_type", ""),
        industry_title=titles.get("industry", ""),
        founded_on=_day_text(row.founded_on),
        opened_on=_day_text(row.opened_on),
        legal_representative_id_number_masked=mask_id_number(id_number),
        agent_mobile_masked=mask_mobile(vault.open_text(bytes(row.agent_mobile_sealed))),
        active_headcount=headcounts.active,
        sealed_headcount=headcounts.sealed,
        monthly_fen=int(headcounts.monthly_fen),
    )


def person_message(row: Row[Any], *, vault: Vault) -> pb.Person:
    return pb.Person(
        opened_on=_day_text(row.opened_on),
        account_no=row.account_no,
        name=row.name,
        id_type=row.id_type,
        id_number=vault.open_text(bytes(row.id_number_sealed)),
        status=row.status,
        balance_fen=row.balance_fen,
        paid_through_month=row.paid_through_month,
        base_fen=row.base_fen,
        employer_rate=row.employer_rate,
        employee_rate=row.employee_rate,
        employer_share_fen=row.employer_share_fen,
        employee_share_fen=row.employee_share_fen,
        mobile_masked=mask_mobile(vault.open_text(bytes(row.mobile_sealed))),
    )


def totals_message(row: Row[Any]) -> pb.PeopleTotals:
    return pb.PeopleTotals(
        headcount=row.headcount,
        balance_fen=row.total_fen,
        monthly_fen=row.monthly_fen,
    )


def ledger_message(row: Row[Any], title: str | None) -> pb.LedgerEntry:
    """A line as manual §4.4 shows it: 摘要 and 备注 in words; a code without a title stays a code."""
    summary = title or row.summary
    return pb.LedgerEntry(
        posted_on=_day_text(row.posted_on),
        serial_no=row.serial_no,
        base_fen=row.base_fen,
        summary=summary,
        debit_fen=row.debit_fen,
        credit_fen=row.credit_fen,
        balance_fen=row.balance_after_fen,
        transaction_type=row.transaction_type,
        from_month=row.from_month,
        to_month=row.to_month,
        remark=_remark(row, summary),
        registration_no=row.registration_no,
    )


def statement_message(row: Row[Any], title: str | None) -> deposit.StatementLine:
    columns = {name: row._mapping[name] for name in _STATEMENT_FIELDS}
    columns["posted_on"] = _day_text(row.posted_on)
    columns["summary"] = title or row.summary
    return deposit.StatementLine(**columns)


def _remark(row: Row[Any], summary: str) -> str:
    if row.corrects_serial_no:
        return f"{summary}，更正流水号 {row.corrects_serial_no}"
    return summary


def _day_text(day: date | None) -> str:
    return day.isoformat() if day else ""
