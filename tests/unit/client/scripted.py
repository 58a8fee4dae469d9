"""A gRPC method that answers from a script: gRPC is not ours, everything around it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status

from services.kit.errors import DomainError


class Failed(grpc.RpcError):
    """A failed call as grpc's client raises it."""

    def __init__(self, status: status_pb2.Status, *, bare: bool = False) -> None:
        super().__init__(status.message)
        rich = rpc_status.to_status(status)
        self._code = rich.code
        self._details = rich.details
        self._metadata = () if bare else (*rich.trailing_metadata, ("x-request-id", "ref-1"))

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return str(self._details)

    def trailing_metadata(self) -> Sequence[tuple[str, Any]]:
        return self._metadata


class Scripted:
    """Answers call after call: a message is returned, a DomainError or an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.requests: list[Any] = []
        self.metadata: list[Sequence[tuple[str, str]]] = []

    def __call__(self, request: Any, timeout: float, metadata: Sequence[tuple[str, str]]) -> Any:
        sent = type(request)()
        sent.CopyFrom(request)
        self.requests.append(sent)
        self.metadata.append(metadata)
        answer = self._answers.pop(0)
        if isinstance(answer, DomainError):
            raise Failed(answer.to_status())
        if isinstance(answer, Exception):
            raise answer
        return answer
