"""Events of made-up employers and people, as collection and deposit send them."""

from __future__ import annotations

from itertools import count

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from tests.store.stage import VAULT

AGENT_MOBILE = "13800001234"

# Whatever is told of an account later is newer.
_revisions = count(1)


def header(employer_no: str, registration_no: str, kind: int) -> business_pb2.BusinessHeader:
    return business_pb2.BusinessHeader(
        registration_no=registration_no,
        kind=kind,
        employer_no=employer_no,
        employer_name="张家口试验有限公司",
        branch_name="张家口市住房公积金管理中心桥东管理部",
        agent_name="李经办",
        business_date="2019-09-20",
    )


def employer_state(employer_no: str, **changes: object) -> collection.EmployerState:
    fields = {
        "employer_no": employer_no,
        "name": "张家口试验有限公司",
        "unit_kind": "30",
        "industry": "J",
        "legal_representative": "王法人",
        "legal_representative_id_number_sealed": VAULT.seal_text("130702197001010013"),
        "agent_name": "李经办",
        "agent_mobile_sealed": VAULT.seal_text(AGENT_MOBILE),
        "branch_name": "张家口市住房公积金管理中心桥东管理部",
        "status": "02",
        "opened_on": "2019-07-01",
        "first_month": 201907,
        **changes,
    }
    return collection.EmployerState(**fields)


def registered(
    employer_no: str, state: collection.EmployerState | None = None
) -> collection.EmployerRegistered:
    kind = business_pb2.BUSINESS_KIND_REGISTER_EMPLOYER
    return collection.EmployerRegistered(
        header=header(employer_no, f"R{employer_no}1", kind),
        employer=state or employer_state(employer_no),
    )


def roster_released(employer_no: str, **changes: object) -> collection.RosterReleased:
    """The end of a remittance that was posted: the employer as it stands now."""
    return collection.RosterReleased(
        registration_no=f"R{employer_no}4",
        posted=True,
        employer=employer_state(employer_no, **changes),
    )


def transferred(
    source: str, target: str, number: int
) -> tuple[collection.AccountsTransferredOut, collection.AccountsTransferredIn]:
    """Person `number` of `source` moves to `target` with 2850.86."""
    kind = business_pb2.BUSINESS_KIND_TRANSFER
    left_with = next(_revisions)
    person = account(source, number)
    person.employer_no = target
    return (
        collection.AccountsTransferredOut(
            header=header(source, f"R{source}5", kind),
            target_employer_no=target,
            target_employer_name="张家口转入有限公司",
            people=[
                collection.TransferredPerson(
                    account_no=person.account_no,
                    name=person.name,
                    id_number_sealed=person.id_number_sealed,
                    balance_fen=285_086,
                    revision=left_with,
                )
            ],
            amount_fen=285_086,
        ),
        collection.AccountsTransferredIn(
            header=header(target, f"R{source}5", kind),
            source_employer_no=source,
            accounts=[person],
            amount_fen=285_086,
        ),
    )


def account(employer_no: str, number: int, **changes: object) -> collection.AccountState:
    """Person `number` of the employer: base 5000.00 at 12 % + 10 %, 1100.00 a month."""
    fields = {
        "account_no": account_no(employer_no, number),
        "employer_no": employer_no,
        "name": f"试验{number}",
        "id_type": "01",
        "id_number_sealed": VAULT.seal_text(id_number(number)),
        "mobile_sealed": VAULT.seal_text(mobile(number)),
        "status": "01",
        "base_fen": 500_000,
        "employer_rate": 12,
        "employee_rate": 10,
        "employer_share_fen": 60_000,
        "employee_share_fen": 50_000,
        "opened_on": "2019-07-01",
        "effective_month": 201907,
        "revision": next(_revisions),
        **changes,
    }
    return collection.AccountState(**fields)


def account_no(employer_no: str, number: int) -> str:
    return f"A{employer_no}{number:03d}"


def id_number(number: int) -> str:
    return f"1307021985010{number:04d}X"


def mobile(number: int) -> str:
    return f"139{number:08d}"


def opened(employer_no: str, *accounts: collection.AccountState) -> collection.AccountsOpened:
    return collection.AccountsOpened(
        header=header(employer_no, f"R{employer_no}2", business_pb2.BUSINESS_KIND_OPEN_ACCOUNTS),
        accounts=accounts,
        total_monthly_fen=sum(a.employer_share_fen + a.employee_share_fen for a in accounts),
    )


def money(employer_no: str, suspense_fen: int, balance_fen: int) -> deposit.EmployerMoney:
    return deposit.EmployerMoney(
        employer_no=employer_no, suspense_fen=suspense_fen, balance_fen=balance_fen
    )


