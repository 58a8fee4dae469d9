"""Keeps a document's facts and puts its prints to be rendered, in the transaction of whoever asks."""

from __future__ import annotations

from dataclasses import replace

from services.kit import jobs
from services.kit.app import Call
from services.receipt import facts, wire
from services.receipt.domain import CODE_INDEX, RENDER, Paper, Print, State
from services.receipt.rendering.document import Document
from services.receipt.store import documents


def keep_document(
    call: Call, document: Document, *, document_no: str, paper: Paper, kind: int, state: State
) -> bool:
    """Keep the facts with their verification code; False when the document is there."""
    code = wire.code_of(document_no, vault=call.vault)
    url = call.settings.verification_url
    document = replace(
        document, verification_code=code, verification_url=f"{url}{code}" if url else None
    )
    new = documents.NewDocument(
        document_no=document_no,
        paper=paper,
        registration_no=document.registration_no,
        employer_no=document.employer_no,
        kind=kind,
        title=document.title,
        business_date=document.business_date,
        posted_at=call.event.occurred_at if call.event else call.now,
        facts_sealed=call.vault.seal(facts.to_bytes(document)),
        verification_index=call.vault.index(CODE_INDEX, code),
        state=state,
    )
    return documents.add_document(call.connection, new)


def load_document(call: Call, document_no: str) -> Document:
    """The facts of a document that exists."""
    return facts.from_bytes(call.vault.open(documents.load_facts(call.connection, document_no)))


def enqueue_print(call: Call, wanted: Print) -> None:
    """Put one print to be rendered."""
    jobs.enqueue(
        call.connection,
        kind=RENDER,
        key=wanted.key,
        payload=wanted.to_bytes(),
        vault=call.vault,
        now=call.now,
    )


def make_anew(call: Call, document_no: str) -> None:
    """Have the next print made anew. Prints that were given out stay what they were."""
    documents.lock_document(call.connection, document_no)
    row = documents.existing(call.connection, document_no)
    wanted = Print(document_no, row.print_count + 1)
    documents.drop_print(call.connection, wanted)
    documents.set_state(call.connection, document_no, State.PENDING)
    if not jobs.do_again(call.connection, kind=RENDER, key=wanted.key, now=call.now):
        enqueue_print(call, wanted)
