"""Whoever changes, removes, swaps or cuts off entries of the audit trail, or makes it anew, is found out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hpf.auth.v1 import auth_service_pb2 as pb
from sqlalchemy import text

from client.cli import admin_audit
from services.kit.app import Principal
from tests.owning import owning

STAFF = Principal(kind="staff", name="wang")
SWAP = (
    "UPDATE audit_entry SET position = -1 WHERE position = 2;"
    "UPDATE audit_entry SET position = 2 WHERE position = 3;"
    "UPDATE audit_entry SET position = 3 WHERE position = -1"
)
#: What somebody with the database but without the keys can do best: a chain by the book, with a head.
FORGE = (
    "UPDATE audit_entry SET outcome = 'ok',"
    " hash = sha256(hash || convert_to(outcome, 'UTF8')) WHERE position = 4;"
    "UPDATE audit_head SET hash = (SELECT hash FROM audit_entry WHERE position = 4),"
    " seal = sha256(seal)"
)


@pytest.fixture
def trail(door: Any) -> Any:
    """Four entries: the binding of the fixture and three answers to nothing."""
    for number in range(3):
        answer(door, number)
    assert verified(door) == (4, 0)
    return door


def answer(door: Any, number: int) -> None:
    with pytest.raises(Exception, match="ATTEMPT_OVER"):
        door.call("AnswerChallenge", pb.AnswerChallengeRequest(attempt_id=f"nobody-{number}"))


def verified(door: Any, *, position: int = 0, known: bytes = b"") -> tuple[int, int]:
    request = pb.VerifyAuditTrailRequest(known_position=position, known_hash=known)
    found = door.call("VerifyAuditTrail", request, STAFF)
    return found.intact_entries, found.first_broken


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("UPDATE audit_entry SET address = '192.0.2.9' WHERE position = 2", (1, 2)),
        ("UPDATE audit_entry SET at = at + interval '1 second' WHERE position = 3", (2, 3)),
        ("DELETE FROM audit_entry WHERE position = 1", (0, 1)),
        ("DELETE FROM audit_entry WHERE position = 2", (1, 2)),
        (SWAP, (1, 2)),
        ("DELETE FROM audit_entry WHERE position = 4", (3, 4)),
        ("DELETE FROM audit_entry", (0, 1)),
        ("DELETE FROM audit_head", (4, 5)),
        ("DELETE FROM audit_entry WHERE position = 4; UPDATE audit_head SET position = 3", (3, 4)),
        (FORGE, (3, 4)),
    ],
    ids=[
        *("edited", "edited time", "first deleted", "deleted", "swapped", "cut off", "emptied"),
        *("head deleted", "cut off with its head", "made anew"),
    ],
)
def test_a_trail_that_was_tampered_with_is_found_out(
    trail: Any, statements: str, expected: tuple[int, int]
) -> None:
    trail.tamper(statements)
    assert verified(trail) == expected


def test_a_cut_off_tail_stays_found_out_when_the_trail_goes_on(trail: Any) -> None:
    trail.tamper("DELETE FROM audit_entry WHERE position = 4")
    answer(trail, 9)
    assert verified(trail) == (3, 4)


def test_an_older_state_that_was_restored_whole_shows_beside_what_was_kept_elsewhere(
    trail: Any,
) -> None:
    [head] = trail.rows("SELECT * FROM audit_head")
    answer(trail, 9)
    kept = trail.call("VerifyAuditTrail", pb.VerifyAuditTrailRequest(), STAFF)
    assert (kept.intact_entries, kept.first_broken) == (5, 0)
    with owning(trail.runtime.database.url) as connection:
        connection.execute(text("DELETE FROM audit_entry WHERE position = 5"))
        connection.execute(
            text("UPDATE audit_head SET position = :p, hash = :h, seal = :s"),
            {"p": head.position, "h": head.hash, "s": head.seal},
        )

    assert verified(trail) == (4, 0)  # from inside nothing is to be seen
    assert verified(trail, position=5, known=kept.last_hash) == (4, 5)
    trail.pass_time(seconds=1)
    answer(trail, 10)  # another fifth entry does not hide it
    assert verified(trail, position=5, known=kept.last_hash) == (4, 5)


def test_a_genuine_entry_of_another_past_does_not_fit(trail: Any) -> None:
    """Each hash is keyed, so this one was once good in its place; only the chain shows that others follow it now."""
    trail.tamper("CREATE TABLE kept AS SELECT * FROM audit_entry WHERE position = 4")
    trail.tamper(
        "UPDATE audit_head SET position = 3,"
        " hash = (SELECT hash FROM audit_entry WHERE position = 3)",
    )
    trail.tamper("DELETE FROM audit_entry WHERE position > 3")
    trail.pass_time(seconds=1)
    answer(trail, 9)
    answer(trail, 10)
    assert verified(trail) == (5, 0)
    trail.tamper("DELETE FROM audit_entry WHERE position = 4; INSERT INTO audit_entry TABLE kept")
    trail.tamper("DROP TABLE kept")
    assert verified(trail) == (4, 5)


def test_the_anchor_of_the_command_line_is_kept_and_read_again(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.json"
    assert admin_audit._read_anchor(anchor) == (0, b"")
    admin_audit._write_anchor(anchor, 5, b"\x01\x02")
    assert admin_audit._read_anchor(anchor) == (5, b"\x01\x02")
    assert json.loads(anchor.read_text()) == {"position": 5, "hash": "0102"}
