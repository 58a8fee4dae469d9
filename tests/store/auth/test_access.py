"""Who is let in: every method of every service tried with every kind of bad session, every login step misused.

The edge's own admission stands in front of auth here, with auth's real tokens and events, on a real database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.common.v1 import options_pb2

from services.auth.tokens import signing_key
from services.edge.admission import Admission
from services.edge.arrival import Arrival
from services.edge.routes import Route, declared_routes
from services.edge.sessions import Sessions
from services.edge.settings import EdgeSettings
from services.kit import outbox
from services.kit.access_tokens import issue_access_token, verify_access_token
from services.kit.app import Principal
from services.kit.calls import check_access
from services.kit.errors import DomainError
from services.kit.registry import SERVICES, app_of

ROUTES = declared_routes()
PUBLIC, EMPLOYER, STAFF = (
    options_pb2.ACCESS_PUBLIC,
    options_pb2.ACCESS_EMPLOYER,
    options_pb2.ACCESS_STAFF,
)
ADDRESS = "192.0.2.7"
CENTRE = Principal(kind="staff", name="wang")


class Front:
    """The edge's admission with auth behind it."""

    def __init__(self, door: Any) -> None:
        self._door = door
        self._sessions = Sessions(door.public_key, door.clock, self._ended)
        settings = EdgeSettings(insecure=True, session_public_key_file=Path("/nowhere"))
        self._admission = Admission(settings, self._sessions, door.clock)
        asyncio.run(self._connect())

    async def _ended(self) -> pb.ListEndedSessionsResponse:
        reply = self._door.call("ListEndedSessions", pb.ListEndedSessionsRequest(), CENTRE)
        assert isinstance(reply, pb.ListEndedSessionsResponse)
        return reply

    async def _connect(self) -> None:
        await self._sessions.on_connection(True)
        await asyncio.wait_for(self._sessions.known.wait(), timeout=5)

    def hear(self) -> None:
        """Everything that auth has told so far."""
        with self._door.runtime.database.transaction() as connection:
            for _, event in outbox.unpublished(connection, "auth", limit=999):
                if event.type == "hpf.auth.v1.SessionEnded":
                    self._sessions.hear(event)

    def admitted(self, route: Route, token: str) -> Principal:
        """Raises DomainError."""
        sent = {"authorization": f"Bearer {token}"} if token else {}
        return self._admission.admit(route, Arrival("ref", "", ADDRESS, None, sent)).principal

    def answers(self, token: str) -> dict[str, str]:
        """What every method answers to a token: `ok` or the reason it is refused for."""
        found = {}
        for route in ROUTES:
            try:
                self.admitted(route, token)
                found[route.path] = "ok"
            except DomainError as error:
                found[route.path] = error.reason.code
        return found


@pytest.fixture
def front(door: Any, monkeypatch: pytest.MonkeyPatch) -> Front:
    # The table asks more often than the limit of a public method allows; that limit has its own test.
    monkeypatch.setenv("EDGE_PUBLIC_BURST", "1000")
    return Front(door)


def expected(employer_methods: str) -> dict[str, str]:
    """Public methods let anybody in, staff methods nobody who comes through the edge."""
    by_access = {PUBLIC: "ok", EMPLOYER: employer_methods, STAFF: "NOT_ALLOWED"}
    return {route.path: by_access[route.access] for route in ROUTES}


def audited(door: Any) -> tuple[str, str]:
    """Step and outcome of the newest entry of the audit trail."""
    [row] = door.rows("SELECT step, outcome FROM audit_entry ORDER BY position DESC LIMIT 1")
    return row.step, row.outcome


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(Exception) as refused:
        work()
    return str(refused.value)


# ---------------------------------------------------------------- tokens, at the edge


def test_a_good_session_opens_its_employers_methods_only(door: Any, front: Front) -> None:
    assert front.answers(door.log_in().access_token) == expected("ok")


def test_without_a_session(front: Front) -> None:
    assert front.answers("") == expected("SESSION_REQUIRED")


def test_with_noise_instead_of_a_token(front: Front) -> None:
    assert front.answers("eyJhbGciOiJub25lIn0.e30.") == expected("TOKEN_INVALID")


