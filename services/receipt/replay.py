"""What receipt keeps of its owners' events, for making it anew and for checking it (`services.kit.replays`).

The register and the reversals are copies: they are switched to in whole. Documents are more than that: they were
issued, printed and given out. A replay makes those that are missing and mends by what the others are found, and leaves
facts, state, prints, numbers and seals as they are; no document is ever removed.
"""

from __future__ import annotations

from sqlalchemy import Connection

from services.kit.replays.beside import Compared, Copies, compared_whole
from services.receipt.events import OWNERS, messages_of
from services.receipt.handlers import retelling
from services.receipt.models import (
    account,
    employer,
    heard_version,
    receipt,
    reversed_business,
)
from services.receipt.store import index


def _seed(connection: Connection) -> None:
    """A new register is empty."""


COPIES = Copies(
    owners={owner: messages_of(owner) for owner in OWNERS},
    apply=retelling.retell,
    versions=heard_version,
    compared=(
        *(compared_whole(table) for table in (heard_version, employer, account)),
        Compared(reversed_business.name, index.REVERSALS),
        Compared(receipt.name, index.TOLD_OF_DOCUMENTS),
    ),
    seed=_seed,
    take_over=retelling.take_over,
)
