"""Changes that lie ahead meet people who come, go and come back; codes retire under businesses on their way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.collection.store import employers
from services.kit.errors import field_errors_of
from services.kit.idnumbers import make_uscc
from tests.system.city import City, Refused
from tests.system.lists import account_nos, due, submit, submit_rows, type_rows
from tests.system.people import (
    agent_of,
    open_accounts,
    outcome,
    pay_in,
    person,
    register,
    remit,
)

POSTED = business_pb2.BUSINESS_STATE_POSTED

_employers = count(80_000)
_people = count(420_000)


def employer_with(city: City, *bases: str) -> str:
    employer_no = register(city, next(_employers))
    if bases:
        open_accounts(city, employer_no, [person(next(_people), base=base) for base in bases])
    city.settle()
    return employer_no


def rates_from_december(city: City, employer_no: str) -> None:
    """12 % + 10 % become 10 % + 10 % in December 2019."""
    ten = {"employer_rate_min": 10, "employer_rate_max": 10}
    limits = events.RateLimits(**ten, employee_rate_min=10, employee_rate_max=10)
    request = collection.ChangeRatesRequest(limits=limits, effective_month=201912)
    by = agent_of(employer_no)
    city.call("collection", request, collection.ChangeRatesResponse, by=by)


def amounts(city: City, employer_no: str, year: int, month: int) -> dict[int, int]:
    """Month → fen due, seen in that month."""
    city.clock.moment = datetime(year, month, 8, 2, tzinfo=UTC)
    found = due(city, employer_no, year * 100 + month)
    return {each.month: each.amount_fen for each in found.months}


def transfer(city: City, source: str, target: str, account_no: str) -> None:
    header = {"target_employer_no": target}
    rows = [{"account_no": account_no}]
    business = submit_rows(city, source, "transfer", rows, header=header)
    city.settle()
    done = outcome(city, source, business.registration_no, owner="collection")
    assert done.state == POSTED


def test_who_is_opened_after_a_later_rate_change_follows_it(city: City) -> None:
    employer_no = employer_with(city, "5000.00")
    rates_from_december(city, employer_no)

    open_accounts(city, employer_no, [person(next(_people))])

    found = amounts(city, employer_no, 2019, 12)
    assert (found[201911], found[201912]) == (220_000, 200_000)


def test_who_joins_after_a_later_rate_change_follows_it(city: City) -> None:
    source, target = employer_with(city, "5000.00"), employer_with(city, "4000.00")
    rates_from_december(city, target)

    transfer(city, source, target, account_nos(city, source)[0])

    found = amounts(city, target, 2019, 12)
    assert (found[201911], found[201912]) == (198_000, 180_000)


def test_a_base_change_counts_before_and_after_a_later_rate_change(city: City) -> None:
    employer_no = employer_with(city, "5000.00")
    rates_from_december(city, employer_no)
    (account_no,) = account_nos(city, employer_no)

    submit_rows(city, employer_no, "base_change", [{"account_no": account_no, "base": "6000"}])

    changed = city.last_event(events.BasesChanged, employer_no)
    assert (changed.total_base_before_fen, changed.total_base_after_fen) == (500_000, 600_000)
    found = amounts(city, employer_no, 2019, 12)
    assert (found[201907], found[201912]) == (132_000, 120_000)


def test_sealing_before_a_later_rate_change_ends_what_is_due(city: City) -> None:
    employer_no = employer_with(city, "5000.00", "5000.00")
    rates_from_december(city, employer_no)
    leaving = account_nos(city, employer_no)[0]
    row = {"account_no": leaving, "seal_reason": "退休", "effective_month": "201910"}

    submit_rows(city, employer_no, "seal", [row])

    found = amounts(city, employer_no, 2019, 12)
    assert (found[201909], found[201910], found[201912]) == (220_000, 110_000, 100_000)


def test_who_comes_back_is_active_again(city: City) -> None:
    first, second = employer_with(city, "5000.00", "6000.00"), employer_with(city, "4000.00")
    account_no = account_nos(city, first)[0]
    for employer_no in (first, second):
        pay_in(city, employer_no, 2_000_000)
        remit(city, employer_no, 201909)
    city.clock.moment = datetime(2019, 10, 8, 2, tzinfo=UTC)
    transfer(city, first, second, account_no)
    remit(city, first, 201910)

    transfer(city, second, first, account_no)
    row = {"account_no": account_no, "base": "5500.00"}
    submit_rows(city, first, "base_change", [row])

    changed = city.last_event(events.BasesChanged, first)
    assert [each.status for each in changed.accounts] == ["01"]


def test_a_full_back_payment_is_at_what_counts_today(city: City) -> None:
    employer_no = employer_with(city, "5000.00")
    pay_in(city, employer_no, 1_000_000)
    remit(city, employer_no, 201908)
    open_accounts(city, employer_no, [person(next(_people), month="201909")])
    (account_no,) = account_nos(city, employer_no)
    remit(city, employer_no, 201909)
    # Counts from October: today, in September, the monthly is still 1100.00.
    submit_rows(city, employer_no, "base_change", [{"account_no": account_no, "base": "6000"}])
    row = {
        "account_no": account_no,
        "amount": "1100.00",
        "from_month": "201908",
        "to_month": "201908",
    }
    header = {"amount": "1100.00", "headcount": "1", "kind": "正常全额补缴"}
    type_rows(city, employer_no, "back_payment", [row], owner="deposit", header=header)

    business = submit(city, employer_no, "back_payment", owner="deposit")
    city.settle()

    assert outcome(city, employer_no, business.registration_no).state == POSTED


def test_limits_that_come_into_force_do_not_overtake_a_change_of_the_employer(city: City) -> None:
    """The agent's change holds the employer while the ticker shows the limits: what is told last is both."""
    employer_no = employer_with(city)
    rates_from_december(city, employer_no)
    runtime = city.runtimes["collection"]
    city.clock.moment = datetime(2019, 12, 8, 2, tzinfo=UTC)
    with runtime.database.transaction() as connection:
        held = employers.lock_employer(connection, employer_no, vault=city.vault)
        ticker = threading.Thread(target=city.tick, args=("collection", "show what has begun"))
        ticker.start()
        assert wait_until(lambda: somebody_waits(city))
        moved = replace(held, profile=replace(held.profile, address="新地址2号"))
        employers.save_employer(connection, moved, vault=city.vault)
    ticker.join(timeout=10)

    told = city.last_event(events.EmployerRefreshed, employer_no).employer
    assert (told.address, told.employer_rate_max) == ("新地址2号", 10)


