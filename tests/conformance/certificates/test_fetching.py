"""Revocation lists fetched from where a CA publishes them; whatever else comes back changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.demo_ca import DemoPki, make_demo_pki
from services.auth.certificates.fetching import addresses_of, fetch_lists, file_name
from services.auth.certificates.trust_folder import read_authority_folders

NOW = datetime(2025, 6, 2, tzinfo=UTC)
HOUR_S = 3600.0


class Publisher:
    """The CA's web server: answers with what is put into `content`, and notes how often it was asked."""

    def __init__(self) -> None:
        self.content = b""
        self.status = 200
        self.asked = 0
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked += 1
                self.send_response(publisher.status)
                self.send_header("location", "http://127.0.0.1:1/elsewhere.crl")
                self.send_header("content-length", str(len(publisher.content)))
                self.end_headers()
                self.wfile.write(publisher.content)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the test says what it expects."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/issuing.crl"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.close()


@pytest.fixture
def pki(tmp_path: Path, publisher: Publisher) -> DemoPki:
    """A CA that publishes its list, with an older one of it in hand."""
    made = make_demo_pki(tmp_path, now=NOW - timedelta(days=30))
    settings = made.folder / "ca.toml"
    settings.write_text(f'crl_urls = ["{publisher.url}"]\n' + settings.read_text())
    issuing = made.folder / "crls" / "issuing.crl"
    in_hand = made.root_dir / "fetched" / "democa" / file_name(publisher.url)
    in_hand.parent.mkdir(parents=True)
    in_hand.write_bytes(issuing.read_bytes())
    made.write_crls(now=NOW)
    publisher.content = issuing.read_bytes()
    return made


def in_hand(pki: DemoPki, publisher: Publisher) -> bytes:
    return (pki.root_dir / "fetched" / "democa" / file_name(publisher.url)).read_bytes()


def fetched(pki: DemoPki) -> int:
    """Everything is due: files count as written an hour and more ago."""
    return fetch_lists(pki.trust_dir, into=pki.root_dir / "fetched", older_than_s=0, now_s=4e9)


def test_a_newer_list_takes_the_place_of_the_one_in_hand(
    pki: DemoPki, publisher: Publisher
) -> None:
    assert in_hand(pki, publisher) != publisher.content
    assert fetched(pki) == 1
    assert in_hand(pki, publisher) == publisher.content
    assert fetched(pki) == 0  # the same again


def test_a_list_is_not_asked_for_before_its_time(pki: DemoPki, publisher: Publisher) -> None:
    written_s = (pki.root_dir / "fetched" / "democa" / file_name(publisher.url)).stat().st_mtime
    fetch_lists(
        pki.trust_dir,
        into=pki.root_dir / "fetched",
        older_than_s=HOUR_S,
        now_s=written_s + HOUR_S - 1,
    )
    assert publisher.asked == 0
    fetch_lists(
        pki.trust_dir, into=pki.root_dir / "fetched", older_than_s=HOUR_S, now_s=written_s + HOUR_S
    )
    assert publisher.asked == 1


@pytest.mark.parametrize("status", [301, 302, 404, 500])
def test_what_is_not_an_answer_changes_nothing(
    pki: DemoPki, publisher: Publisher, status: int
) -> None:
    before = in_hand(pki, publisher)
    publisher.status = status
    assert fetched(pki) == 0
    assert in_hand(pki, publisher) == before


def test_what_is_not_a_list_of_this_ca_changes_nothing(
    pki: DemoPki, publisher: Publisher, tmp_path: Path
) -> None:
    before, good = in_hand(pki, publisher), publisher.content
    stranger = make_demo_pki(tmp_path / "stranger", now=NOW)
    of_another = (stranger.folder / "crls" / "issuing.crl").read_bytes()
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    for content in (b"", b"<html>", good[: len(good) // 2], of_another, flipped):
        publisher.content = content
        assert fetched(pki) == 0
        assert in_hand(pki, publisher) == before


def test_an_older_list_does_not_bring_a_revoked_key_back(
    pki: DemoPki, publisher: Publisher
) -> None:
    older = in_hand(pki, publisher)
    assert fetched(pki) == 1
    publisher.content = older
    assert fetched(pki) == 0
    assert in_hand(pki, publisher) != older


def test_an_absent_server_changes_nothing(pki: DemoPki, publisher: Publisher) -> None:
    before = in_hand(pki, publisher)
    publisher.close()
    assert fetched(pki) == 0
    assert in_hand(pki, publisher) == before


def test_only_the_operators_and_the_cas_own_addresses_are_asked(
    pki: DemoPki, publisher: Publisher
) -> None:
    [(folder, authority)] = read_authority_folders(pki.trust_dir)
    assert folder == pki.folder
    assert addresses_of(authority) == [publisher.url]
