"""个人封存 (manual §5.2): the list's look-ups and what a submission does."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from hpf.collection.v1 import collection_events_pb2
from hpf.common.v1 import business_pb2

from services.collection import wire
from services.collection.domain import changes, codes, rows
from services.collection.domain import seal as rules
from services.collection.domain.employer import Employer
from services.collection.handlers import lists
from services.collection.handlers.posting import new_registration, posted
from services.collection.store import reference
from services.kit.app import Call
from services.kit.worksheet.rows import ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken

_KIND = business_pb2.BUSINESS_KIND_SEAL


def check_rows(call: Call, sheet: ParsedSheet) -> Iterable[RowError]:
    facts = lists.facts_for(call, sheet.rows)
    rule = partial(rules.faults_of_row, employer=facts.employer)
    return rows.faults_of_accounts(sheet.rows, facts.accounts, rule)


SPEC: SheetSpec[Call] = SheetSpec(
    key=rules.KEY,
    title_zh=rules.TITLE,
    row_limit_now=lists.row_limit,
    columns=rules.COLUMNS,
    unique=rows.UNIQUE,
    echo_columns=rows.ECHO,
    check_rows=check_rows,
    echo=lists.echo,
    prefill=lists.prefill_with(codes.ACCOUNT_ACTIVE),
    choices=lists.choices_from(seal_reason=codes.SEAL_REASON),
)


def post(call: Call, employer: Employer, taken: Taken) -> business_pb2.Business:
    """Seal everybody on a faultless list; the receipt shows by how much the monthly total falls."""
    registration_no, day = new_registration(call)
    found = lists.facts_for(call, taken.rows).accounts
    titles = reference.code_lists(call.connection)[codes.SEAL_REASON]
    terms, people = [], []
    for row in taken.rows:
        account = found[row.text("account_no")]
        month = row.month("effective_month")
        terms.append((account, [rules.sealed_term(account, month)]))
        people.append(
            collection_events_pb2.SealedPerson(
                account_no=account.account_no,
                seal_reason=row.text("seal_reason"),
                seal_reason_title=titles[row.text("seal_reason")],
                effective_month=month.to_int(),
                monthly_fen=account.last_term.monthly_fen,
            )
        )
    after = lists.post_terms(call, employer.employer_no, terms, registration_no=registration_no)
    reduced = sum(each.monthly_fen for each in people)
    call.emit(
        collection_events_pb2.AccountsSealed(
            header=wire.header(employer, registration_no=registration_no, kind=_KIND, day=day),
            accounts=wire.account_states(after, vault=call.vault),
            people=people,
            reduced_monthly_fen=reduced,
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
        amount_fen=reduced,
        changes=changes.of_terms(terms),
    )
