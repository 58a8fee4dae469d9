"""An event of a business: its facts are kept and its documents are put to be rendered."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message
from hpf.deposit.v1.deposit_events_pb2 import BusinessReversed

from services.kit.app import Call
from services.receipt.documents import Made, documents_made_of
from services.receipt.documents.desk import Desk
from services.receipt.domain import Paper, Print, State
from services.receipt.handlers.printing import enqueue_print, keep_document, make_anew
from services.receipt.handlers.register import StoredRegister, keep_what_it_tells
from services.receipt.store import documents, register


def on_event(call: Call, message: Message) -> None:
    """What the event tells is kept first: its own documents may have to name the same people.

    Raises NotYetKnown when a document must name somebody of whom no event has come yet.
    """
    pass_by(call, None)
    keep_what_it_tells(call, message)
    if isinstance(message, BusinessReversed):
        _take_back(call, message)
    for document_no in keep_documents(call, message, documents_made_of(type(message))):
        enqueue_print(call, Print(document_no, 1))


def pass_by(call: Call, message: None) -> None:
    """An event that nothing is made of; that it came is noted, for those who wait for its version."""
    event = call.event
    if event.subject:
        register.hear(
            call.connection, owner=event.source, employer_no=event.subject, version=event.version
        )


def keep_documents(call: Call, message: Message, made: Sequence[Made]) -> Sequence[str]:
    """Keep the facts of each document; returns the numbers of the receipts that were not there."""
    desk = Desk(
        call.runtime.kit.centre_name,
        call.vault.open_text,
        StoredRegister(call.connection, call.vault),
    )
    new_receipts = []
    for each in made:
        document = each.document_of(message, desk)
        document_no = each.number_of(document.registration_no)
        is_receipt = each.paper is Paper.RECEIPT
        is_new = keep_document(
            call,
            document,
            document_no=document_no,
            paper=each.paper,
            kind=message.header.kind,  # type: ignore[attr-defined]  # every business's event has one
            # Nobody may ever ask for a voucher; it is rendered when somebody does.
            state=State.PENDING if is_receipt else State.UNISSUED,
        )
        if is_new and is_receipt:
            new_receipts.append(document_no)
    return new_receipts


def _take_back(call: Call, event: BusinessReversed) -> None:
    """From now on every print is marked, also those that were made and not given out yet."""
    reversed_no = event.reversed_registration_no
    documents.note_reversal(call.connection, reversed_no, reversed_by=event.header.registration_no)
    for document_no in documents.documents_about(call.connection, reversed_no):
        make_anew(call, document_no)
