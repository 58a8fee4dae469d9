"""A business and who did what: its state by registration number, its live progress, what it changed."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.collection.v1.collection_service_pb2_grpc import CollectionServiceStub
from hpf.common.v1.business_pb2 import (
    BUSINESS_STATE_PENDING,
    BUSINESS_STATE_WAITING_APPROVAL,
    Business,
    GetBusinessRequest,
    WatchBusinessRequest,
    WatchBusinessResponse,
)
from hpf.deposit.v1.deposit_service_pb2_grpc import DepositServiceStub

from client.calls import Caller, all_pages
from client.errors import HallError

#: Whoever watches a business that waits for people stops by themselves.
WATCH_TIMEOUT_S = 3600.0

_UNDER_WAY = (BUSINESS_STATE_WAITING_APPROVAL, BUSINESS_STATE_PENDING)

#: Called with each state of a business as it comes.
Seen = Callable[[WatchBusinessResponse], None]


class Following:
    """Part of `Hall`; every refusal is a HallError."""

    _caller: Caller
    _collection: CollectionServiceStub
    _deposit: DepositServiceStub

    def business(self, registration_no: str) -> Business:
        """The state of a business, whichever service owns it."""
        request = GetBusinessRequest(registration_no=registration_no)
        found: Business = self._of_its_owner(
            lambda owner: self._caller.call(owner.GetBusiness, request).business
        )
        return found

    def watch_business(
        self, registration_no: str, seen: Seen, *, timeout_s: float = WATCH_TIMEOUT_S
    ) -> Business:
        """Follow a business to its end; what is still running after `timeout_s` is returned as it is.

        The hall ends a stream after some minutes, or a connection is lost: then it is watched anew.
        """
        request = WatchBusinessRequest(registration_no=registration_no)
        shown = WatchBusinessResponse()

        def take(states: Iterator[WatchBusinessResponse]) -> None:
            for state in states:
                if state != shown:
                    shown.CopyFrom(state)
                    seen(state)

        ends_at = time.monotonic() + timeout_s
        while True:
            self._of_its_owner(
                lambda owner: self._caller.stream(owner.WatchBusiness, request, take)
            )
            if shown.business.state not in _UNDER_WAY or time.monotonic() >= ends_at:
                self._caller.remember(shown.business.consistency)
                return shown.business

    def operations(self) -> Iterator[collection.Operation]:
        """操作记录 of both owners, newest first; pages are fetched as they are needed."""
        return heapq.merge(
            self._operations_of(self._collection),
            self._operations_of(self._deposit),
            key=lambda each: each.submitted_at,
            reverse=True,
        )

    def _operations_of(
        self, owner: CollectionServiceStub | DepositServiceStub
    ) -> Iterator[collection.Operation]:
        def fetch(token: str) -> collection.ListOperationsResponse:
            request = collection.ListOperationsRequest(page_token=token)
            reply: collection.ListOperationsResponse = self._caller.call(
                owner.ListOperations, request
            )
            return reply

        for page in all_pages(fetch):
            yield from page.operations

    def operation(self, registration_no: str) -> collection.GetOperationResponse:
        """One operation of 归集 with everything it changed, before and after."""
        request = collection.GetOperationRequest(registration_no=registration_no)
        reply: collection.GetOperationResponse = self._caller.call(
            self._collection.GetOperation, request
        )
        return reply

    def _of_its_owner(self, ask: Callable[[Any], Any]) -> Any:
        """Ask deposit, and collection when deposit does not know the business."""
        try:
            return ask(self._deposit)
        except HallError as error:
            if error.refusal.code != grpc.StatusCode.NOT_FOUND.value[0]:
                raise
        return ask(self._collection)
