"""What collection tells of employers: the agent's mobile on file, the uscc, whether it is closed."""

from __future__ import annotations

from typing import Any

from services.auth.domain.session import SessionEnd
from services.auth.handlers.sessions_end import end_sessions
from services.auth.store.employers import save_employer
from services.auth.store.sessions import of_employer
from services.auth.wire import employer_file
from services.kit.app import Call


def on_employer(call: Call, message: Any) -> None:
    """Any event that carries `EmployerState employer`. A closed employer's sessions end at once."""
    if not message.HasField("employer"):
        return
    found = employer_file(message.employer)
    save_employer(call.connection, found, version=call.event.version, vault=call.vault)
    if found.is_closed:
        end_sessions(call, of_employer(found.employer_no), reason=SessionEnd.EMPLOYER_CLOSED)
