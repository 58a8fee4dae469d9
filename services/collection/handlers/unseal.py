"""个人启封 (manual §5.3): the list's look-ups and what a submission does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from hpf.collection.v1 import collection_events_pb2
from hpf.common.v1 import business_pb2

from services.collection import wire
from services.collection.domain import changes, codes, rate_change, rows
from services.collection.domain import unseal as rules
from services.collection.domain.employer import Employer
from services.collection.handlers import lists
from services.collection.handlers.posting import new_registration, posted
from services.collection.store import reference
from services.kit.app import Call
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken

_KIND = business_pb2.BUSINESS_KIND_UNSEAL


def check_rows(call: Call, sheet: ParsedSheet) -> Iterable[RowError]:
    facts = lists.facts_for(call, sheet.rows)
    rule = partial(rules.faults_of_row, employer=facts.employer, policies=facts.policies)
    return rows.faults_of_accounts(sheet.rows, facts.accounts, rule)


def echo(call: Call, list_rows: Sequence[ParsedRow]) -> dict[str, dict[str, str]]:
    """Who it is, and 月缴额 once base and month can be read."""
    facts = lists.facts_for(call, list_rows)
    shown = {}
    for row in list_rows:
        account = facts.accounts.get(row.text("account_no")) if row.has("account_no") else None
        if account is None:
            continue
        shown[row.row_id] = rows.echo_of(account)
        if row.has("base") and row.has("effective_month"):
            term = rules.resumed_term(
                row, account, employer=facts.employer, policies=facts.policies
            )
            shown[row.row_id] |= rows.shares_of(term)
    return shown


SPEC: SheetSpec[Call] = SheetSpec(
    key=rules.KEY,
    title_zh=rules.TITLE,
    row_limit_now=lists.row_limit,
    columns=rules.COLUMNS,
    unique=rows.UNIQUE,
    echo_columns=(*rows.ECHO, *rows.SHARES_ECHO),
    check_rows=check_rows,
    echo=echo,
    prefill=lists.prefill_with(codes.ACCOUNT_SEALED),
    choices=lists.choices_from(unseal_kind=codes.UNSEAL_KIND),
)


def post(call: Call, employer: Employer, taken: Taken) -> business_pb2.Business:
    """Resume contributions for everybody on a faultless list, each from its own month."""
    registration_no, day = new_registration(call)
    facts = lists.facts_for(call, taken.rows)
    titles = reference.code_lists(call.connection)[codes.UNSEAL_KIND]
    terms, people = [], []
    for row in taken.rows:
        account = facts.accounts[row.text("account_no")]
        term = rules.resumed_term(row, account, employer=employer, policies=facts.policies)
        limits = rate_change.with_later_limits(term, limits=employer.rates, policies=facts.policies)
        terms.append((account, limits))
        people.append(
            collection_events_pb2.UnsealedPerson(
                account_no=account.account_no,
                unseal_kind=row.text("unseal_kind"),
                unseal_kind_title=titles[row.text("unseal_kind")],
                effective_month=term.from_month.to_int(),
                base_fen=term.base_fen,
                monthly_fen=term.monthly_fen,
            )
        )
    after = lists.post_terms(call, employer.employer_no, terms, registration_no=registration_no)
    added = sum(each.monthly_fen for each in people)
    call.emit(
        collection_events_pb2.AccountsUnsealed(
            header=wire.header(employer, registration_no=registration_no, kind=_KIND, day=day),
            accounts=wire.account_states(after, vault=call.vault),
            people=people,
            added_monthly_fen=added,
        ),
        subject=employer.employer_no,
    )
    return posted(
        call,
        employer,
        registration_no=registration_no,
        kind=_KIND,
        day=day,
        headcount=len(people),
        amount_fen=added,
        changes=changes.of_terms(terms),
    )
