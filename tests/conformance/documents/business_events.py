"""The events of the businesses as their owners send them, with as many people as a test wants.

The employer and the rare names are those of `sample_parts`; sealed facts are the plain bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.kit.businesses import centre_agent
from services.receipt.documents.desk import Desk, KnownEmployer, KnownPerson
from tests.conformance.documents.sample_parts import CENTRE, person

HEADER = business_pb2.BusinessHeader(
    registration_no="2020042400000123",
    employer_no="130700012345",
    employer_name="张家口市测试科技股份有限公司（𠮷林分公司）",
    branch_name="张家口市住房公积金管理中心桥东管理部",
    agent_name="单位经办人",
    business_date="2020-04-24",
)


#: The same where the centre's staff did it.
BY_STAFF = business_pb2.BusinessHeader()
BY_STAFF.CopyFrom(HEADER)
BY_STAFF.agent_name = centre_agent("staff:wangfang")


class MadeUpRegister:
    """Everybody is known: the n-th person by their account number."""

    def employer(self, employer_no: str) -> KnownEmployer:
        return KnownEmployer("张家口市转入测试有限公司", "宣化管理部")

    def people(self, account_nos: Sequence[str]) -> Mapping[str, KnownPerson]:
        numbers = {account_no: int(account_no[4:]) for account_no in account_nos}
        return {no: KnownPerson(*person(number)[1:]) for no, number in numbers.items()}


DESK = Desk(CENTRE, lambda sealed: sealed.decode(), MadeUpRegister())


def accounts(count: int) -> list[collection.AccountState]:
    """Base 5000.00 at 12 % and 10 %: 600.00 and 500.00 a month."""
    found = []
    for account_no, name, id_number in map(person, range(count)):
        found.append(
            collection.AccountState(
                account_no=account_no,
                name=name,
                id_number_sealed=id_number.encode(),
                mobile_sealed=b"13800001234",
                base_fen=500_000,
                employer_rate=12,
                employee_rate=10,
                employer_share_fen=60_000,
                employee_share_fen=50_000,
                effective_month=202005,
            )
        )
    return found


def accounts_opened(count: int) -> collection.AccountsOpened:
    return collection.AccountsOpened(
        header=HEADER, accounts=accounts(count), total_monthly_fen=110_000 * count
    )


def accounts_sealed(count: int) -> collection.AccountsSealed:
    people = accounts(count)
    return collection.AccountsSealed(
        header=HEADER,
        accounts=people,
        people=[
            collection.SealedPerson(
                account_no=each.account_no,
                seal_reason_title="与单位终止劳动关系",
                effective_month=202005,
                monthly_fen=358_974,
            )
            for each in people
        ],
        reduced_monthly_fen=358_974 * count,
    )


def accounts_unsealed(count: int) -> collection.AccountsUnsealed:
    people = accounts(count)
    return collection.AccountsUnsealed(
        header=HEADER,
        accounts=people,
        people=[
            collection.UnsealedPerson(
                account_no=each.account_no,
                unseal_kind_title="正常启封",
                effective_month=202005,
                base_fen=500_000,
                monthly_fen=110_000,
            )
            for each in people
        ],
        added_monthly_fen=110_000 * count,
    )


def transferred_out(count: int) -> collection.AccountsTransferredOut:
    return collection.AccountsTransferredOut(
        header=HEADER,
        target_employer_no="130700054321",
        target_employer_name="张家口市转入测试有限公司",
        people=[
            collection.TransferredPerson(
                account_no=each.account_no,
                name=each.name,
                id_number_sealed=each.id_number_sealed,
                balance_fen=14_141_137,
            )
            for each in accounts(count)
        ],
        amount_fen=14_141_137 * count,
    )


def transferred_in(count: int) -> collection.AccountsTransferredIn:
    return collection.AccountsTransferredIn(
        header=HEADER,
        source_employer_no="130700054321",
        accounts=accounts(count),
        amount_fen=14_141_137 * count,
    )


def profile_changed(count: int) -> collection.ProfileChanged:
    return collection.ProfileChanged(
        header=HEADER,
        changes=[
            collection.ProfileFieldChange(
                title=f"单位地址{number}",
                before="" if number % 2 else "桥东区建设东街27号",
                after="桥西区长城西大街10号，" * 8,
            )
            for number in range(count)
        ],
    )


def rates_changed(count: int) -> collection.RatesChanged:
    """The manual's example: 12 and 10 to 10 and 10, on both sides."""
    before = collection.RateLimits(
        employer_rate_min=10, employer_rate_max=12, employee_rate_min=10, employee_rate_max=12
    )
    after = collection.RateLimits(
        employer_rate_min=10, employer_rate_max=10, employee_rate_min=10, employee_rate_max=10
    )
    return collection.RatesChanged(
        header=HEADER,
        before=before,
        after=after,
        accounts=accounts(count),
        effective_month=202005,
    )


