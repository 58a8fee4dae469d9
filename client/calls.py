"""How one call is made: deadline, session, one request_id for all its tries, patience, consistency.

A changing call gets its `request_id` once; every repetition carries the same one, so the hall does
it once. A read carries the versions that earlier writes were told of, so it never shows less than
what was just submitted.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import code_pb2
from hpf.auth.v1 import auth_service_pb2
from hpf.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from hpf.common.v1.business_pb2 import Business, ConsistencyToken

from client.errors import HallError, LoginRequired, Refusal, from_rpc
from client.session_store import SessionStore, StoredSession
from services.kit.ids import new_id

#: The hall itself gives no call longer.
CALL_TIMEOUT_S = 30.0
#: All tries of one call together; a person at the keyboard waits no longer.
PATIENCE_S = 45.0
#: A file may have to be made first and is large; one try may take all of it.
DOWNLOAD_S = 300.0
TRIES_MAX = 12
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 4.0
#: An access token with less left is renewed before it is used.
RENEW_AHEAD = timedelta(seconds=30)

#: After these the same request may succeed.
_TRY_AGAIN = frozenset({code_pb2.UNAVAILABLE, code_pb2.ABORTED})

_NOT_LOGGED_IN = Refusal(
    code_pb2.UNAUTHENTICATED, "SESSION_REQUIRED", "尚未登录，请先执行 hpf login"
)

Metadata = Sequence[tuple[str, str]]
_Result = TypeVar("_Result")


class Caller:
    """Makes calls on one channel with one session."""

    def __init__(self, channel: grpc.Channel, store: SessionStore, *, target: str) -> None:
        self._store = store
        self._target = target
        self._auth = AuthServiceStub(channel)

    # ------------------------------------------------------------ calls

    def public(self, method: Any, request: Any) -> Any:
        """A call that needs no session."""
        _name(request)
        return patiently(lambda timeout_s: _send(method, request, metadata=(), timeout_s=timeout_s))

    def call(self, method: Any, request: Any) -> Any:
        """A call with the session; the reply's consistency tokens are remembered."""
        _name(request)
        self._ask_for_versions(request)
        reply = self._with_session(
            lambda metadata: patiently(
                lambda timeout_s: _send(method, request, metadata=metadata, timeout_s=timeout_s)
            )
        )
        business = getattr(reply, "business", None)
        if isinstance(business, Business):
            self.remember(business.consistency)
        return reply

    def stream(
        self, method: Any, request: Any, take: Callable[[Iterator[Any]], _Result]
    ) -> _Result:
        """A streamed answer, handed to `take`; after a lost connection once more from the start."""
        _name(request)
        self._ask_for_versions(request)

        def receive(metadata: Metadata, timeout_s: float) -> _Result:
            try:
                return take(method(request, timeout=timeout_s, metadata=metadata))
            except grpc.RpcError as error:
                raise from_rpc(error) from None

        return self._with_session(
            lambda metadata: patiently(
                lambda timeout_s: receive(metadata, timeout_s),
                timeout_s=DOWNLOAD_S,
                patience_s=DOWNLOAD_S,
            )
        )

    def remember(self, tokens: Sequence[ConsistencyToken]) -> None:
        """Reads from now on must have reached these versions."""
        if not tokens:
            return
        with self._store.locked():
            stored = self._store.load()
            if stored is not None:
                self._store.save(stored.with_versions(tokens))

    # ------------------------------------------------------------ session

    def keep_session(self, session: auth_service_pb2.Session) -> None:
        """A new session takes the place of whatever was kept."""
        with self._store.locked():
            self._store.save(StoredSession(self._target, session))

    def drop_session(self) -> None:
        with self._store.locked():
            self._store.clear()

    def renew_session(self) -> None:
        """A new access token, whatever is left of the present one. LoginRequired when the session is over."""
        stored = self._stored()
        if stored is None:
            raise LoginRequired(_NOT_LOGGED_IN)
        self._renew(refused=stored.session.access_token)

    def session(self) -> auth_service_pb2.Session | None:
        """The session that is kept for this hall, whether or not it is still good."""
        stored = self._stored()
        return stored.session if stored else None

    def _stored(self) -> StoredSession | None:
        stored = self._store.load()
        return stored if stored is not None and stored.target == self._target else None

    def _with_session(self, work: Callable[[Metadata], _Result]) -> _Result:
        token = self._access_token()
        try:
            return work(_bearer(token))
        except LoginRequired:
            return work(_bearer(self._renew(refused=token)))

    def _access_token(self) -> str:
        stored = self._stored()
        if stored is None:
            raise LoginRequired(_NOT_LOGGED_IN)
        if _expires_at(stored.session) - RENEW_AHEAD > datetime.now(UTC):
            return stored.session.access_token
        return self._renew(refused=stored.session.access_token)

    def _renew(self, *, refused: str) -> str:
        """A new access token instead of `refused`; LoginRequired when the session is over."""
        with self._store.locked():
            stored = self._stored()
            if stored is None:
                raise LoginRequired(_NOT_LOGGED_IN)
            if stored.session.access_token != refused:
                return stored.session.access_token  # another command renewed it meanwhile
            if not stored.refresh_request_id:
                stored = replace(stored, refresh_request_id=new_id())
                self._store.save(stored)
            request = auth_service_pb2.RefreshSessionRequest(
                request_id=stored.refresh_request_id, refresh_token=stored.session.refresh_token
            )
            try:
                reply = self.public(self._auth.RefreshSession, request)
            except LoginRequired:
                self._store.clear()
                raise
            self._store.save(replace(stored, session=reply.session, refresh_request_id=""))
            return str(reply.session.access_token)

    def _ask_for_versions(self, request: Any) -> None:
        stored = self._stored()
        if stored is None or "consistency" not in request.DESCRIPTOR.fields_by_name:
            return
        del request.consistency[:]
        request.consistency.extend(
            ConsistencyToken(owner=owner, employer_no=employer_no, version=version)
            for (owner, employer_no), version in sorted(stored.versions.items())
        )