def paid_in(
    employer_no: str, amount_fen: int, *, day: str = "2019-09-18"
) -> deposit.BankPaymentRecorded:
    registration_no = f"R{employer_no}3"
    kind = business_pb2.BUSINESS_KIND_BANK_PAYMENT
    return deposit.BankPaymentRecorded(
        header=header(employer_no, registration_no, kind),
        amount_fen=amount_fen,
        money=money(employer_no, amount_fen, 0),
        statement=deposit.StatementLine(
            statement_no=1,
            registration_no=registration_no,
            posted_on=day,
            kind=kind,
            summary="1213",
            amount_fen=amount_fen,
            suspense_in_fen=amount_fen,
            suspense_after_fen=amount_fen,
            transaction_type="0",
        ),
    )


def remitted(employer_no: str, *, people: int = 1) -> deposit.RemittancePosted:
    """One month, 201907, for people at 1100.00 each, from a suspense of 10000.00."""
    registration_no = f"R{employer_no}4"
    kind = business_pb2.BUSINESS_KIND_REMITTANCE
    amount = people * 110_000
    return deposit.RemittancePosted(
        header=header(employer_no, registration_no, kind),
        from_month=201907,
        to_month=201907,
        headcount=people,
        amount_fen=amount,
        suspense_out_fen=amount,
        suspense_after_fen=1_000_000 - amount,
        money=money(employer_no, 1_000_000 - amount, amount),
        statement=deposit.StatementLine(
            statement_no=2,
            registration_no=registration_no,
            posted_on="2019-09-20",
            kind=kind,
            summary="1219",
            headcount=people,
            amount_fen=amount,
            from_month=201907,
            to_month=201907,
            suspense_out_fen=amount,
            suspense_after_fen=1_000_000 - amount,
            balance_after_fen=amount,
            transaction_type="0",
        ),
        line_chunks=1,
    )


def back_paid(employer_no: str, number: int) -> deposit.BackPaymentPosted:
    """1100.00 for 201901 of person `number`."""
    kind = business_pb2.BUSINESS_KIND_BACK_PAYMENT
    return deposit.BackPaymentPosted(
        header=header(employer_no, f"R{employer_no}6", kind),
        kind=deposit.BACK_PAYMENT_KIND_FULL,
        headcount=1,
        amount_fen=110_000,
        suspense_out_fen=110_000,
        suspense_after_fen=890_000,
        lines=[
            deposit.BackPaymentLine(
                row_number=1,
                account_no=account_no(employer_no, number),
                from_month=201901,
                to_month=201901,
                amount_fen=110_000,
            )
        ],
        money=money(employer_no, 890_000, 110_000),
        statement=deposit.StatementLine(
            statement_no=3,
            registration_no=f"R{employer_no}6",
            posted_on="2019-09-20",
            kind=kind,
            headcount=1,
            amount_fen=110_000,
            from_month=201901,
            to_month=201901,
            suspense_out_fen=110_000,
            suspense_after_fen=890_000,
            transaction_type="0",
        ),
    )


def reversed_business(employer_no: str, registration_no: str) -> deposit.BusinessReversed:
    """A remittance of 1100.00 is taken back on the same day."""
    kind = business_pb2.BUSINESS_KIND_REVERSAL
    return deposit.BusinessReversed(
        header=header(employer_no, f"R{employer_no}7", kind),
        reversed_registration_no=registration_no,
        reversed_kind=business_pb2.BUSINESS_KIND_REMITTANCE,
        transaction_type="7",
        from_month=201907,
        to_month=201907,
        headcount=1,
        amount_fen=110_000,
        suspense_in_fen=110_000,
        suspense_after_fen=1_000_000,
        reason="汇缴年月有误",
        money=money(employer_no, 1_000_000, 0),
        statement=deposit.StatementLine(
            statement_no=4,
            registration_no=f"R{employer_no}7",
            posted_on="2019-09-20",
            kind=kind,
            headcount=1,
            amount_fen=110_000,
            from_month=201907,
            to_month=201907,
            suspense_in_fen=110_000,
            suspense_after_fen=1_000_000,
            transaction_type="7",
        ),
    )


def line(employer_no: str, number: int, serial_no: int, **changes: object) -> deposit.LedgerLine:
    """A line of person `number`: 1100.00 credited for 201907."""
    fields = {
        "serial_no": serial_no,
        "account_no": account_no(employer_no, number),
        "employer_no": employer_no,
        "posted_on": "2019-09-20",
        "business_kind": "01",
        "transaction_type": "0",
        "summary": "1219",
        "credit_fen": 110_000,
        "balance_after_fen": 110_000,
        "base_fen": 500_000,
        "from_month": 201907,
        "to_month": 201907,
        "registration_no": f"R{employer_no}4",
        "paid_through_month": 201907,
        **changes,
    }
    return deposit.LedgerLine(**fields)


def lines(*each: deposit.LedgerLine) -> deposit.LedgerLinesPosted:
    return deposit.LedgerLinesPosted(registration_no="R", chunk=1, chunks=1, lines=each)
