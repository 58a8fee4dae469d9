"""The rules of manual §5.1–5.4 and §5.7, each refused with its own reason and field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from services.collection.domain import base_change, open_accounts, rows, seal, transfer, unseal
from services.collection.domain.open_accounts import OpenAccount
from services.collection.domain.policy import Policies
from services.kit.worksheet.rows import ParsedRow, RowError, Value
from tests.unit.collection.build import POLICIES, POLICY, account, employer, month, row, term


def reasons(errors: Iterable[RowError]) -> list[tuple[str, str]]:
    return [(each.error.field, each.error.reason) for each in errors]


# ---------------------------------------------------------------- 个人账户设立


def opening(**changes: Value) -> ParsedRow:
    values: dict[str, Value] = {
        "name": "张三",
        "id_type": "01",
        "id_number": "130702199003070014",
        "mobile": "13800001234",
        "base": 1_631_700,
        "effective_month": month("202001"),
    }
    return row(**{**values, **changes})


def opening_faults(asked: ParsedRow, known: OpenAccount | None = None) -> list[tuple[str, str]]:
    accounts = {("01", "130702199003070014"): known} if known else {}
    return reasons(
        open_accounts.faults_of_row(
            asked, employer=employer(), policies=POLICIES, open_accounts=accounts
        )
    )


def test_the_persons_shares_are_those_of_the_manual() -> None:
    admission = open_accounts.admission_of(opening(), employer=employer(), policies=POLICIES)

    assert admission.term.employer_share_fen == 195_804
    assert admission.term.employee_share_fen == 163_170
    assert admission.term.monthly_fen == 358_974


def test_rates_default_to_the_employers() -> None:
    admission = open_accounts.admission_of(opening(), employer=employer(), policies=POLICIES)

    assert (admission.term.employer_rate, admission.term.employee_rate) == (12, 10)


def test_a_faultless_row_is_accepted() -> None:
    assert opening_faults(opening()) == []


def test_base_below_floor_is_rejected() -> None:
    assert opening_faults(opening(base=149_999)) == [("base", "BASE_BELOW_FLOOR")]


def test_base_above_ceiling_is_rejected() -> None:
    assert opening_faults(opening(base=2_500_001)) == [("base", "BASE_ABOVE_CEILING")]


def test_monthly_above_policy_is_rejected() -> None:
    policy = replace(POLICY, monthly_ceiling_fen=358_973)
    policies = Policies(((date(2000, 1, 1), policy),))
    faults = open_accounts.faults_of_row(
        opening(), employer=employer(), policies=policies, open_accounts={}
    )

    assert reasons(faults) == [("base", "MONTHLY_OUTSIDE_POLICY")]


def test_rates_outside_the_employers_limits_are_rejected() -> None:
    faults = opening_faults(opening(employer_rate=11, employee_rate=11))

    assert faults == [
        ("employer_rate", "RATE_OUTSIDE_LIMITS"),
        ("employee_rate", "RATE_OUTSIDE_LIMITS"),
    ]


def test_effective_month_that_is_paid_is_rejected() -> None:
    faults = opening_faults(opening(effective_month=month("201912")))

    assert faults == [("effective_month", "EFFECTIVE_MONTH_PAID")]


def test_effective_month_before_the_first_contribution_month_is_rejected() -> None:
    faults = open_accounts.faults_of_row(
        opening(effective_month=month("200912")),
        employer=employer(paid_through=None),
        policies=POLICIES,
        open_accounts={},
    )

    assert reasons(faults) == [("effective_month", "EFFECTIVE_BEFORE_FIRST_MONTH")]


def test_a_person_with_an_account_here_is_rejected() -> None:
    assert opening_faults(opening(), OpenAccount(here=True, status="01")) == [
        ("id_number", "ACCOUNT_ACTIVE_HERE")
    ]


def test_a_person_active_elsewhere_is_rejected() -> None:
    assert opening_faults(opening(), OpenAccount(here=False, status="01")) == [
        ("id_number", "ACCOUNT_ACTIVE_ELSEWHERE")
    ]


def test_a_person_sealed_elsewhere_is_sent_to_transfer() -> None:
    assert opening_faults(opening(), OpenAccount(here=False, status="02")) == [
        ("id_number", "ACCOUNT_SEALED_ELSEWHERE")
    ]


def test_rates_of_a_later_month_follow_limits_set_for_it() -> None:
    dated = employer(rates=(("201001", 12, 12, 10, 10), ("202003", 8, 8, 8, 8)))
    admission = open_accounts.admission_of(
        opening(effective_month=month("202003")), employer=dated, policies=POLICIES
    )

    assert admission.term.monthly_fen == 261_072  # 2 × 1305.36


# ---------------------------------------------------------------- 个人封存


def sealing(effective: str = "202001") -> ParsedRow:
    return row(account_no="2070000000015", seal_reason="01", effective_month=month(effective))


def test_sealing_an_active_account_is_accepted() -> None:
    assert reasons(seal.faults_of_row(sealing(), account(), employer=employer())) == []


def test_sealing_a_sealed_account_is_rejected() -> None:
    faults = seal.faults_of_row(sealing(), account(status="02"), employer=employer())

    assert reasons(faults) == [("account_no", "ACCOUNT_NOT_ACTIVE")]


def test_sealing_twice_is_rejected() -> None:
    sealed = account(last=term(since="202002", active=False))

    faults = seal.faults_of_row(sealing("202003"), sealed, employer=employer())

    assert reasons(faults) == [("account_no", "SEALED_ALREADY")]


def test_sealing_from_a_paid_month_is_rejected() -> None:
    faults = seal.faults_of_row(sealing("201912"), account(), employer=employer())

    assert reasons(faults) == [("effective_month", "EFFECTIVE_MONTH_PAID")]


def test_sealing_before_an_accepted_change_is_accepted() -> None:
    changed = account(last=term(since="202006"))

    assert reasons(seal.faults_of_row(sealing("202003"), changed, employer=employer())) == []


def test_an_account_of_another_employer_is_rejected() -> None:
    faults = rows.faults_of_accounts([sealing()], {}, lambda _row, _account: iter(()))

    assert reasons(faults) == [("account_no", "ACCOUNT_NOT_HERE")]


# ---------------------------------------------------------------- 个人启封


def unsealing(base: int = 1_631_700, effective: str = "202001") -> ParsedRow:
    return row(
        account_no="2070000000015",
        base=base,
        effective_month=month(effective),
        unseal_kind="01",
    )


def unsealing_faults(
    asked: ParsedRow, status: str = "02", active: bool = False
) -> list[tuple[str, str]]:
    person = account(status=status, now=term(since="201906", active=active))
    return reasons(unseal.faults_of_row(asked, person, employer=employer(), policies=POLICIES))


def test_unsealing_a_sealed_account_is_accepted() -> None:
    assert unsealing_faults(unsealing()) == []


def test_unsealing_an_active_account_is_rejected() -> None:
    assert unsealing_faults(unsealing(), status="01", active=True) == [
        ("account_no", "ACCOUNT_NOT_SEALED")
    ]


def test_unsealing_with_a_base_outside_policy_is_rejected() -> None:
    assert unsealing_faults(unsealing(base=100)) == [("base", "BASE_BELOW_FLOOR")]


def test_unsealing_from_a_paid_month_is_rejected() -> None:
    assert unsealing_faults(unsealing(effective="201911")) == [
        ("effective_month", "EFFECTIVE_MONTH_PAID")
    ]


def test_unsealing_derives_shares_from_todays_limits() -> None:
    person = account(status="02", now=term(since="201906", active=False))
    lower = employer(rates=(("201001", 12, 12, 10, 10), ("202001", 8, 8, 8, 8)))

    resumed = unseal.resumed_term(unsealing(500_000), person, employer=lower, policies=POLICIES)

    assert (resumed.active, resumed.monthly_fen) == (True, 80_000)


# ---------------------------------------------------------------- 缴存基数调整


def base_faults(base: int, **person: object) -> list[tuple[str, str]]:
    return reasons(
        base_change.faults_of_row(
            row(account_no="2070000000015", base=base),
            account(**person),  # type: ignore[arg-type]  # status or last, as account takes them
            employer=employer(),
            policies=POLICIES,
            known={"2070000000015": [term()]},
        )
    )


def test_a_new_base_counts_from_the_next_month_due() -> None:
    (changed,) = base_change.changed_terms(
        1_652_700, [term()], employer=employer(), policies=POLICIES
    )

    assert str(changed.from_month) == "202001"
    assert changed.monthly_fen == 363_594  # 16527.00 × 22 %


def test_a_new_base_keeps_the_rates_set_for_later_months() -> None:
    known = [term(500_000), term(500_000, since="202003", rates=(10, 10))]

    changed = base_change.changed_terms(600_000, known, employer=employer(), policies=POLICIES)

    assert [(str(each.from_month), each.monthly_fen) for each in changed] == [
        ("202001", 132_000),
        ("202003", 120_000),
    ]


def test_the_same_base_is_rejected() -> None:
    assert base_faults(1_631_700) == [("base", "BASE_UNCHANGED")]


def test_the_base_of_a_sealed_person_is_not_changed() -> None:
    assert base_faults(500_000, status="02") == [("account_no", "ACCOUNT_NOT_ACTIVE")]


def test_a_base_outside_policy_is_rejected() -> None:
    assert base_faults(2_600_000) == [("base", "BASE_ABOVE_CEILING")]


# ---------------------------------------------------------------- 个人账户同城转移


def target_faults(target: object) -> list[tuple[str, str]]:
    header = row(target_employer_no="10700000028")
    return reasons(
        transfer.faults_of_target(header, employer=employer(), target=target)  # type: ignore[arg-type]
    )


def test_an_unknown_target_is_rejected() -> None:
    assert target_faults(None) == [("target_employer_no", "TARGET_UNKNOWN")]


def test_the_same_employer_is_no_target() -> None:
    assert target_faults(employer()) == [("target_employer_no", "TARGET_IS_SOURCE")]


def test_a_closed_target_is_rejected() -> None:
    from dataclasses import replace

    closed = replace(employer(status="04"), employer_no="10700000028")

    assert target_faults(closed) == [("target_employer_no", "TARGET_NOT_OPEN")]


def test_a_frozen_account_is_not_transferred() -> None:
    faults = transfer.faults_of_row(row(account_no="2070000000015"), account(status="06"))

    assert reasons(faults) == [("account_no", "ACCOUNT_FROZEN")]


def test_contributions_at_the_target_start_with_its_next_due_month_at_its_rates() -> None:
    target = employer(paid_through="202002", rates=(("201001", 5, 8, 5, 8),))

    joined = transfer.joined_term(account(), target, policies=POLICIES)

    assert str(joined.from_month) == "202003"
    assert joined.monthly_fen == 261_072  # 16317.00 × 8 % twice
    assert joined.active
