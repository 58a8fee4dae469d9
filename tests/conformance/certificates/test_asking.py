"""A CA asked about one certificate: by OCSP, or for the list the certificate points to; at allowed hosts only."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import x509
from cryptography.x509.ocsp import OCSPCertStatus

from services.auth.certificates import Authority, AuthoritySettings, TrustStore
from services.auth.certificates.asking import LEFT_ALONE_S, REMEMBERED_S, Inquiries
from services.auth.certificates.download import NotFetched, download, host_of
from services.auth.certificates.reading import read_certificate, read_crl
from services.auth.certificates.settings import SettingsError, parse_settings
from tests.conformance.certificates.ca_server import CaServer
from tests.conformance.certificates.laboratory import NOW, Lab, Made

UNKNOWN = "undecided:revocation_unknown"


class Hall:
    """What the door does with a certificate: ask its CA, then judge it by what was heard."""

    def __init__(self, lab: Lab, *, crls: list[bytes] | None = None, **settings: Any) -> None:
        self.now_s = 0.0
        self._inquiries = Inquiries(monotonic=lambda: self.now_s)
        lists = [lab.crl(lab.root)] if crls is None else crls
        authority = Authority(
            AuthoritySettings(name="lab", **settings),
            [read_certificate(lab.root.der)],
            [read_certificate(lab.issuing.der)],
            [read_crl(each) for each in lists],
        )
        self._trust = TrustStore([authority])

    def verdict(self, holder: Made) -> str:
        self._inquiries.ask(holder.der, trust=self._trust, at=NOW)
        found = self._inquiries.check(holder.der, trust=self._trust, at=NOW)
        return f"{found.outcome}:{found.reason}" if found.reason else str(found.outcome)


@pytest.fixture
def server() -> Iterator[CaServer]:
    made = CaServer()
    yield made
    made.close()


def responder_of(lab: Lab, holder: Made, status: OCSPCertStatus, **wishes: Any) -> Any:
    return lambda _serial, nonce: lab.ocsp(holder, status=status, **{"nonce": nonce, **wishes})


def naming(lab: Lab, url: str) -> Made:
    """A holder whose certificate names a responder."""
    place = x509.GeneralName(name="uniform_resource_identifier", value=url)
    access = [{"access_method": "ocsp", "access_location": place}]
    return lab.holder(
        extra=[("authority_information_access", False, x509.AuthorityInfoAccessSyntax(access))]
    )


def pointing(lab: Lab, url: str) -> Made:
    """A holder whose certificate names its part of a split list."""
    name = x509.GeneralNames([x509.GeneralName(name="uniform_resource_identifier", value=url)])
    points = x509.CRLDistributionPoints(
        [{"distribution_point": x509.DistributionPointName(name="full_name", value=name)}]
    )
    return lab.holder(change={"crl_distribution_points": (False, points)})


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OCSPCertStatus.GOOD, "accepted"),
        (OCSPCertStatus.REVOKED, "revoked:revoked"),
        (OCSPCertStatus.UNKNOWN, UNKNOWN),
    ],
)
@pytest.mark.parametrize("configured", [True, False])
def test_the_responders_word_decides(
    lab: Lab, server: CaServer, status: OCSPCertStatus, expected: str, configured: bool
) -> None:
    holder = lab.holder() if configured else naming(lab, server.url)
    where = {"ocsp_urls": (server.url,)} if configured else {"fetch_hosts": (server.host,)}
    server.answering = responder_of(lab, holder, status)
    hall = Hall(lab, **where)
    assert hall.verdict(holder) == expected
    assert server.asked == ["ocsp"]


def test_what_was_heard_counts_for_five_minutes(lab: Lab, server: CaServer) -> None:
    holder = lab.holder()
    server.answering = responder_of(lab, holder, OCSPCertStatus.GOOD)
    hall = Hall(lab, ocsp_urls=(server.url,))
    assert hall.verdict(holder) == "accepted"
    server.answering = responder_of(lab, holder, OCSPCertStatus.REVOKED)
    hall.now_s = REMEMBERED_S - 1
    assert (hall.verdict(holder), len(server.asked)) == ("accepted", 1)
    hall.now_s = REMEMBERED_S
    assert (hall.verdict(holder), len(server.asked)) == ("revoked:revoked", 2)


@pytest.mark.parametrize(("required", "expected"), [(True, UNKNOWN), (False, "accepted")])
def test_a_silent_responder_leaves_it_to_the_cas_settings_and_is_left_alone(
    lab: Lab, server: CaServer, required: bool, expected: str
) -> None:
    holder = lab.holder()
    hall = Hall(lab, ocsp_urls=(server.url,), crl_required=required, authority_crl_required=True)
    assert hall.verdict(holder) == expected
    assert hall.verdict(lab.holder()) == expected
    assert server.asked == ["ocsp"]
    hall.now_s = LEFT_ALONE_S
    server.answering = responder_of(lab, holder, OCSPCertStatus.REVOKED)
    assert hall.verdict(holder) == "revoked:revoked"


def test_an_address_in_a_certificate_is_asked_at_allowed_hosts_only(
    lab: Lab, server: CaServer
) -> None:
    named = naming(lab, server.url)
    pointed = pointing(lab, f"{server.url}/part.crl")
    server.answering = responder_of(lab, named, OCSPCertStatus.GOOD)
    server.lists["/part.crl"] = lab.crl(lab.issuing)
    for hosts in ((), ("ocsp.example",), ("127.0.0.1",), ("127.0.0.1:1",)):
        hall = Hall(lab, fetch_hosts=hosts)
        assert (hall.verdict(named), hall.verdict(pointed)) == (UNKNOWN, UNKNOWN)
    assert server.asked == []


def test_nobody_is_asked_about_a_certificate_that_is_not_good(lab: Lab, server: CaServer) -> None:
    stranger = lab.make("Issuing", ca=True)
    hall = Hall(lab, ocsp_urls=(server.url,))
    bad = [
        lab.holder(issuer=stranger),
        lab.holder(valid=(NOW - timedelta(9), NOW - timedelta(1))),
        lab.holder(change={"extended_key_usage": (False, x509.ExtKeyUsageSyntax(["server_auth"]))}),
        Made(b"noise", None),
    ]
    assert [hall.verdict(each).partition(":")[0] for each in bad] == ["refused"] * 4
    assert server.asked == []


def test_where_a_list_decides_nobody_is_asked_unless_the_ca_wants_it(
    lab: Lab, server: CaServer
) -> None:
    holder, lists = lab.holder(), [lab.crl(lab.root), lab.crl(lab.issuing)]
    server.answering = responder_of(lab, holder, OCSPCertStatus.REVOKED)
    assert Hall(lab, crls=lists, ocsp_urls=(server.url,)).verdict(holder) == "accepted"
    assert server.asked == []
    always = Hall(lab, crls=lists, ocsp_urls=(server.url,), ocsp="always")
    assert always.verdict(holder) == "revoked:revoked"
    never = Hall(lab, ocsp_urls=(server.url,), ocsp="never")
    assert never.verdict(holder) == UNKNOWN
    assert server.asked == ["ocsp"]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"nonce": b"another nonce of sixteen octets!"}, UNKNOWN),
        ({"nonce": b"", "this_update": NOW - timedelta(minutes=60)}, "accepted"),
        ({"nonce": b"", "this_update": NOW - timedelta(minutes=61)}, UNKNOWN),
        ({"this_update": NOW - timedelta(minutes=61)}, "accepted"),
    ],
    ids=["another nonce", "no nonce, lately", "no nonce, long ago", "our nonce"],
)
def test_an_answer_repeats_our_nonce_or_is_young(
    lab: Lab, server: CaServer, wishes: dict[str, Any], expected: str
) -> None:
    holder = lab.holder()
    server.answering = responder_of(lab, holder, OCSPCertStatus.GOOD, **wishes)
    hall = Hall(lab, ocsp_urls=(server.url,), ocsp_max_age_minutes=60)
    assert hall.verdict(holder) == expected


def test_what_is_no_answer_decides_nothing(lab: Lab, server: CaServer) -> None:
    holder, other = lab.holder(), lab.holder()
    good = responder_of(lab, holder, OCSPCertStatus.GOOD)
    for answering in (
        lambda *_: b"",
        lambda *_: b"<html>",
        lambda *_: b"\x30\x03\x0a\x01\x03",  # tryLater
        lambda *asked: good(*asked)[:-9],
        responder_of(lab, other, OCSPCertStatus.GOOD),
    ):
        server.answering = answering
        assert Hall(lab, ocsp_urls=(server.url,)).verdict(holder) == UNKNOWN
    server.answering = good
    server.status = 302
    assert Hall(lab, ocsp_urls=(server.url,)).verdict(holder) == UNKNOWN


@pytest.mark.parametrize("revoked", [True, False])
def test_the_part_of_a_split_list_is_fetched_from_the_certificates_address(
    lab: Lab, server: CaServer, revoked: bool
) -> None:
    holder = pointing(lab, f"{server.url}/part.crl")
    serials = [holder.parsed.serial_number] if revoked else []
    server.lists["/part.crl"] = lab.crl(lab.issuing, serials)
    hall = Hall(lab, fetch_hosts=(server.host,))
    assert hall.verdict(holder) == ("revoked:revoked" if revoked else "accepted")
    assert hall.verdict(holder) == ("revoked:revoked" if revoked else "accepted")
    assert server.asked == ["/part.crl"]


def test_a_list_of_somebody_else_decides_nothing(lab: Lab, server: CaServer) -> None:
    holder = pointing(lab, f"{server.url}/part.crl")
    server.lists["/part.crl"] = lab.crl(lab.make("Issuing", ca=True))
    assert Hall(lab, fetch_hosts=(server.host,)).verdict(holder) == UNKNOWN


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://ocsp.example.cn", "ocsp.example.cn:80"),
        ("https://OCSP.example.cn/a/b?c=d", "ocsp.example.cn:443"),
        ("http://ocsp.example.cn:8080/", "ocsp.example.cn:8080"),
        ("http://ocsp.example.cn@inside.example/", None),
        ("http://ocsp.example.cn\\@inside.example/", None),
        ("http://ocsp.example.cn#@inside.example/", None),
        ("http://[::1]/", None),
        ("http://ocsp.example.cn:99999/", None),
        ("http:///etc/passwd", None),
        ("file:///etc/passwd", None),
        ("ldap://ocsp.example.cn/", None),
        ("gopher://ocsp.example.cn/", None),
        (" http://ocsp.example.cn", None),
        ("http://ocsp.example.cn\r\nHost: inside", None),
        ("", None),
    ],
)
def test_an_address_has_one_reading_or_none(url: str, host: str | None) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "line",
    ['crl_urls = ["ftp://x"]', 'ocsp_urls = ["http://a@b/"]', 'fetch_hosts = ["http://x"]'],
)
def test_settings_with_what_is_no_address_are_refused(line: str) -> None:
    with pytest.raises(SettingsError):
        parse_settings(f'name = "x"\n{line}\n')


def test_a_host_that_nobody_named_is_not_even_called(server: CaServer) -> None:
    server.lists["/part.crl"] = b"content"
    place = f"{server.url}/part.crl"
    nobody: set[str] = set()
    for hosts in (nobody, {"127.0.0.1:80"}, {"127.0.0.1"}):
        with pytest.raises(NotFetched):
            download(place, hosts=hosts, whole_timeout_s=5, max_bytes=10)
    assert server.asked == []
    assert download(place, hosts={server.host}, whole_timeout_s=5, max_bytes=10) == b"content"
    with pytest.raises(NotFetched):
        download(place, hosts={server.host}, whole_timeout_s=5, max_bytes=6)


def test_a_server_that_trickles_is_cut_off() -> None:
    """One octet every 50 ms would take it a minute to send the answer it promises."""
    listening = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            try:
                for _ in range(1200):
                    connection.sendall(b"x" * 1024)
                    time.sleep(0.05)
            except OSError:
                return

    threading.Thread(target=trickle, daemon=True).start()
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(NotFetched):
        download(f"http://{host}/", hosts={host}, whole_timeout_s=0.4, max_bytes=10_000_000)
    assert time.monotonic() - started < 10
    listening.close()
