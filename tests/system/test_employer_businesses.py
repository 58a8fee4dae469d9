"""单位基本资料变更, 缴存比例调整, 单位注销, 个人账户同城转移 (manual §5.4–5.6, §5.8) through every service they need."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2

from services.kit.errors import field_errors_of, reason_of
from tests.system.city import STAFF, City, Refused
from tests.system.lists import account_nos, due, submit_rows
from tests.system.people import (
    agent_of,
    check_books,
    open_accounts,
    outcome,
    pay_in,
    person,
    register,
    remit,
)

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED

_employers = count(50_000)
_people = count(900_000)


def employer_with(city: City, *bases: str) -> str:
    employer_no = register(city, next(_employers))
    if bases:
        open_accounts(city, employer_no, [person(next(_people), base=base) for base in bases])
    city.settle()
    return employer_no


def change_rates(
    city: City, employer_no: str, *, low: int, high: int, month: int = 0
) -> collection.ChangeRatesResponse:
    request = collection.ChangeRatesRequest(
        limits=events.RateLimits(
            employer_rate_min=low,
            employer_rate_max=high,
            employee_rate_min=low,
            employee_rate_max=high,
        ),
        effective_month=month,
    )
    return city.call(
        "collection", request, collection.ChangeRatesResponse, by=agent_of(employer_no)
    )


def set_policy(city: City, *, valid_from: str, **values: int) -> None:
    """A new policy row: the newest with other values."""
    listed = city.call(
        "collection", collection.ListPoliciesRequest(), collection.ListPoliciesResponse
    )
    row = listed.policies[0]
    row.valid_from = valid_from
    for name, value in values.items():
        setattr(row, name, value)
    city.call("collection", collection.SetPolicyRequest(policy=row), collection.SetPolicyResponse)


# ---------------------------------------------------------------- 缴存比例调整


def test_everybody_outside_the_new_limits_is_moved_to_the_nearest(city: City) -> None:
    employer_no = employer_with(city, "5000.00", "16317.00")

    reply = change_rates(city, employer_no, low=10, high=10)

    assert reply.moved_headcount == 2
    assert (reply.before.employer_rate_max, reply.after.employer_rate_max) == (12, 10)
    # 5000.00 × 20 % = 1000.00 as on the manual's receipt; 16317.00 × 10 % = 1631.70 twice.
    assert [each.amount_fen for each in due(city, employer_no, 201907).months] == [426_340]


def test_rates_of_a_later_month_leave_the_months_before(city: City) -> None:
    employer_no = employer_with(city, "5000.00")

    change_rates(city, employer_no, low=5, high=5, month=201909)

    amounts = [each.amount_fen for each in due(city, employer_no, 201909).months]
    assert amounts == [110_000, 110_000, 50_000]


@pytest.mark.parametrize(
    ("low", "high", "month", "reason"),
    [
        (4, 12, 0, "FIELD_INVALID"),
        (11, 10, 0, "FIELD_INVALID"),
        (5, 13, 0, "FIELD_INVALID"),
        (5, 5, 201906, "EFFECTIVE_MONTH_PAID"),
    ],
)
def test_limits_that_are_refused(city: City, low: int, high: int, month: int, reason: str) -> None:
    employer_no = employer_with(city)

    with pytest.raises(Refused) as refused:
        change_rates(city, employer_no, low=low, high=high, month=month)

    assert refused.value.reason == reason


def test_rates_that_bring_somebody_outside_the_policys_monthly_are_refused(own_city: City) -> None:
    """The floor has risen to 550.00 since the account was opened: at 5 % + 5 % of 5000.00 it would be 500.00."""
    set_policy(own_city, valid_from="2019-10-01", monthly_floor_fen=55_000)
    own_city.clock.moment = datetime(2019, 10, 8, 2, tzinfo=UTC)
    employer_no = employer_with(own_city, "5000.00", "16317.00")
    low_paid, _ = account_nos(own_city, employer_no)

    with pytest.raises(Refused) as refused:
        change_rates(own_city, employer_no, low=5, high=5, month=201910)

    [fault] = field_errors_of(refused.value.status)
    assert (fault.path, fault.reason) == ("limits", "MONTHLY_OF_PEOPLE_OUTSIDE")
    assert "有 1 人的月缴存额不在 550.00 元至" in fault.zh
    assert low_paid in fault.zh
    # Nothing has changed: 1100.00 + 3589.74 a month, and 10 % + 10 % is still possible.
    assert due(own_city, employer_no, 201907).amount_fen == 468_974
    assert change_rates(own_city, employer_no, low=10, high=10).moved_headcount == 2


# ---------------------------------------------------------------- 单位基本资料变更


@pytest.mark.parametrize("hidden", ["\n", "\u202e", "\u200b", "\ue001"])
def test_a_field_with_characters_that_nobody_sees_is_refused(city: City, hidden: str) -> None:
    employer_no = employer_with(city)

    with pytest.raises(Refused) as refused:
        change_profile(city, employer_no, address=f"桥西区{hidden}1号")

    [field] = field_errors_of(refused.value.status)
    assert (field.path, field.reason) == ("profile.address", "FIELD_INVALID")


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("founded_on", "昨天", "DATE_INVALID"),
        ("founded_on", "20090914", "DATE_INVALID"),
        ("founded_on", "2009-W38-1", "DATE_INVALID"),
        ("founded_on", "2009-02-30", "DATE_INVALID"),
        ("founded_on", "1899-12-31", "DATE_INVALID"),
        ("founded_on", "2019-09-21", "DATE_INVALID"),  # tomorrow
        ("postcode", "07500", "FIELD_INVALID"),
        ("postcode", "0750000", "FIELD_INVALID"),
        ("postcode", "０７５０００", "FIELD_INVALID"),
    ],
)
def test_a_field_of_the_profile_that_cannot_be_is_refused(
    city: City, field: str, typed: str, reason: str
) -> None:
    employer_no = employer_with(city)

    with pytest.raises(Refused) as refused:
        change_profile(city, employer_no, **{field: typed})

    [found] = field_errors_of(refused.value.status)
    assert (found.path, found.reason) == (f"profile.{field}", reason)


def test_the_first_and_the_last_day_an_employer_may_be_founded_on_are_taken(city: City) -> None:
    employer_no = employer_with(city)

    for day in ("1900-01-01", "2019-09-20"):
        reply = change_profile(city, employer_no, founded_on=day, postcode="075000")
        assert [each.after for each in reply.changes if each.field == "founded_on"] == [day]


def change_profile(city: City, employer_no: str, **fields: str) -> collection.ChangeProfileResponse:
    request = collection.ChangeProfileRequest(
        profile=collection.EmployerProfile(**fields), fields=list(fields)
    )
    return city.call(
        "collection", request, collection.ChangeProfileResponse, by=agent_of(employer_no)
    )


def test_a_changed_field_is_shown_before_and_after_with_its_title(city: City) -> None:
    employer_no = employer_with(city)

    reply = change_profile(city, employer_no, address="张家口市宣化区新路2号", unit_kind="30")

    shown = [(each.title, each.before, each.after) for each in reply.changes]
    assert shown == [
        ("单位地址", "张家口市桥东区测试路1号", "张家口市宣化区新路2号"),
        ("单位性质", "", "企业"),
    ]
    assert city.last_event(events.ProfileChanged, employer_no).employer.unit_kind == "30"


def test_the_agents_mobile_waits_for_a_code_to_the_old_number(city: City) -> None:
    employer_no = employer_with(city)

    reply = change_profile(city, employer_no, agent_mobile="13900005678")

    assert reply.mobile_waits_for_code
    assert list(reply.changes) == []
    assert city.events_of(events.AgentMobileChangeAsked, employer_no)
    assert city.events_of(events.ProfileChanged, employer_no) == []


def test_staff_change_the_agents_mobile_at_once(city: City) -> None:
    employer_no = employer_with(city)
    request = collection.ChangeEmployerProfileRequest(
        employer_no=employer_no,
        profile=collection.EmployerProfile(agent_mobile="13900005678"),
        fields=["agent_mobile"],
    )

    reply = city.call("collection", request, collection.ChangeEmployerProfileResponse, by=STAFF)

    assert [(each.before, each.after) for each in reply.changes] == [("138****1234", "139****5678")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "另一单位"}, "FIELD_NOT_CHANGEABLE"),
        ({"uscc": "91130702000000000X"}, "USCC_INVALID"),
        ({"unit_kind": "77"}, "CODE_UNKNOWN"),
        ({"agent_mobile": "12"}, "MOBILE_INVALID"),
        ({"address": ""}, "FIELD_REQUIRED"),
    ],
)
def test_fields_that_are_refused(city: City, fields: dict[str, str], reason: str) -> None:
    employer_no = employer_with(city)

    with pytest.raises(Refused) as refused:
        change_profile(city, employer_no, **fields)

    assert reason in [each.reason for each in field_errors_of(refused.value.status)]


# ---------------------------------------------------------------- 个人账户同城转移


def transfer(city: City, source: str, account_no: str, target: str) -> business_pb2.Business:
    business = submit_rows(
        city,
        source,
        "transfer",
        [{"account_no": account_no}],
        header={"target_employer_no": target},
    )
    city.settle()
    return outcome(city, source, business.registration_no, owner="collection")


def test_a_transfer_moves_the_person_with_the_whole_balance(city: City) -> None:
    source, target = employer_with(city, "16317.00", "5000.00"), employer_with(city)
    account_no = account_nos(city, source)[0]
    pay_in(city, source, 468_974)
    remit(city, source, 201907)

    business = transfer(city, source, account_no, target)

    assert (business.state, business.amount_fen) == (POSTED, 358_974)
    moved = city.last_event(events.AccountsTransferredOut, source)
    assert [(each.account_no, each.balance_fen) for each in moved.people] == [(account_no, 358_974)]
    joined = city.last_event(events.AccountsTransferredIn, target)
    assert [(each.status, each.effective_month) for each in joined.accounts] == [("01", 201907)]
    assert [each.headcount for each in due(city, source, 201908).months] == [1]
    assert [each.amount_fen for each in due(city, target, 201907).months] == [358_974]
    assert check_books(city).clean


def test_a_sealed_person_opened_elsewhere_is_told_to_transfer_and_can(city: City) -> None:
    source, target = employer_with(city, "5000.00"), employer_with(city)
    (account_no,) = account_nos(city, source)
    seal = {"account_no": account_no, "seal_reason": "03", "effective_month": "201907"}
    submit_rows(city, source, "seal", [seal])

    business = transfer(city, source, account_no, target)

    assert business.state == POSTED
    joined = city.last_event(events.AccountsTransferredIn, target)
    assert [each.status for each in joined.accounts] == ["02"]


def test_the_target_is_shown_before_anything_is_submitted(city: City) -> None:
    source, target = employer_with(city), employer_with(city)
    request = collection.LookUpTargetEmployerRequest(employer_no=target)

    reply = city.call(
        "collection", request, collection.LookUpTargetEmployerResponse, by=agent_of(source)
    )

    assert reply.branch_name == "张家口市住房公积金管理中心桥东管理部"
    assert reply.status == "02"


def test_a_transfer_to_an_unknown_employer_is_refused_at_the_header(city: City) -> None:
    source = employer_with(city, "5000.00")
    (account_no,) = account_nos(city, source)

    with pytest.raises(Refused) as refused:
        transfer(city, source, account_no, "19999999999")

    fields = [(each.path, each.reason) for each in field_errors_of(refused.value.status)]
    assert fields == [("header.target_employer_no", "TARGET_UNKNOWN")]


# ---------------------------------------------------------------- 单位注销


def close(city: City, employer_no: str) -> business_pb2.Business:
    request = collection.CloseEmployerRequest(close_reason="01")
    reply = city.call(
        "collection", request, collection.CloseEmployerResponse, by=agent_of(employer_no)
    )
    city.settle()
    return outcome(city, employer_no, reply.business.registration_no, owner="collection")


def test_an_empty_employer_is_closed_for_good(city: City) -> None:
    employer_no = employer_with(city)

    business = close(city, employer_no)

    assert business.state == POSTED
    closed = city.last_event(events.EmployerClosed, employer_no)
    assert (closed.employer.status, closed.close_reason_title) == ("04", "单位撤销")
    with pytest.raises(Refused) as refused:
        change_rates(city, employer_no, low=5, high=5)
    assert refused.value.reason == "EMPLOYER_CLOSED"


def test_staff_cannot_change_the_profile_of_a_closed_employer(city: City) -> None:
    employer_no = employer_with(city)
    close(city, employer_no)
    request = collection.ChangeEmployerProfileRequest(
        employer_no=employer_no,
        profile=collection.EmployerProfile(address="张家口市桥西区新址1号"),
        fields=["address"],
    )

    with pytest.raises(Refused) as refused:
        city.call("collection", request, collection.ChangeEmployerProfileResponse, by=STAFF)

    assert refused.value.reason == "EMPLOYER_CLOSED"
    assert city.events_of(events.ProfileChanged, employer_no) == []


def test_an_employer_with_people_is_not_closed(city: City) -> None:
    employer_no = employer_with(city, "5000.00", "6000.00")

    with pytest.raises(Refused) as refused:
        close(city, employer_no)

    assert refused.value.reason == "OPEN_ACCOUNTS_LEFT"


def test_an_employer_with_suspense_is_not_closed_and_not_locked(city: City) -> None:
    employer_no = employer_with(city)
    pay_in(city, employer_no, 1)

    business = close(city, employer_no)

    assert business.state == REJECTED
    assert "0.01" in business.rejection.message
    assert reason_of(business.rejection)
    change_rates(city, employer_no, low=5, high=5)


# ---------------------------------------------------------------- 操作记录, 政策, 代码


def test_operations_are_listed_newest_first_in_pages(city: City) -> None:
    employer_no = employer_with(city, "5000.00")
    change_rates(city, employer_no, low=5, high=12)
    request = collection.ListOperationsRequest(page_size=2)

    first = city.call(
        "collection", request, collection.ListOperationsResponse, by=agent_of(employer_no)
    )
    request.page_token = first.next_page_token
    second = city.call(
        "collection", request, collection.ListOperationsResponse, by=agent_of(employer_no)
    )

    kinds = [each.business.kind for each in (*first.operations, *second.operations)]
    assert kinds == [
        business_pb2.BUSINESS_KIND_RATE_CHANGE,
        business_pb2.BUSINESS_KIND_OPEN_ACCOUNTS,
        business_pb2.BUSINESS_KIND_REGISTER_EMPLOYER,
    ]
    assert [each.submitted_by for each in first.operations] == ["employer", "employer"]


def test_operations_of_another_are_not_continued_and_no_page_is_negative(city: City) -> None:
    employer_no, other = (employer_with(city, "5000.00") for _ in range(2))
    request = collection.ListOperationsRequest(page_size=1)
    reply = collection.ListOperationsResponse
    token = city.call("collection", request, reply, by=agent_of(employer_no)).next_page_token
    for wrong, reason in (
        (collection.ListOperationsRequest(page_token=token), "PAGE_TOKEN_INVALID"),
        (collection.ListOperationsRequest(page_size=-5), "FIELD_INVALID"),
    ):
        with pytest.raises(Refused) as refused:
            city.call("collection", wrong, reply, by=agent_of(other))
        assert refused.value.reason == reason


def operation(
    city: City, employer_no: str, registration_no: str
) -> collection.GetOperationResponse:
    request = collection.GetOperationRequest(registration_no=registration_no)
    return city.call(
        "collection", request, collection.GetOperationResponse, by=agent_of(employer_no)
    )


def test_an_operation_tells_what_was_before_and_after(city: City) -> None:
    employer_no = employer_with(city, "5000.00")
    (account_no,) = account_nos(city, employer_no)
    row = {"account_no": account_no, "base": "6000.00"}
    business = submit_rows(city, employer_no, "base_change", [row])

    reply = operation(city, employer_no, business.registration_no)

    shown = [(each.account_no, each.before, each.after) for each in reply.changes]
    assert shown == [
        (
            account_no,
            "201907 起正常，基数 5000.00，12%+10%，月缴 1100.00",
            "201907 起正常，基数 6000.00，12%+10%，月缴 1320.00",
        )
    ]
    with pytest.raises(Refused) as refused:
        operation(city, employer_with(city), business.registration_no)
    assert refused.value.reason == "BUSINESS_UNKNOWN"


def test_a_policy_counts_from_its_day_and_what_has_begun_is_history(city: City) -> None:
    listed = city.call(
        "collection", collection.ListPoliciesRequest(), collection.ListPoliciesResponse
    )
    row = listed.policies[-1]
    row.valid_from = "2031-01-01"
    row.base_floor_fen = 200_000
    city.call("collection", collection.SetPolicyRequest(policy=row), collection.SetPolicyResponse)
    row.valid_from = "2019-09-20"

    with pytest.raises(Refused) as refused:
        city.call(
            "collection", collection.SetPolicyRequest(policy=row), collection.SetPolicyResponse
        )
    city.clock.moment = datetime(2031, 1, 2, 2, tzinfo=UTC)
    low = [person(next(_people), base="1999.99", month="203101")]
    with pytest.raises(Refused) as too_low:
        open_accounts(city, register(city, next(_employers), first_month=203101), low)

    assert refused.value.reason == "POLICY_HAS_BEGUN"
    assert [each.reason for each in field_errors_of(too_low.value.status)] == ["BASE_BELOW_FLOOR"]


def test_a_retired_code_is_offered_no_more(city: City) -> None:
    entry = collection.CodeEntry(code="88", title="出国定居")
    add = collection.SetCodeRequest(list="seal_reason", entry=entry)
    city.call("collection", add, collection.SetCodeResponse)

    retire = collection.SetCodeRequest(list="seal_reason", entry=entry, retire=True)
    reply = city.call("collection", retire, collection.SetCodeResponse)

    assert "88" not in [each.code for each in reply.code_list.entries]
