"""Replays in a city: asked for as the staff do, looked after as the ticker does, until they have ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import ModuleType

from hpf.common.v1 import event_log_pb2, replay_pb2
from hpf.query.v1 import query_service_pb2
from hpf.receipt.v1 import receipt_service_pb2

from services.kit.app import CallContext, Principal
from services.kit.calls import execute
from services.kit.ids import new_id
from services.kit.replays import following
from services.kit.replays.beside import Copies
from services.query.replay import COPIES as OF_QUERY
from services.receipt.replay import COPIES as OF_RECEIPT
from tests.system.city import City, Died
from tests.system.deposit_city import back_pay, back_payment_row, employer_with, transfer
from tests.system.people import pay_in, remit

REBUILD, VERIFY = replay_pb2.REPLAY_PURPOSE_REBUILD, replay_pb2.REPLAY_PURPOSE_VERIFY
RUNNING, SWITCHED, VERIFIED, FAILED = (
    replay_pb2.REPLAY_STATE_RUNNING,
    replay_pb2.REPLAY_STATE_SWITCHED,
    replay_pb2.REPLAY_STATE_VERIFIED,
    replay_pb2.REPLAY_STATE_FAILED,
)
LOOKS_MAX = 500


@dataclass(frozen=True)
class Follower:
    """A service that keeps copies."""

    service: str
    copies: Copies
    messages: ModuleType


QUERY = Follower("query", OF_QUERY, query_service_pb2)
RECEIPT = Follower("receipt", OF_RECEIPT, receipt_service_pb2)


def live(town: City) -> list[str]:
    """A scenario that touches every table that events fill; returns the employers."""
    first, accounts = employer_with(town, "16317.00", "5000.00")
    second, _ = employer_with(town, "3000.00")
    pay_in(town, first, 5_000_000)
    remit(town, first, 201909)
    back_pay(
        town, first, [back_payment_row(accounts[1], "100.00", 201907, 201908)], amount="100.00"
    )
    transfer(town, first, second, accounts[:1])
    pay_in(town, second, 1_000_000)
    remit(town, second, 201908)
    town.settle()
    return [first, second]


def read_log(town: City) -> following.ReadLog:
    """The owners' ReadEvents, called without a broker in between."""

    def read(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        by = CallContext(Principal(kind="system", name="replay"), new_id())
        reply = execute(town.runtimes[owner], "ReadEvents", request.SerializeToString(), by)
        assert reply.code == 0
        return event_log_pb2.ReadEventsResponse.FromString(reply.body)

    return read


def start(town: City, follower: Follower, purpose: int) -> None:
    told = follower.messages
    town.call(follower.service, told.StartReplayRequest(purpose=purpose), told.StartReplayResponse)


def newest(town: City, follower: Follower) -> replay_pb2.Replay:
    told = follower.messages
    reply = town.call(follower.service, told.GetReadModelRequest(), told.GetReadModelResponse)
    return replay_pb2.Replay.FromString(reply.replay.SerializeToString())


def replayed(town: City, follower: Follower, purpose: int) -> replay_pb2.Replay:
    """Ask for a replay and let it end."""
    start(town, follower, purpose)
    return ended(town, follower, read_log(town))


def ended(town: City, follower: Follower, read: following.ReadLog) -> replay_pb2.Replay:
    """Look after the replay until it has ended, as the ticker does: other databases of the server can hold it up."""
    for _ in range(LOOKS_MAX):
        try:
            following.work_with(town.runtimes[follower.service], follower.copies, read)
        except Died:
            continue
        if newest(town, follower).state != RUNNING:
            return newest(town, follower)
        time.sleep(0.05)
    raise AssertionError("the replay does not end")
