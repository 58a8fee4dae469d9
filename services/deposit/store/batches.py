"""Writes of one kind for many employers at once, each one statement: entries, statement lines, money, events.

A run over the whole city would otherwise spend its time on round trips, ten for each employer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from google.protobuf.message import Message
from sqlalchemy import Connection, func, insert, select, text

from services.deposit.domain.chart import Leg
from services.deposit.models import business, registration_sequence
from services.deposit.store.businesses import Business, registration_no_of
from services.deposit.store.funds import Employer
from services.deposit.store.journal import Statement
from services.kit.events import event_type
from services.kit.ids import new_id
from services.kit.outbox import CHANNEL


def registration_nos(connection: Connection, day: date, count: int) -> list[str]:
    """登记号 for as many businesses."""
    numbers = connection.execute(
        select(registration_sequence.next_value()).select_from(
            func.generate_series(1, count).alias("each")
        )
    )
    return [registration_no_of(day, number) for number in numbers.scalars()]


def add_entries(
    connection: Connection,
    entries: Sequence[tuple[str, Sequence[Leg]]],
    *,
    posted_on: date,
    memo: str,
) -> None:
    """Write an entry for each `(registration_no, legs)`."""
    legs = [
        (registration_no, number, leg)
        for registration_no, each in entries
        for number, leg in enumerate(each, start=1)
    ]
    connection.execute(
        text(
            """
            WITH entries AS (
                INSERT INTO journal_entry (registration_no, posted_on, memo)
                SELECT registration_no, :posted_on, :memo FROM unnest(:registrations ::text[]) AS r(registration_no)
                RETURNING entry_no, registration_no
            )
            INSERT INTO journal_leg (entry_no, leg, account_code, employer_no, amount_fen)
            SELECT entry_no, leg, account_code, employer_no, amount_fen
            FROM unnest(:owners ::text[], :numbers ::int[], :codes ::text[], :employers ::text[], :amounts ::bigint[])
                 AS l(registration_no, leg, account_code, employer_no, amount_fen)
            JOIN entries USING (registration_no)
            """
        ),
        {
            "registrations": [registration_no for registration_no, _ in entries],
            "posted_on": posted_on,
            "memo": memo,
            "owners": [owner for owner, _, _ in legs],
            "numbers": [number for _, number, _ in legs],
            "codes": [leg.account_code for _, _, leg in legs],
            "employers": [leg.employer_no for _, _, leg in legs],
            "amounts": [leg.amount_fen for _, _, leg in legs],
        },
    )


def add_balances(connection: Connection, balances: Sequence[tuple[str, int]]) -> list[Employer]:
    """Add to the sum of balances of each `(employer_no, fen)`; returns the employers afterwards, in that order."""
    rows = connection.execute(
        text(
            """
            UPDATE employer_fund f SET balance_fen = f.balance_fen + moved.amount_fen
            FROM unnest(:employers ::text[], :amounts ::bigint[]) AS moved(employer_no, amount_fen)
            WHERE f.employer_no = moved.employer_no RETURNING f.*
            """
        ),
        {
            "employers": [employer_no for employer_no, _ in balances],
            "amounts": [amount_fen for _, amount_fen in balances],
        },
    )
    after = {row.employer_no: Employer(**row._mapping) for row in rows}
    return [after[employer_no] for employer_no, _ in balances]


def add_statements(connection: Connection, statements: Sequence[Statement]) -> list[int]:
    """Write statement lines that differ in employer, number, people and money only; returns their numbers."""
    common = statements[0]
    rows = connection.execute(
        text(
            """
            INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount,
                amount_fen, suspense_after_fen, balance_after_fen)
            SELECT employer_no, registration_no, :posted_on, :kind, :summary, headcount,
                amount_fen, suspense_after_fen, balance_after_fen
            FROM unnest(:employers ::text[], :registrations ::text[], :headcounts ::int[], :amounts ::bigint[],
                        :suspenses ::bigint[], :balances ::bigint[]) WITH ORDINALITY
                 AS s(employer_no, registration_no, headcount, amount_fen, suspense_after_fen,
                      balance_after_fen, place)
            ORDER BY place RETURNING registration_no, statement_no
            """
        ),
        {
            "posted_on": common.posted_on,
            "kind": int(common.kind),
            "summary": common.summary,
            "employers": [each.employer_no for each in statements],
            "registrations": [each.registration_no for each in statements],
            "headcounts": [each.headcount for each in statements],
            "amounts": [each.amount_fen for each in statements],
            "suspenses": [each.suspense_after_fen for each in statements],
            "balances": [each.balance_after_fen for each in statements],
        },
    )
    numbers: dict[str, int] = {row.registration_no: row.statement_no for row in rows}
    return [numbers[each.registration_no] for each in statements]


def add_businesses(connection: Connection, found: Sequence[Business]) -> None:
    columns = [column.name for column in business.c]
    rows = [{name: getattr(each, name) for name in columns} for each in found]
    connection.execute(insert(business), rows)


def append_events(
    connection: Connection,
    events: Sequence[tuple[str, Message]],
    *,
    now: datetime,
    correlation_id: str,
) -> dict[str, int]:
    """Put every `(subject, message)` into the outbox in that order; returns the last version of each subject.

    The same rows as `services.kit.outbox.append` writes one at a time: gapless versions under each subject's lock.
    """
    counted = Counter(subject for subject, _ in events)
    subjects = sorted(counted)
    rows = connection.execute(
        text(
            """
            INSERT INTO subject_version AS v (subject, version)
            SELECT subject, added FROM unnest(:subjects ::text[], :added ::bigint[]) AS e(subject, added)
            ORDER BY subject
            ON CONFLICT (subject) DO UPDATE SET version = v.version + excluded.version
            RETURNING subject, version
            """
        ),
        {"subjects": subjects, "added": [counted[subject] for subject in subjects]},
    )
    last: dict[str, int] = {row.subject: row.version for row in rows}
    following = {subject: version - counted[subject] for subject, version in last.items()}
    versions = []
    for subject, _ in events:
        following[subject] += 1
        versions.append(following[subject])
    connection.execute(
        text(
            """
            INSERT INTO outbox (event_id, type, subject, version, occurred_at, correlation_id, causation_id,
                traceparent, body)
            SELECT event_id, type, subject, version, :now, :correlation_id, '', '', body
            FROM unnest(:ids ::text[], :types ::text[], :subjects ::text[], :versions ::bigint[],
                        :bodies ::bytea[]) WITH ORDINALITY
                 AS e(event_id, type, subject, version, body, place)
            ORDER BY place
            """
        ),
        {
            "now": now,
            "correlation_id": correlation_id,
            "ids": [new_id() for _ in events],
            "types": [event_type(message) for _, message in events],
            "subjects": [subject for subject, _ in events],
            "versions": versions,
            "bodies": [message.SerializeToString(deterministic=True) for _, message in events],
        },
    )
    connection.execute(select(func.pg_notify(CHANNEL, "")))
    return last
