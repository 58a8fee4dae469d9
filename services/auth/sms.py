"""The way SMS codes leave the house: an HTTP gateway, or a folder for local use (`hpf dev sms` reads it).

Delivery is at least once: a code may arrive twice after a crash, which harms nobody.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import requests

# The person is waiting with the 60 s button in front of them; a gateway that needs longer has failed.
GATEWAY_TIMEOUT_S = 5.0
OUTBOX_SCHEME = "outbox"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SmsNotSent(Exception):
    """The gateway did not take the message; it may be tried again. Carries no number and no text."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One message. `message_id` lets a gateway drop a repetition."""

    message_id: str
    mobile: str
    text: str
    sent_at: datetime


class SmsPort(Protocol):
    def send(self, sms: Sms) -> None:
        """Hand the message over; raises SmsNotSent."""
        ...


class HttpGateway:
    """`POST url` with JSON `{id, mobile, text}` and a bearer token; any 2xx means taken."""

    def __init__(self, url: str, *, token: str) -> None:
        self._url = url
        self._token = token

    def send(self, sms: Sms) -> None:
        try:
            reply = requests.post(
                self._url,
                json={"id": sms.message_id, "mobile": sms.mobile, "text": sms.text},
                headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
                timeout=GATEWAY_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # The error's text quotes the URL only, but a proxy's might quote the body.
            raise SmsNotSent(type(error).__name__) from None
        if not 200 <= reply.status_code < 300:
            raise SmsNotSent(f"the gateway answered {reply.status_code}")


class OutboxFolder:
    """One JSON file for each message, readable by the owner only; names sort by time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, sms: Sms) -> None:
        name = f"{sms.sent_at:%Y%m%dT%H%M%S%f}-{sms.message_id}.json"
        content = {
            "id": sms.message_id,
            "mobile": sms.mobile,
            "text": sms.text,
            "sent_at": sms.sent_at.isoformat(),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._folder / f".{name}"
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False)
            fresh.replace(self._folder / name)
        except OSError as error:
            raise SmsNotSent(type(error).__name__) from error


def sms_port(url: str, *, token: str) -> SmsPort:
    """The port that `AUTH_SMS_URL` names. Raises ValueError for any other URL."""
    check_sms_url(url)
    parts = urlsplit(url)
    if parts.scheme == OUTBOX_SCHEME:
        return OutboxFolder(Path(unquote(parts.path)))
    return HttpGateway(url, token=token)


def check_sms_url(url: str) -> None:
    """Raises ValueError unless it is `outbox:///folder`, https, or http on this machine."""
    parts = urlsplit(url)
    if parts.scheme == OUTBOX_SCHEME and parts.path.startswith("/") and not parts.netloc:
        return
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise ValueError("the SMS URL must be https://… or outbox:///folder")
