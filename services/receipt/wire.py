"""Rows → messages of receipt."""

from __future__ import annotations

from typing import Any

from hpf.receipt.v1 import receipt_service_pb2
from sqlalchemy import Row

from services.kit.vault import Vault
from services.receipt.domain import CODE, State, verification_code
from services.receipt.errors import RECEIPT_FAILED


def code_of(registration_no: str, *, vault: Vault) -> str:
    """The verification code on the document of this business."""
    return verification_code(vault.index(CODE, registration_no))


def receipt_message(
    row: Row[Any], *, vault: Vault, for_staff: bool = False
) -> receipt_service_pb2.Receipt:
    """A receipt with its newest print. Why it failed is said in full to staff only."""
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
        verification_code=code_of(row.registration_no, vault=vault),
        failure=failure if row.state == State.FAILED else "",
    )
