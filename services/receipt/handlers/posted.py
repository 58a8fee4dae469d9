"""A business was posted: its facts are kept and its document is put to be rendered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.kit import jobs
from services.kit.app import Call
from services.receipt import facts, store, wire
from services.receipt.documents import DocumentOf
from services.receipt.documents.desk import Desk
from services.receipt.domain import CODE_INDEX, RENDER, Print


def keep_facts(document_of: DocumentOf) -> Callable[[Call, Any], None]:
    """The handler of one event: `document_of` says what its document shows."""

    def on_posted(call: Call, event: Any) -> None:
        desk = Desk(call.runtime.kit.centre_name, call.vault.open_text)
        document = document_of(event, desk)
        code = wire.code_of(document.registration_no, vault=call.vault)
        url = call.settings.verification_url
        document = replace(
            document,
            verification_code=code,
            verification_url=f"{url}{code}" if url else None,
        )
        is_new = store.add_receipt(
            call.connection,
            store.NewReceipt(
                registration_no=document.registration_no,
                employer_no=document.employer_no,
                kind=event.header.kind,
                title=document.title,
                business_date=document.business_date,
                posted_at=call.event.occurred_at,
                facts_sealed=call.vault.seal(facts.to_bytes(document)),
                verification_index=call.vault.index(CODE_INDEX, code),
            ),
        )
        if is_new:
            enqueue_print(call, Print(document.registration_no, 1))

    return on_posted


def enqueue_print(call: Call, wanted: Print) -> None:
    """Put one print to be rendered, in this call's transaction."""
    jobs.enqueue(
        call.connection,
        kind=RENDER,
        key=wanted.key,
        payload=wanted.to_bytes(),
        vault=call.vault,
        now=call.now,
    )