def test_with_a_token_signed_by_somebody_else(door: Any, front: Front) -> None:
    claims = verify_access_token(
        door.log_in().access_token, key=door.public_key, now=door.clock.now()
    )
    forged = issue_access_token(claims, key=Ed25519PrivateKey.generate())
    assert front.answers(forged) == expected("TOKEN_INVALID")


def test_with_an_expired_token(door: Any, front: Front) -> None:
    token = door.log_in().access_token
    assert front.answers(token) == expected("ok")
    door.pass_time(minutes=10)
    assert front.answers(token) == expected("SESSION_EXPIRED")


@pytest.mark.parametrize(("ahead_s", "answer"), [(5, "ok"), (6, "TOKEN_INVALID")])
def test_with_a_token_of_a_clock_that_is_ahead(
    door: Any, front: Front, ahead_s: int, answer: str
) -> None:
    token = door.log_in().access_token
    door.pass_time(seconds=-ahead_s)
    assert front.answers(token) == expected(answer)


def test_with_a_stolen_token_after_the_logout(door: Any, front: Front) -> None:
    session = door.log_in()
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    front.hear()
    assert front.answers(session.access_token) == expected("SESSION_ENDED")


def test_with_a_session_of_a_lost_key(door: Any, front: Front) -> None:
    session = door.log_in()
    [bound] = door.call("ListBindings", pb.ListBindingsRequest(), CENTRE).bindings
    loss = pb.ReportLossRequest(issuer=bound.issuer, serial=bound.serial)
    door.call("ReportLoss", loss, CENTRE)
    front.hear()
    assert front.answers(session.access_token) == expected("SESSION_ENDED")


OPEN_AFTER_CLOSING = {
    "/hpf.auth.v1.AuthService/Logout",
    "/hpf.collection.v1.CollectionService/GetBusiness",
    "/hpf.collection.v1.CollectionService/WatchBusiness",
    "/hpf.receipt.v1.ReceiptService/ListReceipts",
    "/hpf.receipt.v1.ReceiptService/GetReceipt",
    "/hpf.receipt.v1.ReceiptService/DownloadReceipt",
}


def test_with_a_session_of_a_closed_employer_its_outcome_and_receipts_only(
    door: Any, front: Front
) -> None:
    session = door.log_in()
    door.register(status="04")
    # Also before the edge has heard: nobody throws away a token that still opens the receipts.
    assert refusal(
        lambda: door.call("GetSession", pb.GetSessionRequest(), door.agent(session))
    ) == ("EMPLOYER_GONE")
    front.hear()
    receipts_only = expected("EMPLOYER_GONE") | dict.fromkeys(OPEN_AFTER_CLOSING, "ok")
    assert front.answers(session.access_token) == receipts_only
    assert Front(door).answers(session.access_token) == receipts_only
    assert refusal(
        lambda: door.call(
            "RefreshSession",
            pb.RefreshSessionRequest(request_id="r" * 8, refresh_token=session.refresh_token),
            Principal(),
        )
    ) == ("EMPLOYER_GONE")
    door.pass_time(minutes=10)
    assert front.answers(session.access_token) == expected("SESSION_EXPIRED")


def test_after_a_closing_the_agent_can_still_log_out_for_good(door: Any, front: Front) -> None:
    session = door.log_in()
    door.register(status="04")
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    front.hear()
    assert front.answers(session.access_token) == expected("SESSION_ENDED")
    assert Front(door).answers(session.access_token) == expected("SESSION_ENDED")


def test_after_a_closing_a_lost_key_still_ends_the_session(door: Any, front: Front) -> None:
    session = door.log_in()
    [bound] = door.call("ListBindings", pb.ListBindingsRequest(), CENTRE).bindings
    door.register(status="04")
    door.call("ReportLoss", pb.ReportLossRequest(issuer=bound.issuer, serial=bound.serial), CENTRE)
    front.hear()
    assert front.answers(session.access_token) == expected("SESSION_ENDED")


