"""One document of every kind: the businesses as their events make them, the prints of queries beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from services.receipt.documents import (
    back_payment,
    base_change,
    closing,
    contribution_certificate,
    open_accounts,
    profile_change,
    rate_change,
    remittance,
    reversal,
    seal,
    transfer,
    unseal,
    voucher,
)
from services.receipt.documents.contribution_certificate import Figures, RateLimits
from services.receipt.documents.desk import Desk
from services.receipt.rendering.document import Document, DocumentKind
from tests.conformance.documents import business_events as events
from tests.conformance.documents.print_samples import (
    employer_profile,
    employer_statement,
    people_list,
    personal_ledger,
)
from tests.conformance.documents.sample_parts import CENTRE, CODE

Sample = Callable[[int], Document]


def from_event(make: Callable[[int], Any], document_of: Callable[[Any, Desk], Document]) -> Sample:
    """The document of an event with so many people."""
    return lambda count: _coded(document_of(make(count), events.DESK))


def certificate(count: int) -> Document:
    figures = Figures(
        employer_no=events.HEADER.employer_no,
        name=events.HEADER.employer_name,
        branch_name=events.HEADER.branch_name,
        agent_name=events.HEADER.agent_name,
        status="01",
        opened_on="2009-09-14",
        employer_rate=RateLimits(12, 12),
        employee_rate=RateLimits(10, 12),
        first_month=200909,
        paid_through_month=201912,
        active_headcount=108,
        sealed_headcount=count,
        balance_fen=1_136_144_521,
    )
    day = date(2020, 4, 24)
    number = "ZM2020042400000018"
    return _coded(
        contribution_certificate.document_of(figures, number=number, day=day, centre_name=CENTRE)
    )


def _coded(document: Document) -> Document:
    url = f"https://hall.example.cn/v/{CODE}"
    return replace(document, verification_code=CODE, verification_url=url)


SAMPLES: dict[DocumentKind, Sample] = {
    DocumentKind.OPEN_ACCOUNTS: from_event(events.accounts_opened, open_accounts.document_of),
    DocumentKind.SEAL: from_event(events.accounts_sealed, seal.document_of),
    DocumentKind.UNSEAL: from_event(events.accounts_unsealed, unseal.document_of),
    DocumentKind.TRANSFER: from_event(events.transferred_out, transfer.document_out),
    DocumentKind.TRANSFER_IN: from_event(events.transferred_in, transfer.document_in),
    DocumentKind.PROFILE_CHANGE: from_event(events.profile_changed, profile_change.document_of),
    DocumentKind.RATE_CHANGE: from_event(events.rates_changed, rate_change.document_of),
    DocumentKind.BASE_CHANGE: from_event(events.bases_changed, base_change.document_of),
    DocumentKind.CLOSING: from_event(events.employer_closed, closing.document_of),
    DocumentKind.REMITTANCE: from_event(events.remittance_posted, remittance.document_of),
    DocumentKind.BACK_PAYMENT: from_event(events.back_payment_posted, back_payment.document_of),
    DocumentKind.REVERSAL: from_event(events.business_reversed, reversal.document_of),
    DocumentKind.CONTRIBUTION_CERTIFICATE: certificate,
    DocumentKind.VOUCHER: from_event(events.remittance_posted, voucher.document_of),
    DocumentKind.PEOPLE_LIST: people_list,
    DocumentKind.PERSONAL_LEDGER: personal_ledger,
    DocumentKind.EMPLOYER_STATEMENT: employer_statement,
    DocumentKind.EMPLOYER_PROFILE: employer_profile,
}
