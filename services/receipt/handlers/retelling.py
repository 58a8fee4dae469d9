"""An owner's log told again, beside the running system: what each event tells is kept, nothing is rendered."""

from __future__ import annotations

from google.protobuf.message import Message
from hpf.deposit.v1.deposit_events_pb2 import BusinessReversed

from services.kit.app import Call
from services.kit.replays.beside import TooEarly
from services.receipt.documents import documents_made_of
from services.receipt.domain import Paper
from services.receipt.handlers.posted import keep_documents, pass_by
from services.receipt.handlers.printing import make_anew
from services.receipt.handlers.register import keep_what_it_tells
from services.receipt.store import documents, index, register


def retell(call: Call, message: Message | None) -> None:
    """Keep what one event of a log tells, in the order of its employer's versions. Raises TooEarly."""
    event = call.event
    if event.subject:
        heard = register.versions_heard(call.connection, event.subject).get(event.source, 0)
        if event.version <= heard:
            return
        if event.version > heard + 1:
            raise TooEarly(f"{event.source} sent version {event.version}, {heard} is the last one")
    with call.connection.begin_nested():
        _keep(call, message)


def _keep(call: Call, message: Message | None) -> None:
    pass_by(call, None)
    if message is None:
        return
    keep_what_it_tells(call, message)
    if isinstance(message, BusinessReversed):
        documents.note_reversal(
            call.connection,
            message.reversed_registration_no,
            reversed_by=message.header.registration_no,
        )
    keep_documents(call, message, documents_made_of(type(message)))


def take_over(call: Call) -> None:
    """Bring what was told again to the documents: those that are missing are made, the others found by what they are.

    Prints that were given out stay what they were; one that was not and lacks its mark of a reversal is made again.
    """
    for document_no, paper in index.add_missing(call.connection):
        if paper == Paper.RECEIPT:
            make_anew(call, document_no)
    index.mend(call.connection)
    for registration_no in index.reversals_that_differ(call.connection):
        for document_no in documents.documents_about(call.connection, registration_no):
            make_anew(call, document_no)