def bases_changed(count: int) -> collection.BasesChanged:
    """The manual's sums; each person from 16317.00 to 16527.00 at 22 %."""
    return collection.BasesChanged(
        header=HEADER,
        changes=[
            collection.BaseChange(
                account_no=each.account_no,
                name=each.name,
                base_before_fen=1_631_700,
                base_after_fen=1_652_700,
                monthly_before_fen=358_974,
                monthly_after_fen=363_594,
            )
            for each in accounts(count)
        ],
        total_base_before_fen=48_182_000,
        total_base_after_fen=48_203_000,
        total_monthly_before_fen=10_600_040,
        total_monthly_after_fen=10_604_660,
        effective_month=202005,
    )


def employer_closed(_: int) -> collection.EmployerClosed:
    return collection.EmployerClosed(
        header=HEADER,
        employer=collection.EmployerState(closed_on="2020-04-24"),
        close_reason_title="破产",
    )


def remittance_posted(count: int) -> deposit.RemittancePosted:
    return deposit.RemittancePosted(
        header=HEADER,
        from_month=202001,
        to_month=202001,
        headcount=count,
        amount_fen=32_242_122,
        suspense_out_fen=32_242_122,
        suspense_after_fen=718_218_890,
        last_month=201912,
        last_headcount=108,
        last_amount_fen=34_279_564,
        statement=statement(business_pb2.BUSINESS_KIND_REMITTANCE, headcount=count),
    )


def back_payment_posted(count: int) -> deposit.BackPaymentPosted:
    return deposit.BackPaymentPosted(
        header=HEADER,
        kind=deposit.BACK_PAYMENT_KIND_ARBITRARY,
        headcount=count,
        amount_fen=100_000 * count,
        suspense_out_fen=100_000 * count,
        suspense_after_fen=103_736_424,
        lines=[
            deposit.BackPaymentLine(
                account_no=each.account_no,
                from_month=201901,
                to_month=201912,
                amount_fen=100_000,
            )
            for each in accounts(count)
        ],
    )


def business_reversed(count: int) -> deposit.BusinessReversed:
    return deposit.BusinessReversed(
        header=BY_STAFF,
        reversed_registration_no="2020042300000007",
        reversed_kind=business_pb2.BUSINESS_KIND_REMITTANCE,
        transaction_type="8",
        from_month=202001,
        to_month=202001,
        headcount=count,
        amount_fen=32_242_122,
        suspense_in_fen=32_242_122,
        suspense_after_fen=750_461_012,
        reason="汇缴年月有误，单位申请撤回（𠮷）",
    )


def statement(kind: int, *, headcount: int) -> deposit.StatementLine:
    return deposit.StatementLine(
        posted_on="2020-04-23",
        kind=kind,
        headcount=headcount,
        amount_fen=32_242_122,
        from_month=202001,
        to_month=202001,
        suspense_out_fen=32_242_122,
        suspense_after_fen=718_218_890,
        transaction_type="0",
    )
