"""What query keeps of its owners' events, for making it anew and for checking it (`services.kit.replays`)."""

from __future__ import annotations

from google.protobuf.message import Message
from sqlalchemy import Connection, insert

from services.kit.app import Call
from services.kit.replays.beside import Copies, compared_whole
from services.query.code_tables import seeded_titles
from services.query.events import OWNERS, messages_of
from services.query.handlers import projection
from services.query.models import READ_TABLES, applied_version, code_title


def _apply(call: Call, message: Message | None) -> None:
    if message is None:
        projection.pass_by(call, None)
    else:
        projection.project(call, message)


def _seed(connection: Connection) -> None:
    connection.execute(insert(code_title), seeded_titles())


#: The titles of codes belong to no employer: they are made anew, and not compared.
COPIES = Copies(
    owners={owner: messages_of(owner) for owner in OWNERS},
    apply=_apply,
    versions=applied_version,
    compared=tuple(compared_whole(table) for table in READ_TABLES),
    seed=_seed,
)
