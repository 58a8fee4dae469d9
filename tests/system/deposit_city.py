"""What the tests of deposit's businesses share: employers with people, transfers, back payments, ticks of the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb

from tests.system.city import City
from tests.system.lists import account_nos, submit, submit_rows, type_rows
from tests.system.people import agent_of, open_accounts, outcome, person, register

# Every employer and every person of a run is somebody else; other files count from other places.
_employers = count(7_000_000)
_people = count(1_100_000)


def employer_with(
    city: City, *bases: str, first_month: int = 201907, since: int = 0
) -> tuple[str, list[str]]:
    """An employer whose people have these bases from its first month on, or `since` a later one; its number and theirs."""
    employer_no = register(city, next(_employers), first_month=first_month)
    if not bases:
        city.settle()
        return employer_no, []
    rows = [person(next(_people), base=base, month=str(since or first_month)) for base in bases]
    open_accounts(city, employer_no, rows)
    city.settle()
    return employer_no, account_nos(city, employer_no)


def transfer(city: City, source: str, target: str, accounts: list[str]) -> business_pb2.Business:
    """同城转移 of these people, to its end."""
    rows = [{"account_no": account_no} for account_no in accounts]
    business = submit_rows(city, source, "transfer", rows, header={"target_employer_no": target})
    city.settle()
    return business


def back_payment_row(account_no: str, yuan: str, first: int, last: int) -> dict[str, str]:
    return {
        "account_no": account_no,
        "amount": yuan,
        "from_month": str(first),
        "to_month": str(last),
    }


def type_back_payment(
    city: City, employer_no: str, rows: list[dict[str, str]], *, amount: str, kind: str, people: int
) -> None:
    """Fill the list of §6.2 with what stands above it."""
    header = {"amount": amount, "headcount": str(people), "kind": kind}
    type_rows(city, employer_no, "back_payment", rows, owner="deposit", header=header)


def back_pay(
    city: City,
    employer_no: str,
    rows: list[dict[str, str]],
    *,
    amount: str,
    kind: str = "不定额补缴",
    people: int = 1,
) -> business_pb2.Business:
    """Fill and submit the list of §6.2, to its end; raises Refused."""
    type_back_payment(city, employer_no, rows, amount=amount, kind=kind, people=people)
    accepted = submit(city, employer_no, "back_payment", owner="deposit")
    city.settle()
    return outcome(city, employer_no, accepted.registration_no)


def move_clock(city: City, year: int, month: int, day: int) -> None:
    """Noon in China of that day."""
    city.clock.moment = datetime(year, month, day, 4, tzinfo=UTC)


def run_interest(city: City, fund_year: int, *, trial: bool = False) -> pb.InterestRun:
    """A whole run of the annual interest with the trial that it needs, or a trial alone."""
    if not trial:
        run_interest(city, fund_year, trial=True)
    run = followed(city, begin_interest(city, fund_year, trial=trial))
    if not trial:
        city.settle()
    return run


def begin_interest(city: City, fund_year: int, *, trial: bool = False) -> pb.InterestRun:
    """What StartInterestRun says; raises Refused."""
    request = pb.StartInterestRunRequest(fund_year=fund_year, trial=trial)
    return city.call("deposit", request, pb.StartInterestRunResponse).run


def begin_tried_interest(city: City, fund_year: int) -> pb.InterestRun:
    """A run that has begun and done nothing yet, after its trial."""
    run_interest(city, fund_year, trial=True)
    return begin_interest(city, fund_year)


def followed(city: City, run: pb.InterestRun) -> pb.InterestRun:
    """The run when it has ended."""
    asked = pb.GetInterestRunRequest(run_no=run.run_no)
    while not (run := city.call("deposit", asked, pb.GetInterestRunResponse).run).finished:
        city.tick("deposit", "interest")
    return run


def suspense_of(city: City, employer_no: str) -> int:
    """暂存款可用余额."""
    request = pb.GetSuspenseRequest()
    by = agent_of(employer_no)
    return city.call("deposit", request, pb.GetSuspenseResponse, by=by).available_fen


def reverse(
    city: City, registration_no: str, *, to_unallocated: bool = False, recalled_on: str = ""
) -> business_pb2.Business:
    """Staff take a business back, to its end; raises Refused."""
    request = pb.ReverseBusinessRequest(
        registration_no=registration_no,
        reason="误操作",
        to_unallocated=to_unallocated,
        recalled_on=recalled_on,
    )
    reply = city.call("deposit", request, pb.ReverseBusinessResponse)
    city.settle()
    return find(city, reply.business.registration_no).business


def find(city: City, registration_no: str) -> pb.FindBusinessResponse:
    """Any employer's business, as staff see it."""
    request = pb.FindBusinessRequest(registration_no=registration_no)
    return city.call("deposit", request, pb.FindBusinessResponse)