def test_an_edge_that_starts_later_knows_who_has_left(door: Any) -> None:
    session = door.log_in()
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    assert Front(door).answers(session.access_token) == expected("SESSION_ENDED")


def test_a_token_names_the_employer_and_nothing_a_caller_sends_does(
    door: Any, front: Front
) -> None:
    key = signing_key(door.runtime.settings.session_private_key.get_secret_value())
    token = door.log_in().access_token
    claims = verify_access_token(token, key=door.public_key, now=door.clock.now())
    other = issue_access_token(replace(claims, employer_no="20020002"), key=key)
    for route in ROUTES:
        if route.access == EMPLOYER:
            assert front.admitted(route, token).employer_no == "10010001"
            assert front.admitted(route, other).employer_no == "20020002"
        elif route.access == PUBLIC:
            assert front.admitted(route, token) == Principal(kind="public", address=ADDRESS)


# ---------------------------------------------------------------- principals, at the service


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        (Principal(), {PUBLIC: "ok", EMPLOYER: "SESSION_REQUIRED", STAFF: "NOT_ALLOWED"}),
        (
            Principal(kind="employer", employer_no="1"),
            {PUBLIC: "ok", EMPLOYER: "ok", STAFF: "NOT_ALLOWED"},
        ),
        (
            Principal(kind="employer"),
            {PUBLIC: "ok", EMPLOYER: "SESSION_REQUIRED", STAFF: "NOT_ALLOWED"},
        ),
        (CENTRE, {PUBLIC: "ok", EMPLOYER: "SESSION_REQUIRED", STAFF: "ok"}),
        (
            Principal(kind="Staff", name="x"),
            {PUBLIC: "ok", EMPLOYER: "SESSION_REQUIRED", STAFF: "NOT_ALLOWED"},
        ),
    ],
    ids=["nobody", "agent", "agent of no employer", "staff", "unknown kind"],
)
def test_the_services_own_lock_behind_the_edges(who: Principal, answers: dict[int, str]) -> None:
    for name in SERVICES:
        for method in app_of(name).methods.values():
            try:
                check_access(method, who)
                answer = "ok"
            except DomainError as error:
                answer = error.reason.code
            assert (method.name, answer) == (method.name, answers[method.access])


def test_the_session_of_another_employer_is_not_shown_or_ended(door: Any) -> None:
    session = door.log_in()
    stranger = Principal(kind="employer", employer_no="20020002", session_id=session.session_id)
    assert refusal(lambda: door.call("GetSession", pb.GetSessionRequest(), stranger)) == (
        "SESSION_OVER"
    )
    door.call("Logout", pb.LogoutRequest(), stranger)
    assert door.call("GetSession", pb.GetSessionRequest(), door.agent(session)).session


# ---------------------------------------------------------------- steps of a login, misused


def replayed_challenge(door: Any) -> None:
    started = door.call("StartLogin", pb.StartLoginRequest())
    door.call("AnswerChallenge", door.signed(started))
    door.call("AnswerChallenge", door.signed(started))


def expired_challenge(door: Any) -> None:
    answer = door.signed(door.call("StartLogin", pb.StartLoginRequest()))
    door.pass_time(seconds=120)
    door.call("AnswerChallenge", answer)


def signature_of_another_attempt(door: Any) -> None:
    first, second = (door.call("StartLogin", pb.StartLoginRequest()) for _ in range(2))
    answer = door.signed(first)
    answer.attempt_id = second.attempt_id
    door.call("AnswerChallenge", answer)


def invented_attempt(door: Any) -> None:
    door.confirm("no-such-attempt", "123456")