def test_a_uscc_that_another_employer_takes_at_the_same_moment_is_to_try_again(city: City) -> None:
    """Both have looked and found the uscc free; the other one is first."""
    employer_no, other = employer_with(city), employer_with(city)
    uscc = make_uscc("130702", next(_employers))
    runtime = city.runtimes["collection"]
    request = collection.ChangeProfileRequest(
        profile=collection.EmployerProfile(uscc=uscc), fields=["uscc"]
    )
    ends: list[str] = []

    def change() -> None:
        by = agent_of(employer_no)
        with pytest.raises(Refused) as refused:
            city.call("collection", request, collection.ChangeProfileResponse, by=by)
        ends.append(refused.value.reason)

    with runtime.database.transaction() as connection:
        held = employers.lock_employer(connection, other, vault=city.vault)
        taken = replace(held, profile=replace(held.profile, uscc=uscc))
        employers.save_employer(connection, taken, vault=city.vault)
        agent = threading.Thread(target=change)
        agent.start()
        assert wait_until(lambda: somebody_waits(city))
    agent.join(timeout=10)

    assert ends == ["CONCURRENT_CHANGE"]


def somebody_waits(city: City) -> bool:
    """Whether a transaction of collection waits for a lock."""
    with city.runtimes["collection"].database.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(connection.exec_driver_sql(waiting).scalar())


def wait_until(question: Callable[[], bool]) -> bool:
    for _ in range(500):
        if question():
            return True
        time.sleep(0.01)
    return False


# ---------------------------------------------------------------- months without end


@pytest.mark.parametrize("month", [201408, 202010, 209912, 190001])
def test_an_employer_cannot_begin_in_a_month_that_is_no_beginning(city: City, month: int) -> None:
    """Seen in September 2019: sixty months back is September 2014, twelve ahead September 2020."""
    with pytest.raises(Refused) as refused:
        register(city, next(_employers), first_month=month)

    assert [(each.path, each.reason) for each in field_errors_of(refused.value.status)] == [
        ("first_month", "FIRST_MONTH_OUTSIDE")
    ]


@pytest.mark.parametrize("month", [201409, 202009])
def test_an_employer_may_begin_five_years_back_or_a_year_ahead(city: City, month: int) -> None:
    assert register(city, next(_employers), first_month=month)


