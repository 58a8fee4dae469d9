"""A made-up employer with one person, and a document taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt.documents.desk import Desk, KnownEmployer, KnownPerson
from services.receipt.rendering.document import Document


class Register:
    """Knows one other employer and one person; sealed facts open by turning them round, so that one that was not
    opened shows."""

    def employer(self, employer_no: str) -> KnownEmployer:
        return {"10700000020": KnownEmployer("张家口转入有限公司", "宣化管理部")}[employer_no]

    def people(self, account_nos: Sequence[str]) -> Mapping[str, KnownPerson]:
        known = {"2070000000019": KnownPerson("张䶮", "13070219850101001X")}
        return {account_no: known[account_no] for account_no in account_nos}


DESK = Desk("张家口市住房公积金", lambda sealed: sealed.decode()[::-1], Register())


HEADER = business_pb2.BusinessHeader(
    registration_no="2020042310000001",
    employer_no="10700000010",
    employer_name="张家口试验有限公司",
    branch_name="张家口市住房公积金管理中心桥东管理部",
    agent_name="李经办",
    business_date="2020-04-23",
)


PERSON = collection.AccountState(
    account_no="2070000000019",
    name="张䶮",
    id_number_sealed=b"X10010105891207031",
    mobile_sealed=b"43210000831",
    base_fen=1_631_700,
    employer_rate=12,
    employee_rate=10,
    employer_share_fen=195_804,
    employee_share_fen=163_170,
    effective_month=202004,
)


WHO = ("2070000000019", "张䶮", "13070219850101001X")


OPENED = collection.AccountsOpened(header=HEADER, accounts=[PERSON], total_monthly_fen=358_974)


REMITTED = deposit.RemittancePosted(
    header=HEADER,
    from_month=201910,
    to_month=201912,
    headcount=108,
    amount_fen=32_242_122,
    suspense_out_fen=32_242_122,
    suspense_after_fen=718_218_890,
    last_month=201909,
    last_headcount=107,
    last_amount_fen=10_700_000,
)


def columns(document: Document) -> list[str]:
    assert document.table is not None
    return [column.title for column in document.table.columns]


def rows(document: Document) -> list[tuple[str, ...]]:
    assert document.table is not None
    return [tuple(row) for row in document.table.rows]


def fields(document: Document) -> list[tuple[str, str]]:
    return [(field.label, field.value) for field in document.fields]


def totals(document: Document) -> list[tuple[str, str]]:
    return [(total.label, total.value) for total in document.totals]
