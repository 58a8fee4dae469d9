"""The session file: readable by its owner only, whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

from hpf.auth.v1.auth_service_pb2 import Session
from hpf.common.v1.business_pb2 import ConsistencyToken

from client.session_store import FileStore, StoredSession

STORED = StoredSession(
    "hall.example:8443",
    Session(session_id="s1", employer_no="031300000017", access_token="a", refresh_token="r"),
    {("deposit", "031300000017"): 7},
    "refresh-request",
)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "below" / "session.json")

    store.save(STORED)

    assert store.load() == STORED


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    path.touch(mode=0o644)

    FileStore(path).save(STORED)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["session.json"]


def test_a_damaged_file_is_no_session(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    path.write_text('{"target": "hall', encoding="utf-8")

    assert FileStore(path).load() is None


def test_a_cleared_session_is_gone(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "session.json")
    store.save(STORED)

    store.clear()
    store.clear()

    assert store.load() is None


def test_versions_only_grow() -> None:
    token = ConsistencyToken(owner="deposit", employer_no="031300000017", version=5)
    newer = ConsistencyToken(owner="query", employer_no="031300000017", version=2)

    grown = STORED.with_versions([token, newer])

    assert grown.versions == {
        ("deposit", "031300000017"): 7,
        ("query", "031300000017"): 2,
    }
