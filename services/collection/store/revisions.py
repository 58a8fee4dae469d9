"""How often accounts were told of: the order of an account's states, whichever employer's events carry them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

# The rows are taken in the order of their numbers, so that two businesses never wait for each other in a circle.
_RAISE = text(
    """
    UPDATE account a SET revision = a.revision + 1
    FROM (SELECT account_no FROM account WHERE account_no = ANY(:accounts ::text[])
          ORDER BY account_no FOR UPDATE) held
    WHERE a.account_no = held.account_no
    RETURNING a.account_no, a.revision
    """
)


def raise_revisions(connection: Connection, account_nos: Sequence[str]) -> Mapping[str, int]:
    """Take the next revision of each account, and hold the accounts until this transaction ends.

    To be called before the states that are told are read: then a higher revision never tells an older state.
    """
    rows = connection.execute(_RAISE, {"accounts": list(account_nos)})
    return {row.account_no: row.revision for row in rows}
