"""What the lists about existing accounts look up: the employer, the policies, the accounts; and how terms are posted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.collection.domain import rows
from services.collection.domain.account import Account, Term
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policies
from services.collection.store import accounts, employers, reference, revisions
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.months import YearMonth
from services.kit.sheets.columns import Choice
from services.kit.worksheet.rows import ParsedRow


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules of a list look at."""

    employer: Employer
    policies: Policies
    month: YearMonth  # the current one
    accounts: Mapping[str, Account]


def current_month(call: Call) -> YearMonth:
    return YearMonth.of(business_date(call.now))


def facts_for(call: Call, list_rows: Iterable[ParsedRow]) -> Facts:
    """Employer, policies and the accounts that the rows name."""
    day = business_date(call.now)
    month = YearMonth.of(day)
    numbers = [row.text("account_no") for row in list_rows if row.has("account_no")]
    return Facts(
        employer=employers.load_employer(call.connection, call.employer_no, vault=call.vault),
        policies=reference.dated_policies(call.connection),
        month=month,
        accounts=accounts.accounts_in(
            call.connection, call.employer_no, month=month, vault=call.vault, only=numbers
        ),
    )


def echo(call: Call, list_rows: Sequence[ParsedRow]) -> dict[str, dict[str, str]]:
    """录入后返显: name, masked id number, status and balance beside each row."""
    found = facts_for(call, list_rows).accounts
    return {
        row.row_id: rows.echo_of(found[row.text("account_no")])
        for row in list_rows
        if row.has("account_no") and row.text("account_no") in found
    }


def prefill_with(*statuses: str) -> Callable[[Call], Iterable[Mapping[str, str]]]:
    """A template's rows: the employer's people in one of these states."""

    def prefill(call: Call) -> Iterable[Mapping[str, str]]:
        month = current_month(call)
        people = accounts.accounts_in(
            call.connection, call.employer_no, month=month, vault=call.vault
        )
        for account in people.values():
            if account.status in statuses:
                yield {"account_no": account.account_no}

    return prefill


def choices_from(**lists: str) -> Callable[[Call], Mapping[str, Sequence[Choice]]]:
    """Code columns filled from the store's code tables: column key → list."""

    def choices(call: Call) -> Mapping[str, Sequence[Choice]]:
        found = reference.code_lists(call.connection)
        return {
            key: tuple(Choice(code, title) for code, title in found.get(name, {}).items())
            for key, name in lists.items()
        }

    return choices


def post_terms(
    call: Call,
    employer_no: str,
    terms: Sequence[tuple[Account, Sequence[Term]]],
    *,
    registration_no: str,
) -> list[Account]:
    """Give each account new terms from the first one's month on; returns the accounts as they stand today then."""
    month = current_month(call)
    numbers = [account.account_no for account, _ in terms]
    revisions.raise_revisions(call.connection, numbers)
    accounts.drop_terms_from(
        call.connection,
        employer_no,
        [(account.account_no, fresh[0].from_month) for account, fresh in terms],
    )
    written = [
        (account.account_no, employer_no, term) for account, fresh in terms for term in fresh
    ]
    accounts.put_terms(call.connection, written, registration_no=registration_no, month=month)
    accounts.set_status_by_terms(call.connection, numbers, month=month)
    after = accounts.accounts_in(
        call.connection, employer_no, month=month, vault=call.vault, only=numbers
    )
    return [after[number] for number in numbers]


def row_limit(call: Call) -> int:
    """数据提交最多条数, as the centre's policy has it today."""
    return reference.policy_on(call.connection, business_date(call.now)).row_limit