def test_a_preview_of_very_old_months_goes_as_far_as_one_remittance(city: City) -> None:
    """August 2014 is sixty-two months before September 2019: the preview ends with July 2019."""
    city.clock.moment = datetime(2019, 7, 20, 2, tzinfo=UTC)
    employer_no = register(city, next(_employers), first_month=201408)
    open_accounts(city, employer_no, [person(next(_people), month="201408")])
    city.clock.moment = datetime(2019, 9, 20, 2, tzinfo=UTC)

    found = due(city, employer_no, 0)

    assert (found.from_month, found.to_month, len(found.months)) == (201408, 201907, 60)
    with pytest.raises(Refused) as refused:
        due(city, employer_no, 201908)
    assert refused.value.reason == "TOO_MANY_MONTHS"


def test_a_remittance_through_the_last_month_there_is_is_refused_at_once(city: City) -> None:
    request = deposit.SubmitRemittanceRequest(to_month=209912)
    by = agent_of(employer_with(city, "5000.00"))

    with pytest.raises(Refused) as refused:
        city.call("deposit", request, deposit.SubmitRemittanceResponse, by=by)

    assert refused.value.reason == "MONTH_TOO_FAR"


# ---------------------------------------------------------------- codes and policies that change meanwhile


def set_code(city: City, name: str, *, retire: bool = False) -> None:
    entry = collection.CodeEntry(code="77", title="试验")
    request = collection.SetCodeRequest(list=name, entry=entry, retire=retire)
    city.call("collection", request, collection.SetCodeResponse)


def test_a_closing_ends_though_its_reason_was_retired_meanwhile(city: City) -> None:
    employer_no = employer_with(city)
    set_code(city, "close_reason")
    request = collection.CloseEmployerRequest(close_reason="77")
    reply = city.call(
        "collection", request, collection.CloseEmployerResponse, by=agent_of(employer_no)
    )

    set_code(city, "close_reason", retire=True)
    city.settle()

    number = reply.business.registration_no
    assert outcome(city, employer_no, number, owner="collection").state == POSTED


def test_a_retired_code_of_the_profile_does_not_block_other_fields(city: City) -> None:
    employer_no = employer_with(city)
    by = agent_of(employer_no)
    set_code(city, "industry")
    for fields in ({"industry": "77"}, {"address": "新地址1号"}):
        request = collection.ChangeProfileRequest(
            profile=collection.EmployerProfile(**fields), fields=list(fields)
        )
        reply = city.call("collection", request, collection.ChangeProfileResponse, by=by)
        set_code(city, "industry", retire=True)

    assert [each.after for each in reply.changes] == ["新地址1号"]


def test_an_account_of_a_later_month_follows_that_months_policy(own_city: City) -> None:
    """From January 2020 on shares are whole yuan: 12 % and 10 % of 5004.20 are 601.00 + 500.00, not 600.50 + 500.42."""
    employer_no = employer_with(own_city)
    listed = own_city.call(
        "collection", collection.ListPoliciesRequest(), collection.ListPoliciesResponse
    )
    row = listed.policies[0]
    row.valid_from, row.rounding_fen = "2020-01-01", 100
    request = collection.SetPolicyRequest(policy=row)
    own_city.call("collection", request, collection.SetPolicyResponse)

    for month in ("201912", "202001"):
        open_accounts(own_city, employer_no, [person(next(_people), base="5004.20", month=month)])

    opened = own_city.events_of(events.AccountsOpened, employer_no)
    assert [each.total_monthly_fen for each in opened] == [110_092, 110_100]


def test_the_policys_row_limit_counts_from_its_day(city: City) -> None:
    employer_no = employer_with(city)
    listed = city.call(
        "collection", collection.ListPoliciesRequest(), collection.ListPoliciesResponse
    )
    row = listed.policies[0]
    row.valid_from, row.row_limit = "2030-01-01", 2
    set_policy = collection.SetPolicyRequest(policy=row)
    city.call("collection", set_policy, collection.SetPolicyResponse)
    city.clock.moment = datetime(2030, 1, 2, 2, tzinfo=UTC)

    with pytest.raises(Refused) as refused:
        open_accounts(city, employer_no, [person(next(_people)) for _ in range(3)])

    assert refused.value.reason == "ROW_LIMIT_EXCEEDED"
