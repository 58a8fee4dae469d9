"""How calls are repeated, under which id, with which session and versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from hpf.auth.v1.auth_service_pb2 import RefreshSessionResponse, Session
from hpf.common.v1.business_pb2 import Business, ConsistencyToken
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from hpf.query.v1 import query_service_pb2 as query

from client import calls
from client.calls import Caller, pause_before_retry
from client.errors import HallError, HallUnavailable, LoginRequired, Refusal
from client.session_store import MemoryStore, StoredSession
from services.kit.errors import (
    CONCURRENT_CHANGE,
    FIELD_INVALID,
    SERVICE_UNAVAILABLE,
    SESSION_REQUIRED,
    TOO_MANY_CALLS,
    DomainError,
    Kind,
    Reason,
)
from tests.unit.client.scripted import Scripted

TARGET = "hall.example:8443"
DAILY_CAP = Reason("SMS_DAILY_CAP", Kind.LIMIT, "no more codes today", "今日验证码次数已用完")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FIRST_PAUSE_S", 0.0001)
    monkeypatch.setattr(calls.time, "sleep", lambda _seconds: None)


def session(access: str = "access-1", *, minutes: int = 10) -> Session:
    made = Session(session_id="s1", access_token=access, refresh_token="refresh-1")
    made.access_expires_at.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
    return made


def caller(store: MemoryStore | None = None, *, logged_in: bool = True) -> Caller:
    store = store or MemoryStore()
    if logged_in and store.load() is None:
        store.save(StoredSession(TARGET, session()))
    return Caller(grpc.insecure_channel("127.0.0.1:1"), store, target=TARGET)


def test_a_change_keeps_its_request_id_through_every_try() -> None:
    method = Scripted(
        DomainError(SERVICE_UNAVAILABLE),
        DomainError(CONCURRENT_CHANGE),
        DomainError(TOO_MANY_CALLS),
        deposit.SubmitRemittanceResponse(),
    )

    caller().call(method, deposit.SubmitRemittanceRequest(to_month=202611))

    ids = {request.request_id for request in method.requests}
    assert len(method.requests) == 4
    assert len(ids) == 1
    assert len(ids.pop()) == 36


def test_two_submissions_have_different_request_ids() -> None:
    method = Scripted(deposit.SubmitRemittanceResponse(), deposit.SubmitRemittanceResponse())
    one = caller()

    one.call(method, deposit.SubmitRemittanceRequest(to_month=202611))
    one.call(method, deposit.SubmitRemittanceRequest(to_month=202611))

    assert method.requests[0].request_id != method.requests[1].request_id


def test_a_refusal_for_good_is_not_repeated() -> None:
    method = Scripted(DomainError(FIELD_INVALID))

    with pytest.raises(HallError) as refused:
        caller().call(method, deposit.SubmitRemittanceRequest())

    assert refused.value.reason == "FIELD_INVALID"
    assert refused.value.refusal.request_ref == "ref-1"
    assert len(method.requests) == 1


def test_a_limit_without_a_time_is_not_repeated() -> None:
    method = Scripted(DomainError(DAILY_CAP))

    with pytest.raises(HallError):
        caller().call(method, deposit.SubmitRemittanceRequest())

    assert len(method.requests) == 1


def test_the_last_refusal_is_told_when_tries_end() -> None:
    method = Scripted(*[DomainError(SERVICE_UNAVAILABLE)] * calls.TRIES_MAX)

    with pytest.raises(HallUnavailable):
        caller().call(method, deposit.SubmitRemittanceRequest())

    assert len(method.requests) == calls.TRIES_MAX


def test_a_pause_longer_than_the_patience_is_not_waited_for() -> None:
    an_hour = Reason("RESEND_TOO_SOON", Kind.LIMIT, "later", "稍后", retry_after_ms=3_600_000)
    method = Scripted(DomainError(an_hour))

    with pytest.raises(HallError):
        caller().call(method, deposit.SubmitRemittanceRequest())

    assert len(method.requests) == 1


def test_the_pause_is_never_shorter_than_the_hall_says() -> None:
    told = Refusal(code=14, reason="X", zh="", retry_after_s=1.0)

    assert all((pause_before_retry(told, tries=1) or 0) >= 1.0 for _ in range(50))


def test_without_a_session_nothing_is_sent() -> None:
    method = Scripted()

    with pytest.raises(LoginRequired) as refused:
        caller(logged_in=False).call(method, deposit.GetSuspenseRequest())

    assert refused.value.reason == "SESSION_REQUIRED"
    assert method.requests == []


def test_a_session_of_another_hall_is_not_sent() -> None:
    store = MemoryStore()
    store.save(StoredSession("elsewhere:8443", session()))

    with pytest.raises(LoginRequired):
        caller(store).call(Scripted(), deposit.GetSuspenseRequest())


def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    store = MemoryStore()
    one = caller(store)
    refresh = Scripted(RefreshSessionResponse(session=session("access-2")))
    one._auth.RefreshSession = refresh
    method = Scripted(DomainError(SESSION_REQUIRED), deposit.GetSuspenseResponse(available_fen=5))

    reply = one.call(method, deposit.GetSuspenseRequest())

    assert reply.available_fen == 5
    assert refresh.requests[0].refresh_token == "refresh-1"
    assert [dict(each)["authorization"] for each in method.metadata] == [
        "Bearer access-1",
        "Bearer access-2",
    ]


def test_a_token_about_to_end_is_renewed_before_the_call() -> None:
    store = MemoryStore()
    store.save(StoredSession(TARGET, session(minutes=0)))
    one = caller(store)
    one._auth.RefreshSession = Scripted(RefreshSessionResponse(session=session("access-2")))
    method = Scripted(deposit.GetSuspenseResponse())

    one.call(method, deposit.GetSuspenseRequest())

    assert dict(method.metadata[0])["authorization"] == "Bearer access-2"


def test_a_session_that_is_over_is_forgotten() -> None:
    store = MemoryStore()
    one = caller(store)
    one._auth.RefreshSession = Scripted(DomainError(SESSION_REQUIRED))

    with pytest.raises(LoginRequired):
        one.call(Scripted(DomainError(SESSION_REQUIRED)), deposit.GetSuspenseRequest())

    assert store.load() is None


def test_reads_carry_the_versions_that_writes_were_told_of() -> None:
    one = caller()
    tokens = [
        ConsistencyToken(owner="deposit", employer_no="031300000017", version=7),
        ConsistencyToken(owner="collection", employer_no="031300000017", version=3),
    ]
    written = Scripted(
        deposit.SubmitRemittanceResponse(business=Business(consistency=tokens)),
        deposit.SubmitRemittanceResponse(business=Business(consistency=[
            ConsistencyToken(owner="deposit", employer_no="031300000017", version=6)])),
    )  # fmt: skip
    read = Scripted(query.ListPeopleResponse())

    one.call(written, deposit.SubmitRemittanceRequest())
    one.call(written, deposit.SubmitRemittanceRequest())
    one.call(read, query.ListPeopleRequest())

    sent = {(each.owner, each.version) for each in read.requests[0].consistency}
    assert sent == {("collection", 3), ("deposit", 7)}