def patiently(
    attempt: Callable[[float], _Result],
    *,
    timeout_s: float = CALL_TIMEOUT_S,
    patience_s: float = PATIENCE_S,
) -> _Result:
    """Run `attempt(timeout_s)` until it works, is refused for good, or patience ends.

    Raises the last refusal.
    """
    ends_at = time.monotonic() + patience_s
    tries = 0
    while True:
        tries += 1
        try:
            return attempt(min(timeout_s, ends_at - time.monotonic()))
        except HallError as error:
            pause_s = pause_before_retry(error.refusal, tries=tries)
            out_of_patience = pause_s is None or time.monotonic() + pause_s >= ends_at
            if pause_s is None or out_of_patience or tries == TRIES_MAX:
                raise
        time.sleep(pause_s)


def pause_before_retry(refusal: Refusal, *, tries: int) -> float | None:
    """Seconds to wait before sending the same request again; None when that cannot help."""
    told_s: float | None = refusal.retry_after_s
    # A limit without a time is one that waiting a moment does not lift.
    waitable_limit = refusal.code == code_pb2.RESOURCE_EXHAUSTED and told_s is not None
    if refusal.code not in _TRY_AGAIN and not waitable_limit:
        return None
    # The hall names the shortest useful pause; growing and spreading it keeps many clients from
    # coming back as one.
    grown_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (tries - 1))
    return max(told_s or 0.0, grown_s * random.uniform(0.5, 1.0))  # noqa: S311  # no secret


def _send(method: Any, request: Message, *, metadata: Metadata, timeout_s: float) -> Any:
    try:
        return method(request, timeout=timeout_s, metadata=metadata)
    except grpc.RpcError as error:
        raise from_rpc(error) from None


def _name(request: Any) -> None:
    """Give a changing request the id that all its tries carry."""
    if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
        request.request_id = new_id()


def _bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)


def _expires_at(session: auth_service_pb2.Session) -> datetime:
    return session.access_expires_at.ToDatetime(tzinfo=UTC)


def all_pages(fetch: Callable[[str], Any]) -> Iterator[Any]:
    """Every page of a list: `fetch` turns a page token into a reply with `next_page_token`."""
    token = ""
    while True:
        page = fetch(token)
        yield page
        token = page.next_page_token
        if not token:
            return
