"""Seals what an older data key sealed under the current one: `python -m services.kit.reseal [SERVICE…] [files]`

To change the key: add the new one to the data keys file and make it `current`, restart every process, run this. Every
column named `…_sealed` of a service's store is gone through in small transactions while the service works, and the key
in front of every file of the blob store; running it again does nothing. Events already written keep their bytes, so the
old key stays in the file as long as the log is kept.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from services.kit.blobs import Blobs
from services.kit.data_keys import read_vault
from services.kit.db import Database
from services.kit.lines import checked_store
from services.kit.registry import SERVICES, app_of
from services.kit.rights import SEALED
from services.kit.settings import KitSettings
from services.kit.vault import Vault

#: 1000 values are some milliseconds of work: nobody waits for the rows that are held meanwhile.
BATCH_ROWS = 1_000
#: Named beside the services: the blob store is of all of them.
FILES = "files"

_ENDING = SEALED.replace("_", r"\_")  # as LIKE reads it
_FIRST = "(0,0)"


def reseal(database: Database, vault: Vault) -> dict[str, int]:
    """Values sealed anew, by `table.column`. Raises SealBroken for one that no key opens."""
    with database.reading() as connection:
        columns = list(_sealed_columns(connection))
    return {
        f"{table}.{column}": _reseal(database, vault, table, column) for table, column in columns
    }


def reseal_files(blobs: Blobs) -> int:
    """Files whose key is sealed anew. Raises SealBroken for one that no key opens."""
    return sum(blobs.reseal(name) for name in blobs.names())


def _sealed_columns(connection: Connection) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type = 'bytea'"
            " AND column_name LIKE :ending ORDER BY table_name, column_name"
        ),
        {"ending": f"%{_ENDING}"},
    )
    return ((row.table_name, row.column_name) for row in rows)


def _reseal(database: Database, vault: Vault, table: str, column: str) -> int:
    """From the table's first page to its last; rows that are written meanwhile have the current key."""
    done, after = 0, _FIRST
    while True:
        with database.transaction() as connection:
            rows = _batch(connection, vault.current, table, column, after=after)
            if not rows:
                return done
            places = [place for place, _ in rows]
            fresh = [vault.seal(vault.open(sealed)) for _, sealed in rows]
            quoted = _quoted(connection, table, column)
            connection.execute(
                text(
                    f"UPDATE {quoted[0]} SET {quoted[1]} = fresh.sealed"  # noqa: S608  # names of our own tables
                    " FROM unnest(CAST(:places AS tid[]), CAST(:fresh AS bytea[]))"
                    f" AS fresh(place, sealed) WHERE {quoted[0]}.ctid = fresh.place"
                ),
                {"places": places, "fresh": fresh},
            )
        done, after = done + len(rows), places[-1]


def _batch(
    connection: Connection, current: str, table: str, column: str, *, after: str
) -> list[tuple[str, bytes]]:
    """Places and values of the next rows that another key has sealed, held until the end of the transaction."""
    name, field = _quoted(connection, table, column)
    rows = connection.execute(
        text(
            f"SELECT ctid::text AS place, {field} AS sealed FROM {name}"  # noqa: S608  # names of our own tables
            f" WHERE ctid > CAST(:after AS tid) AND octet_length({field}) > 0"
            f" AND substring({field} FROM 2 FOR get_byte({field}, 0)) <> :current"
            " ORDER BY ctid LIMIT :rows FOR UPDATE"
        ),
        {"after": after, "current": current.encode(), "rows": BATCH_ROWS},
    )
    return [(row.place, bytes(row.sealed)) for row in rows]


def _quoted(connection: Connection, table: str, column: str) -> tuple[str, str]:
    quote = connection.dialect.identifier_preparer.quote
    return quote(table), quote(column)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.kit.reseal", description=__doc__)
    everything = [*SERVICES, FILES]
    parser.add_argument("what", nargs="*", choices=[*everything, []], help="default: all")
    kit = KitSettings.read()
    vault = read_vault(kit)
    for what in parser.parse_args(argv).what or everything:
        if what == FILES:
            sys.stdout.write(f"{FILES} {reseal_files(Blobs(kit.blob_url, vault))}\n")
        else:
            _reseal_store(what, vault)
    return 0


def _reseal_store(service: str, vault: Vault) -> None:
    url = checked_store(app_of(service).settings.read_one("database_url"))
    database = Database(url, pool_size=1, application=f"{service} reseal")
    try:
        for place, count in reseal(database, vault).items():
            sys.stdout.write(f"{service} {place} {count}\n")
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
