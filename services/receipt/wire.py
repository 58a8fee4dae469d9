"""Rows → messages of receipt, and what a document's facts look like outside."""

from __future__ import annotations

from typing import Any

from hpf.receipt.v1 import receipt_service_pb2
from sqlalchemy import Row

from services.kit.vault import Vault
from services.receipt.domain import CODE, State, mask_name, mask_number, verification_code
from services.receipt.errors import RECEIPT_FAILED
from services.receipt.rendering.document import Document


def code_of(document_no: str, *, vault: Vault) -> str:
    """The verification code on the document of this number."""
    return verification_code(vault.index(CODE, document_no))


def receipt_message(
    row: Row[Any], *, vault: Vault, for_staff: bool = False
) -> receipt_service_pb2.Receipt:
    """A document with its newest print. Why it failed is said in full to staff only."""
    failure = row.failure if for_staff else RECEIPT_FAILED.zh
    return receipt_service_pb2.Receipt(
        registration_no=row.registration_no,
        kind=row.kind,
        title=row.title,
        business_date=row.business_date.isoformat(),
        state=row.state,
        size_bytes=row.size_bytes or 0,
        sha256=row.sha256 or "",
        print_count=row.print_count,
        verification_code=code_of(row.document_no, vault=vault),
        failure=failure if row.state == State.FAILED else "",
        document_no=row.document_no,
        paper=row.paper,
        reversed_by=row.reversed_by or "",
    )


def voucher_message(row: Row[Any], document: Document) -> receipt_service_pb2.Voucher:
    """What a voucher says, before it is printed."""
    facts = [
        receipt_service_pb2.DocumentFact(label=each.label, value=each.value)
        for each in document.fields
    ]
    return receipt_service_pb2.Voucher(
        registration_no=row.registration_no,
        transaction_date=document.business_date.isoformat(),
        title=document.title,
        employer_no=document.employer_no,
        employer_name=document.employer_name,
        facts=[*facts, *total_facts(document)],
        reversed_by=row.reversed_by or "",
    )


def verified_message(
    row: Row[Any], document: Document, *, print_no: int = 0
) -> receipt_service_pb2.VerifiedDocument:
    """What whoever holds a document is told of it: masked, and its sums to compare."""
    return receipt_service_pb2.VerifiedDocument(
        title=document.title,
        registration_no=mask_number(document.registration_no),
        employer_no=mask_number(document.employer_no),
        employer_name=mask_name(document.employer_name),
        business_date=document.business_date.isoformat(),
        totals=total_facts(document),
        print_no=print_no,
        print_count=row.print_count,
        reversed=bool(row.reversed_by),
    )


def total_facts(document: Document) -> list[receipt_service_pb2.DocumentFact]:
    """The sums under the table."""
    return [
        receipt_service_pb2.DocumentFact(label=each.label, value=each.value, words=each.words)
        for each in document.totals
    ]
