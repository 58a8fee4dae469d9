"""Replays of the owners' logs: which one runs, how far it is, what it found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hpf.common.v1 import replay_pb2 as pb
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.kit.replays.beside import Difference
from services.kit.replays.tables import replay, replay_difference, replay_owner


def start(
    connection: Connection, *, purpose: int, owners: Sequence[str], by: str, now: datetime
) -> int | None:
    """Begin a replay; its number, None when one is running."""
    replay_no: int | None = connection.execute(
        pg_insert(replay)
        .values(purpose=purpose, state=pb.REPLAY_STATE_RUNNING, started_by=by, started_at=now)
        .on_conflict_do_nothing()
        .returning(replay.c.replay_no)
    ).scalar_one_or_none()
    if replay_no is not None:
        rows = [{"replay_no": replay_no, "owner": owner} for owner in owners]
        connection.execute(insert(replay_owner), rows)
    return replay_no


def running(connection: Connection) -> Row[Any] | None:
    return connection.execute(
        select(replay).where(replay.c.state == pb.REPLAY_STATE_RUNNING)
    ).one_or_none()


def newest(connection: Connection) -> Row[Any] | None:
    newest_first = select(replay).order_by(replay.c.replay_no.desc()).limit(1)
    return connection.execute(newest_first).one_or_none()


def owners_of(connection: Connection, replay_no: int) -> Sequence[Row[Any]]:
    mine = select(replay_owner).where(replay_owner.c.replay_no == replay_no)
    return connection.execute(mine.order_by(replay_owner.c.owner)).all()


def put_progress(
    connection: Connection,
    replay_no: int,
    owner: str,
    *,
    cursor: tuple[int, int],
    last_position: int,
    events: int,
) -> None:
    """The log was read up to `cursor`, and `events` more were read."""
    connection.execute(
        update(replay_owner)
        .where(replay_owner.c.replay_no == replay_no, replay_owner.c.owner == owner)
        .values(
            xid=cursor[0],
            position=cursor[1],
            last_position=last_position,
            events=replay_owner.c.events + events,
        )
    )


def begin_again(connection: Connection, replay_no: int) -> None:
    """Read from the beginning: the tables that were filled so far are gone."""
    connection.execute(
        update(replay_owner)
        .where(replay_owner.c.replay_no == replay_no)
        .values(xid=0, position=0, events=0)
    )


def end(
    connection: Connection, replay_no: int, *, state: int, now: datetime, failure: str = ""
) -> None:
    connection.execute(
        update(replay)
        .where(replay.c.replay_no == replay_no)
        .values(state=state, ended_at=now, failure=failure)
    )


def put_comparison(
    connection: Connection,
    replay_no: int,
    found: Sequence[Difference],
    *,
    compared: int,
    skipped: int,
) -> None:
    """What a check found."""
    connection.execute(
        update(replay)
        .where(replay.c.replay_no == replay_no)
        .values(employers_compared=compared, employers_skipped=skipped)
    )
    for each in found:
        connection.execute(
            insert(replay_difference).values(
                replay_no=replay_no,
                table_name=each.table,
                only_running=each.only_running,
                only_replayed=each.only_replayed,
            )
        )


def differences_of(connection: Connection, replay_no: int) -> Sequence[Row[Any]]:
    mine = select(replay_difference).where(replay_difference.c.replay_no == replay_no)
    return connection.execute(mine.order_by(replay_difference.c.table_name)).all()
