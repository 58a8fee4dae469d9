"""Documents that the employer asks for: 缴存证明 and 缴存凭证 (manual 七)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hpf.common.v1 import business_pb2
from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import Row

from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.days import parse_day
from services.kit.errors import READ_MODEL_BEHIND, DomainError
from services.receipt import wire
from services.receipt.documents.contribution_certificate import Figures, RateLimits, document_of
from services.receipt.domain import Paper, Print, State, certificate_no, voucher_no
from services.receipt.errors import FIGURES_NOT_KNOWN_YET, VOUCHER_UNKNOWN
from services.receipt.handlers.printing import enqueue_print, keep_document, load_document
from services.receipt.store import documents, register


def issue_contribution_certificate(
    call: Call, request: pb.IssueContributionCertificateRequest
) -> pb.IssueContributionCertificateResponse:
    """A new certificate of the figures as they stand now.

    Raises FIGURES_NOT_KNOWN_YET, READ_MODEL_BEHIND when a version asked for has not come yet.
    """
    _check_versions(call, request.consistency)
    figures = _figures(call)
    day = business_date(call.now)
    number = certificate_no(day, documents.next_certificate_number(call.connection))
    document = document_of(
        figures, number=number, day=day, centre_name=call.runtime.kit.centre_name
    )
    keep_document(
        call,
        document,
        document_no=number,
        paper=Paper.CERTIFICATE,
        kind=business_pb2.BUSINESS_KIND_UNSPECIFIED,
        state=State.PENDING,
    )
    enqueue_print(call, Print(number, 1))
    row = documents.existing(call.connection, number)
    return pb.IssueContributionCertificateResponse(
        document=wire.receipt_message(row, vault=call.vault)
    )


def get_voucher(call: Call, request: pb.GetVoucherRequest) -> pb.GetVoucherResponse:
    """Raises VOUCHER_UNKNOWN unless it is of the session's employer and of that day."""
    row = _voucher(call, request.registration_no, request.transaction_date)
    document = load_document(call, row.document_no)
    return pb.GetVoucherResponse(voucher=wire.voucher_message(row, document))


def issue_voucher(call: Call, request: pb.IssueVoucherRequest) -> pb.IssueVoucherResponse:
    """The business's one voucher, put to be rendered the first time. Raises VOUCHER_UNKNOWN."""
    row = _voucher(call, request.registration_no, request.transaction_date)
    documents.lock_document(call.connection, row.document_no)
    row = documents.existing(call.connection, row.document_no)
    if row.state == State.UNISSUED:
        documents.set_state(call.connection, row.document_no, State.PENDING)
        enqueue_print(call, Print(row.document_no, 1))
        row = documents.existing(call.connection, row.document_no)
    return pb.IssueVoucherResponse(document=wire.receipt_message(row, vault=call.vault))


def _voucher(call: Call, registration_no: str, transaction_date: str) -> Row[Any]:
    row = documents.load_document(call.connection, voucher_no(registration_no))
    if (
        row is None
        or row.employer_no != call.employer_no
        or row.business_date != _day(transaction_date)
    ):
        raise DomainError(VOUCHER_UNKNOWN)
    return row


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except ValueError:
        return None


def _check_versions(call: Call, tokens: Sequence[business_pb2.ConsistencyToken]) -> None:
    wanted: dict[str, int] = {}
    for token in tokens:
        # One of another employer says nothing about what this session sees.
        if token.employer_no == call.employer_no:
            wanted[token.owner] = max(token.version, wanted.get(token.owner, 0))

    heard = register.versions_heard(call.connection, call.employer_no)
    if any(heard.get(owner, 0) < version for owner, version in wanted.items()):
        raise DomainError(READ_MODEL_BEHIND)


def _figures(call: Call) -> Figures:
    row = register.load_employer(call.connection, call.employer_no)
    if row is None:
        raise DomainError(FIGURES_NOT_KNOWN_YET)
    counted = register.headcounts(call.connection, call.employer_no)
    return Figures(
        employer_no=row.employer_no,
        name=row.name,
        branch_name=row.branch_name,
        agent_name=row.agent_name,
        status=row.status,
        opened_on=row.opened_on,
        employer_rate=RateLimits(row.employer_rate_min, row.employer_rate_max),
        employee_rate=RateLimits(row.employee_rate_min, row.employee_rate_max),
        first_month=row.first_month,
        paid_through_month=row.paid_through_month,
        active_headcount=counted.active,
        sealed_headcount=counted.sealed,
        balance_fen=row.balance_fen,
    )
