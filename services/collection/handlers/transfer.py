"""个人账户同城转移 (manual §5.4): the list's look-ups, and steps 1 and 3 of the saga in sagas.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection import sagas, wire
from services.collection.domain import changes, codes, rate_change, rows
from services.collection.domain import transfer as rules
from services.collection.domain.account import Account
from services.collection.domain.employer import Employer
from services.collection.errors import EMPLOYER_UNKNOWN, TARGET_BUSY, TARGET_NOT_OPEN
from services.collection.handlers import lists
from services.collection.handlers.posting import finish, new_registration, pending
from services.collection.store import accounts, businesses, employers, reference, revisions
from services.collection.store.businesses import PendingSaga
from services.kit.app import Call
from services.kit.errors import DomainError
from services.kit.months import YearMonth
from services.kit.worksheet.methods import draft_of
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.submit import Taken, put_back

_KIND = business_pb2.BUSINESS_KIND_TRANSFER
_EVER = YearMonth(1900, 1)


def look_up_target_employer(
    call: Call, request: collection_service_pb2.LookUpTargetEmployerRequest
) -> collection_service_pb2.LookUpTargetEmployerResponse:
    """转入单位名称, 转入账户机构, 转入单位账户状态. Raises EMPLOYER_UNKNOWN."""
    target = _find(call, request.employer_no)
    if target is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    return collection_service_pb2.LookUpTargetEmployerResponse(
        employer_no=target.employer_no,
        name=target.profile.name,
        branch_name=target.branch_name,
        status=target.status,
    )


def check_rows(call: Call, sheet: ParsedSheet) -> Iterable[RowError]:
    facts = lists.facts_for(call, sheet.rows)
    if sheet.header.has("target_employer_no"):
        target = _find(call, sheet.header.text("target_employer_no"))
        yield from rules.faults_of_target(sheet.header, employer=facts.employer, target=target)
    yield from rows.faults_of_accounts(sheet.rows, facts.accounts, rules.faults_of_row)


def echo_header(call: Call, header: ParsedRow) -> dict[str, str]:
    source = employers.load_employer(call.connection, call.employer_no, vault=call.vault)
    shown = rules.source_echo_of(source)
    if header.has("target_employer_no"):
        target = _find(call, header.text("target_employer_no"))
        if target is not None:
            shown |= rules.header_echo_of(target, source=source)
    return shown


SPEC: SheetSpec[Call] = SheetSpec(
    key=rules.KEY,
    title_zh=rules.TITLE,
    row_limit_now=lists.row_limit,
    columns=rules.COLUMNS,
    header=rules.HEADER,
    header_echo_columns=rules.HEADER_ECHO,
    unique=rows.UNIQUE,
    echo_columns=rows.ECHO,
    check_rows=check_rows,
    echo=lists.echo,
    echo_header=echo_header,
    prefill=lists.prefill_with(codes.ACCOUNT_ACTIVE, codes.ACCOUNT_SEALED),
)


def post(call: Call, employer: Employer, taken: Taken) -> business_pb2.Business:
    """Step 1: hold both rosters and ask deposit to move the balances. Raises TARGET_BUSY (try again)."""
    registration_no, day = new_registration(call)
    target = employers.lock_employer(
        call.connection, taken.header.text("target_employer_no"), vault=call.vault
    )
    if target.held_by:
        raise DomainError(TARGET_BUSY)
    if not rules.is_open(target):  # closed since the list was checked
        raise DomainError(TARGET_NOT_OPEN)
    for each in (employer, target):
        employers.set_held_by(call.connection, each.employer_no, registration_no=registration_no)
    waiting = PendingSaga(
        registration_no=registration_no,
        employer_no=employer.employer_no,
        business_date=day,
        asked_at=call.now,
        target_employer_no=target.employer_no,
        account_nos=[row.text("account_no") for row in taken.rows],
    )
    businesses.add_saga(call.connection, waiting)
    call.emit(sagas.question_of(waiting), subject=employer.employer_no)
    return pending(
        call,
        employer,
        registration_no=registration_no,
        kind=_KIND,
        day=day,
        headcount=len(taken.rows),
        changes=changes.of_employers(
            waiting.account_nos, source=employer.employer_no, target=target.employer_no
        ),
    )


def settle(call: Call, event: deposit_events_pb2.TransferSettled) -> None:
    """Step 3: the people change employers, or everything stays as it was; both rosters are free."""
    waiting = businesses.take_saga(call.connection, event.registration_no)
    if waiting is None:
        return  # an answer to a question that was asked twice
    source = employers.lock_employer(call.connection, waiting.employer_no, vault=call.vault)
    target = employers.lock_employer(call.connection, waiting.target_employer_no, vault=call.vault)
    for each in (source, target):
        employers.set_held_by(call.connection, each.employer_no, registration_no=None)
    if not event.posted:
        _give_back(call, waiting)
        finish(call, event.registration_no, rejection=event.rejection)
        return
    balances = {each.account_no: each.balance_fen for each in event.balances}
    _move(call, waiting, source, target, balances)
    token = business_pb2.ConsistencyToken(
        owner="deposit", employer_no=source.employer_no, version=call.event.version
    )
    finish(call, event.registration_no, amount_fen=event.amount_fen, also=(token,))


def _move(
    call: Call,
    waiting: PendingSaga,
    source: Employer,
    target: Employer,
    balances: dict[str, int],
) -> None:
    month = lists.current_month(call)
    policies = reference.dated_policies(call.connection)
    numbers = list(waiting.account_nos)
    found = accounts.accounts_in(
        call.connection, source.employer_no, month=month, vault=call.vault, only=numbers
    )
    left = revisions.raise_revisions(call.connection, numbers)
    people = [replace(found[number], revision=left[number]) for number in numbers]
    gone = [(number, source.next_month) for number in numbers]
    accounts.drop_terms_from(call.connection, source.employer_no, gone)
    # Whoever comes back starts anew: what was left behind at the first leaving says nothing any more.
    back = [(number, _EVER) for number in numbers]
    accounts.drop_terms_from(call.connection, target.employer_no, back)
    terms = [
        (each.account_no, source.employer_no, rules.left_term(each, source)) for each in people
    ]
    for each in people:
        joined = rules.joined_term(each, target, policies=policies)
        limits = rate_change.with_later_limits(joined, limits=target.rates, policies=policies)
        terms += [(each.account_no, target.employer_no, term) for term in limits]
    accounts.put_terms(call.connection, terms, registration_no=waiting.registration_no, month=month)
    accounts.move_accounts(call.connection, numbers, to=target.employer_no)
    revisions.raise_revisions(call.connection, numbers)
    after = accounts.accounts_in(
        call.connection, target.employer_no, month=month, vault=call.vault, only=numbers
    )
    _tell(call, waiting, source, target, people, list(after.values()), balances)


def _tell(
    call: Call,
    waiting: PendingSaga,
    source: Employer,
    target: Employer,
    before: list[Account],
    after: list[Account],
    balances: dict[str, int],
) -> None:
    business = businesses.load_business(call.connection, waiting.registration_no)
    assert business is not None
    amount = sum(balances.values())
    header = partial(
        wire.header,
        registration_no=waiting.registration_no,
        kind=_KIND,
        day=business.business_date,
    )
    call.emit(
        collection_events_pb2.AccountsTransferredOut(
            header=header(source),
            target_employer_no=target.employer_no,
            target_employer_name=target.profile.name,
            people=[
                collection_events_pb2.TransferredPerson(
                    account_no=each.account_no,
                    name=each.name,
                    id_number_sealed=call.vault.seal_text(each.id_number),
                    balance_fen=balances[each.account_no],
                    revision=each.revision,
                )
                for each in before
            ],
            amount_fen=amount,
        ),
        subject=source.employer_no,
    )
    call.emit(
        collection_events_pb2.AccountsTransferredIn(
            header=header(target),
            source_employer_no=source.employer_no,
            accounts=wire.account_states(after, vault=call.vault),
            amount_fen=amount,
        ),
        subject=target.employer_no,
    )


def _give_back(call: Call, waiting: PendingSaga) -> None:
    draft = draft_of(call, SPEC, employer_no=waiting.employer_no)
    put_back(draft, waiting.registration_no)


def _find(call: Call, employer_no: str) -> Employer | None:
    try:
        return employers.load_employer(call.connection, employer_no, vault=call.vault)
    except DomainError:
        return None