def replayed_code(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    door.confirm(attempt_id, code)
    door.confirm(attempt_id, code)


def code_of_another_attempt(door: Any) -> None:
    door.answer()
    first = door.code()
    door.pass_time(seconds=60)
    attempt_id, _ = door.answer()
    # One time in a million both are alike; then any other code does.
    door.confirm(attempt_id, first if first != door.code() else wrong(first))


def fifth_wrong_code(door: Any) -> str:
    attempt_id, _ = door.answer()
    code = door.code()
    for _ in range(4):
        assert refusal(lambda: door.confirm(attempt_id, wrong(code))) == "CODE_WRONG"
    door.confirm(attempt_id, wrong(code))
    return code


def sixth_try_with_the_right_code(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    for _ in range(5):
        refusal(lambda: door.confirm(attempt_id, wrong(code)))
    door.confirm(attempt_id, code)


def expired_code(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    door.pass_time(minutes=5)
    door.confirm(attempt_id, code)


def code_asked_again_at_once(door: Any) -> None:
    attempt_id, _ = door.answer()
    door.call("ResendCode", pb.ResendCodeRequest(attempt_id=attempt_id))


def code_asked_again_after_the_login(door: Any) -> None:
    attempt_id, _ = door.answer()
    door.confirm(attempt_id, door.code())
    door.pass_time(seconds=60)
    door.call("ResendCode", pb.ResendCodeRequest(attempt_id=attempt_id))


def refresh_after_the_logout(door: Any) -> None:
    session = door.log_in()
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    refresh(door, session.refresh_token)


def refresh_token_used_twice(door: Any) -> None:
    session = door.log_in()
    refresh(door, session.refresh_token)
    refresh(door, session.refresh_token)


def invented_refresh_token(door: Any) -> None:
    refresh(door, "A" * 43)


def refresh(door: Any, token: str) -> None:
    door.call("RefreshSession", pb.RefreshSessionRequest(refresh_token=token))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize(
    ("misuse", "reason", "entry"),
    [
        (replayed_challenge, "ATTEMPT_OVER", ("answer", "ATTEMPT_OVER")),
        (expired_challenge, "ATTEMPT_OVER", ("answer", "ATTEMPT_OVER")),
        (signature_of_another_attempt, "LOGIN_REFUSED", ("answer", "LOGIN_REFUSED:signature")),
        (invented_attempt, "ATTEMPT_OVER", ("confirm", "ATTEMPT_OVER:unknown")),
        (replayed_code, "ATTEMPT_OVER", ("confirm", "ATTEMPT_OVER")),
        (code_of_another_attempt, "CODE_WRONG", ("confirm", "CODE_WRONG")),
        (fifth_wrong_code, "CODE_TRIES_USED_UP", ("confirm", "CODE_TRIES_USED_UP")),
        (sixth_try_with_the_right_code, "ATTEMPT_OVER", ("confirm", "ATTEMPT_OVER")),
        (expired_code, "CODE_EXPIRED", ("confirm", "CODE_EXPIRED")),
        (code_asked_again_at_once, "CODE_SENT_JUST_NOW", ("resend", "CODE_SENT_JUST_NOW")),
        (code_asked_again_after_the_login, "ATTEMPT_OVER", ("resend", "ATTEMPT_OVER")),
        (refresh_after_the_logout, "SESSION_OVER", ("refresh", "SESSION_OVER:logout")),
        (refresh_token_used_twice, "SESSION_OVER", ("refresh", "SESSION_OVER:token reused")),
        (invented_refresh_token, "SESSION_OVER", ("refresh", "SESSION_OVER:unknown")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_misused_login_is_refused_and_audited(
    door: Any, misuse: Callable[[Any], object], reason: str, entry: tuple[str, str]
) -> None:
    assert refusal(lambda: misuse(door)) == reason
    assert audited(door) == entry
    trail = door.call("VerifyAuditTrail", pb.VerifyAuditTrailRequest(), CENTRE)
    assert trail.first_broken == 0


def test_what_the_edge_tells_of_a_stolen_token_is_audited(door: Any) -> None:
    session = door.log_in()
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    edge = Principal(kind="system", name="edge", address="198.51.100.66")

    door.call("NoteRefusedToken", pb.NoteRefusedTokenRequest(session_id=session.session_id), edge)

    [row] = door.rows("SELECT * FROM audit_entry ORDER BY position DESC LIMIT 1")
    assert (row.step, row.outcome) == ("token", "SESSION_OVER:logout")
    assert (row.session_id, row.employer_no) == (session.session_id, "10010001")
    assert (row.address, row.actor) == ("198.51.100.66", "edge")
