"""Asks a CA about one certificate, before the login's transaction: OCSP, or the list that the certificate points to.

Lists known in advance are fetched by `fetching.py`. This is for what can be known only when a certificate is shown: its
own state (OCSP), or the part of a split list that it names. Only for a certificate that is good in all else, only at
hosts that the CA's settings name, within a few seconds, and once in a while for each certificate: whoever shows one
cannot make the hall work much, and a responder that is away does not make every login wait.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from asn1crypto import x509

from services.auth.certificates.check import check_certificate
from services.auth.certificates.download import NotFetched, download, host_of
from services.auth.certificates.evidence import is_vouched_for
from services.auth.certificates.ocsp_question import (
    NONCE_BYTES,
    QUESTION_TYPE,
    is_fresh_answer,
    question_about,
)
from services.auth.certificates.reading import (
    MAX_CRL_BYTES,
    MAX_OCSP_BYTES,
    Unreadable,
    der_parts,
    read_certificate,
    read_crl,
)
from services.auth.certificates.remembered import Remembered
from services.auth.certificates.settings import Asking
from services.auth.certificates.trust_store import Authority, TrustStore
from services.auth.certificates.verdict import CheckReason, Outcome, Verdict

log = logging.getLogger(__name__)

#: The person waits with the key plugged in; a responder answers in well under a second.
ANSWER_TIMEOUT_S: Final = 4.0
#: How long what was heard counts without asking again: how late a revocation may be noticed.
REMEMBERED_S: Final = 300.0
#: How long a responder that did not answer is left alone.
LEFT_ALONE_S: Final = 30.0
#: Answers are some 2 KiB, parts of split lists up to some 100 KiB.
ANSWERS_MAX: Final = 4096
LISTS_MAX: Final = 64
#: Addresses of one certificate that are tried.
ADDRESSES_MAX: Final = 3

_UNKNOWN = (CheckReason.REVOCATION_UNKNOWN, CheckReason.REVOCATION_STALE)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a CA said of a certificate lately, for `check_certificate`."""

    crls: tuple[bytes, ...] = ()
    ocsp_answers: tuple[bytes, ...] = ()


class Inquiries:
    """What this process has asked and heard. Not shared: each process asks for itself."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._answers: Remembered[bytes] = Remembered(ANSWERS_MAX, monotonic)
        self._lists: Remembered[bytes] = Remembered(LISTS_MAX, monotonic)
        self._silent: Remembered[bool] = Remembered(ANSWERS_MAX, monotonic)
        self._points: Remembered[tuple[str, ...]] = Remembered(ANSWERS_MAX, monotonic)

    def heard_of(self, leaf_der: bytes) -> Heard:
        """What is remembered of the certificate with these bytes."""
        name = sha256(leaf_der).hexdigest()
        answer = self._answers.get(name)
        lists = (self._lists.get(url) for url in self._points.get(name) or ())
        return Heard(
            crls=tuple(each for each in lists if each is not None),
            ocsp_answers=() if answer is None else (answer,),
        )

    def check(self, leaf_der: bytes, *, trust: TrustStore, at: datetime) -> Verdict:
        """`check_certificate` with what was heard of the certificate."""
        heard = self.heard_of(leaf_der)
        return check_certificate(
            leaf_der, trust=trust, at=at, crls=heard.crls, ocsp_answers=heard.ocsp_answers
        )

    def ask(self, leaf_der: bytes, *, trust: TrustStore, at: datetime) -> None:
        """Ask the CA unless it is known what it would say. Never raises for what others send."""
        heard = self.heard_of(leaf_der)
        if heard.ocsp_answers or not any(each.settings.allowed_hosts for each in trust.authorities):
            return  # nothing more to hear; the check costs milliseconds and is made again in the login
        verdict = self.check(leaf_der, trust=trust, at=at)
        authority = trust.authority_named(verdict.authority or "")
        if authority is None or not _is_worth_asking(verdict, authority):
            return
        certificate = read_certificate(leaf_der)
        issuer = authority.certificate_with(verdict.chain[1])
        if issuer is None:
            return
        name = sha256(leaf_der).hexdigest()
        if authority.settings.ocsp is not Asking.NEVER:
            for url in self._awake(_responders_of(certificate, authority)):
                answer = self._answer(url, certificate, issuer=issuer, authority=authority, at=at)
                if answer is not None:
                    self._answers.put(name, answer, for_s=REMEMBERED_S)
                    return
        if verdict.outcome is Outcome.UNDECIDED and not heard.crls:
            points = tuple(_points_of(certificate, authority))
            for url in self._awake(points):
                self._fetch_list(url, authority)
            self._points.put(name, points, for_s=REMEMBERED_S)

    def _awake(self, urls: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
        return (url for url in urls if self._silent.get(url) is None)

    def _answer(
        self,
        url: str,
        certificate: x509.Certificate,
        *,
        issuer: x509.Certificate,
        authority: Authority,
        at: datetime,
    ) -> bytes | None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        try:
            answer = download(
                url,
                hosts=authority.settings.allowed_hosts,
                whole_timeout_s=ANSWER_TIMEOUT_S,
                max_bytes=MAX_OCSP_BYTES,
                question=question_about(certificate, issuer=issuer, nonce=nonce),
                kind=QUESTION_TYPE,
            )
            if not is_fresh_answer(
                answer, certificate, nonce=nonce, at=at, max_age=authority.settings.ocsp_max_age
            ):
                raise NotFetched("not a fresh answer about the certificate")
        except NotFetched as error:
            log.warning("no OCSP answer of %s: %s", authority.settings.name, error)
            self._silent.put(url, True, for_s=LEFT_ALONE_S)
            return None
        return answer

    def _fetch_list(self, url: str, authority: Authority) -> None:
        if self._lists.get(url) is not None:
            return
        try:
            content = download(
                url,
                hosts=authority.settings.allowed_hosts,
                whole_timeout_s=ANSWER_TIMEOUT_S,
                max_bytes=MAX_CRL_BYTES,
            )
            [der] = der_parts(content)
            if not is_vouched_for(authority, read_crl(der)):
                raise NotFetched("not a list of this CA")
        except (NotFetched, Unreadable, ValueError) as error:
            log.warning("list of %s not fetched: %s", authority.settings.name, error)
            self._silent.put(url, True, for_s=LEFT_ALONE_S)
            return
        self._lists.put(url, der, for_s=REMEMBERED_S)


def _is_worth_asking(verdict: Verdict, authority: Authority) -> bool:
    """Good in all else; and either not decided yet, or of a CA that wants to be asked each time."""
    if len(verdict.chain) < 2:
        return False
    if verdict.outcome is Outcome.UNDECIDED:
        return verdict.reason in _UNKNOWN
    wants = authority.settings.ocsp is Asking.ALWAYS or not authority.settings.crl_required
    return verdict.outcome is Outcome.ACCEPTED and wants


def _responders_of(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    named = [str(url) for url in certificate.ocsp_urls]
    return _allowed([*authority.settings.ocsp_urls, *named], authority)


def _points_of(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    named = [str(point.url) for point in certificate.crl_distribution_points if point.url]
    return _allowed(named, authority)


def _allowed(urls: list[str], authority: Authority) -> Iterator[str]:
    hosts = authority.settings.allowed_hosts
    return iter([url for url in dict.fromkeys(urls) if host_of(url) in hosts][:ADDRESSES_MAX])
