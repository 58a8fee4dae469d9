"""缴存基数调整 (manual §5.7): the list's look-ups and what a submission does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from hpf.collection.v1 import collection_events_pb2
from hpf.common.v1 import business_pb2

from services.collection import wire
from services.collection.domain import base_change as rules
from services.collection.domain import changes, codes, rows
from services.collection.domain.account import Term
from services.collection.domain.employer import Employer
from services.collection.handlers import lists
from services.collection.handlers.posting import new_registration, posted
from services.collection.store import accounts, roster
from services.kit.app import Call
from services.kit.money import format_yuan
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken

_KIND = business_pb2.BUSINESS_KIND_BASE_CHANGE


def check_rows(call: Call, sheet: ParsedSheet) -> Iterable[RowError]:
    facts = lists.facts_for(call, sheet.rows)
    rule = partial(
        rules.faults_of_row,
        employer=facts.employer,
        policies=facts.policies,
        known=_terms_of(call, facts),
    )
    return rows.faults_of_accounts(sheet.rows, facts.accounts, rule)


def echo(call: Call, list_rows: Sequence[ParsedRow]) -> dict[str, dict[str, str]]:
    """录入后返显: name, rates, the base before and the monthly that follows from the new one."""
    facts = lists.facts_for(call, list_rows)
    known = _terms_of(call, facts)
    return {
        row.row_id: rules.echo_of(
            row,
            facts.accounts[row.text("account_no")],
            employer=facts.employer,
            policies=facts.policies,
            known=known,
        )
        for row in list_rows
        if row.has("account_no") and row.text("account_no") in facts.accounts
    }


def prefill(call: Call) -> Iterable[Mapping[str, str]]:
    """A template's rows: everybody active, with the base as it is."""
    month = lists.current_month(call)
    people = accounts.accounts_in(call.connection, call.employer_no, month=month, vault=call.vault)
    for account in people.values():
        if account.status == codes.ACCOUNT_ACTIVE and account.last_term.active:
            base = format_yuan(account.last_term.base_fen)
            yield {"account_no": account.account_no, "base": base}


SPEC: SheetSpec[Call] = SheetSpec(
    key=rules.KEY,
    title_zh=rules.TITLE,
    row_limit_now=lists.row_limit,
    columns=rules.COLUMNS,
    unique=rows.UNIQUE,
    echo_columns=rules.ECHO,
    check_rows=check_rows,
    echo=echo,
    prefill=prefill,
)


def post(call: Call, employer: Employer, taken: Taken) -> business_pb2.Business:
    """Change everybody's base on a faultless list; the receipt shows the employer's sums before and after."""
    registration_no, day = new_registration(call)
    facts = lists.facts_for(call, taken.rows)
    month = employer.next_month
    before = roster.totals_in(call.connection, employer.employer_no, month)
    known = _terms_of(call, facts)
    terms, base_changes = [], []
    for row in taken.rows:
        account = facts.accounts[row.text("account_no")]
        fresh = rules.changed_terms(
            row.fen("base"), known[account.account_no], employer=employer, policies=facts.policies
        )
        term = fresh[0]
        terms.append((account, fresh))
        base_changes.append(
            collection_events_pb2.BaseChange(
                account_no=account.account_no,
                name=account.name,
                base_before_fen=account.last_term.base_fen,
                base_after_fen=term.base_fen,
                monthly_before_fen=account.last_term.monthly_fen,
                monthly_after_fen=term.monthly_fen,
            )
        )
    after = lists.post_terms(call, employer.employer_no, terms, registration_no=registration_no)
    sums = roster.totals_in(call.connection, employer.employer_no, month)
    call.emit(
        collection_events_pb2.BasesChanged(
            header=wire.header(employer, registration_no=registration_no, kind=_KIND, day=day),
            accounts=wire.account_states(after, vault=call.vault),
            changes=base_changes,
            total_base_before_fen=before[0],
            total_base_after_fen=sums[0],
            total_monthly_before_fen=before[1],
            total_monthly_after_fen=sums[1],
            effective_month=month.to_int(),
        ),
        subject=employer.employer_no,
    )
    return posted(
        call,
        employer,
        registration_no=registration_no,
        kind=_KIND,
        day=day,
        headcount=len(base_changes),
        amount_fen=sums[1],
        changes=changes.of_terms(terms),
    )


def _terms_of(call: Call, facts: lists.Facts) -> Mapping[str, Sequence[Term]]:
    """Every term of the accounts on the list, by month."""
    return accounts.terms_of(call.connection, call.employer_no, only=list(facts.accounts))
