"""Which event makes which documents: one file per business of the manual.

A business gets its receipt by a file here and a line in `_MADE`. Every such event carries a `BusinessHeader header`;
what is shown is what the manual shows for the business, in its words and order. A deposit business also makes its
voucher (manual §7.2). Certificates are made when they are asked for (`contribution_certificate`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.receipt.documents import (
    back_payment,
    base_change,
    closing,
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
from services.receipt.documents.desk import Desk
from services.receipt.domain import Paper, joining_receipt_no, voucher_no
from services.receipt.rendering.document import Document


def _own_number(registration_no: str) -> str:
    return registration_no


@dataclass(frozen=True, slots=True)
class Made:
    """One document that an event makes: what it says, and its number by that of the business."""

    document_of: Callable[[Any, Desk], Document]
    paper: Paper = Paper.RECEIPT
    number_of: Callable[[str], str] = _own_number


_VOUCHER = Made(voucher.document_of, Paper.VOUCHER, voucher_no)

_MADE: Mapping[type[Message], Sequence[Made]] = {
    collection.AccountsOpened: [Made(open_accounts.document_of)],
    collection.AccountsSealed: [Made(seal.document_of)],
    collection.AccountsUnsealed: [Made(unseal.document_of)],
    collection.AccountsTransferredOut: [Made(transfer.document_out)],
    collection.AccountsTransferredIn: [Made(transfer.document_in, number_of=joining_receipt_no)],
    collection.ProfileChanged: [Made(profile_change.document_of)],
    collection.RatesChanged: [Made(rate_change.document_of)],
    collection.BasesChanged: [Made(base_change.document_of)],
    collection.EmployerClosed: [Made(closing.document_of)],
    deposit.RemittancePosted: [Made(remittance.document_of), _VOUCHER],
    deposit.BackPaymentPosted: [Made(back_payment.document_of), _VOUCHER],
    deposit.BusinessReversed: [Made(reversal.document_of), _VOUCHER],
    deposit.BankPaymentRecorded: [_VOUCHER],
    deposit.AnnualInterestPosted: [_VOUCHER],
}


def documents_made_of(event: type[Message]) -> Sequence[Made]:
    """The documents of one event, none for most."""
    return _MADE.get(event, ())
