"""个人账户设立 (manual §5.1): the worksheet's look-ups and what a submission does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hpf.collection.v1 import collection_events_pb2
from hpf.common.v1 import business_pb2
from sqlalchemy.exc import IntegrityError

from services.collection import wire
from services.collection.domain import changes, codes, rate_change, rows
from services.collection.domain import open_accounts as rules
from services.collection.domain.account import Account
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policies
from services.collection.errors import ACCOUNT_TAKEN_MEANWHILE
from services.collection.handlers import lists
from services.collection.handlers.posting import new_registration, posted
from services.collection.store import accounts, employers, reference
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError
from services.kit.months import YearMonth
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken

_KIND = business_pb2.BUSINESS_KIND_OPEN_ACCOUNTS


def check_rows(call: Call, sheet: ParsedSheet) -> Iterable[RowError]:
    """Everything the rules have against the rows, the city's other accounts included."""
    employer = employers.load_employer(call.connection, call.employer_no, vault=call.vault)
    policies = reference.dated_policies(call.connection)
    people = [(row.text("id_type"), row.text("id_number")) for row in sheet.rows]
    found = accounts.open_accounts_of(call.connection, people, vault=call.vault)
    known = {
        person: rules.OpenAccount(each.employer_no == employer.employer_no, each.status)
        for person, each in found.items()
    }
    for row in sheet.rows:
        yield from rules.faults_of_row(
            row, employer=employer, policies=policies, open_accounts=known
        )


def echo(call: Call, list_rows: Sequence[ParsedRow]) -> dict[str, dict[str, str]]:
    """录入后返显 月缴额, once base and month can be read."""
    employer = employers.load_employer(call.connection, call.employer_no, vault=call.vault)
    policies = reference.dated_policies(call.connection)
    return {
        row.row_id: rows.shares_of(rules.term_of(row, employer=employer, policies=policies))
        for row in list_rows
        if row.has("base") and row.has("effective_month")
    }


SPEC: SheetSpec[Call] = SheetSpec(
    key=rules.KEY,
    title_zh=rules.TITLE,
    row_limit_now=lists.row_limit,
    columns=rules.COLUMNS,
    unique=rules.UNIQUE,
    echo_columns=rows.SHARES_ECHO,
    check_rows=check_rows,
    echo=echo,
)


def post(call: Call, employer: Employer, taken: Taken) -> business_pb2.Business:
    """Open an account for every row of a faultless list. Raises ACCOUNT_TAKEN_MEANWHILE (try again)."""
    registration_no, day = new_registration(call)
    policies = reference.dated_policies(call.connection)
    opened = _new_accounts(call, employer, policies, taken.rows)
    try:
        accounts.add_accounts(
            call.connection,
            opened,
            registration_no=registration_no,
            month=YearMonth.of(day),
            vault=call.vault,
        )
    except IntegrityError as error:
        if accounts.OPEN_PERSON in str(error.orig):
            raise DomainError(ACCOUNT_TAKEN_MEANWHILE) from None
        raise
    _spread_over_later_limits(call, employer, policies, opened, registration_no=registration_no)
    total = sum(each.term.monthly_fen for each in opened)
    call.emit(
        collection_events_pb2.AccountsOpened(
            header=wire.header(employer, registration_no=registration_no, kind=_KIND, day=day),
            accounts=[wire.account_state(each, vault=call.vault) for each in opened],
            total_monthly_fen=total,
        ),
        subject=employer.employer_no,
    )
    return posted(
        call,
        employer,
        registration_no=registration_no,
        kind=_KIND,
        day=day,
        headcount=len(opened),
        amount_fen=total,
        changes=changes.of_openings(opened),
    )


def _new_accounts(
    call: Call, employer: Employer, policies: Policies, list_rows: Iterable[ParsedRow]
) -> list[Account]:
    admissions = [
        rules.admission_of(row, employer=employer, policies=policies) for row in list_rows
    ]
    numbers = accounts.next_account_nos(
        call.connection, len(admissions), city_digits=call.settings.city_digits
    )
    return [
        Account(
            account_no=account_no,
            employer_no=employer.employer_no,
            name=each.name,
            id_type=each.id_type,
            id_number=each.id_number,
            mobile=each.mobile,
            status=codes.ACCOUNT_ACTIVE,
            opened_on=business_date(call.now),
            term=each.term,
            last_term=each.term,
        )
        for account_no, each in zip(numbers, admissions, strict=True)
    ]


def _spread_over_later_limits(
    call: Call,
    employer: Employer,
    policies: Policies,
    opened: list[Account],
    *,
    registration_no: str,
) -> None:
    later = [
        (each.account_no, employer.employer_no, term)
        for each in opened
        for term in rate_change.with_later_limits(
            each.term, limits=employer.rates, policies=policies
        )[1:]
    ]
    if later:
        month = YearMonth.of(business_date(call.now))
        accounts.put_terms(call.connection, later, registration_no=registration_no, month=month)
