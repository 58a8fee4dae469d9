"""What can go wrong for whoever uses the hall, in words that say what to do next.

ClientError                 `zh` is the sentence for the person
├── HallError               the hall refused: code, reason of the closed list, bad fields
│   ├── LoginRequired       no session, or it ended
│   └── HallUnavailable     not reachable, too busy, or the answer did not come in time
└── InputError              a file, a setting or an argument of ours is not usable
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.kit.errors import FieldError, field_errors_of, message_zh_of, reason_of

#: Metadata key under which the edge names a call, for asking about it later.
REQUEST_REF_KEY = "x-request-id"

_UNREACHABLE_ZH = "无法连接网上业务大厅，请检查网络和地址后重试"
_TOO_LATE_ZH = "等待超时，业务可能已受理，请稍后用 hpf business 登记号 或 hpf receipt list 查询结果"
_NO_SENTENCE_ZH = "网上业务大厅拒绝了请求（{code}）"


class ClientError(Exception):
    """Base of all of them."""

    def __init__(self, zh: str) -> None:
        super().__init__(zh)
        self.zh = zh


class InputError(ClientError):
    """Something on this side cannot be used; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as it travelled: `code` is the gRPC code, `reason` a code of the closed list."""

    code: int
    reason: str
    zh: str
    fields: Sequence[FieldError] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None
    request_ref: str = ""


class HallError(ClientError):
    """The hall refused. `refusal` has everything it said."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.zh)
        self.refusal = refusal

    def __str__(self) -> str:
        wrong = ", ".join(f"{each.path} {each.reason}" for each in self.refusal.fields)
        return f"{self.reason}: {self.zh}" + (f" [{wrong}]" if wrong else "")

    @property
    def reason(self) -> str:
        return self.refusal.reason

    @property
    def fields(self) -> Sequence[FieldError]:
        return self.refusal.fields


class LoginRequired(HallError):
    """There is no session, or it is over."""


class HallUnavailable(HallError):
    """Nobody answered; the same request may be sent again with the same request_id."""


def hall_error(refusal: Refusal) -> HallError:
    """The error class that a refusal's code asks for."""
    if refusal.code == code_pb2.UNAUTHENTICATED:
        return LoginRequired(refusal)
    if refusal.code in (code_pb2.UNAVAILABLE, code_pb2.DEADLINE_EXCEEDED):
        return HallUnavailable(refusal)
    return HallError(refusal)


def from_rpc(error: grpc.RpcError) -> HallError:
    """Read what a failed call carries: a rich status, or only a code when the network failed."""
    code = error.code().value[0]
    metadata = dict(error.trailing_metadata() or ())
    request_ref = str(metadata.get(REQUEST_REF_KEY, ""))
    status = _rich_status(error)
    if status is not None:
        return hall_error(read_status(status, request_ref=request_ref))
    zh = _NO_SENTENCE_ZH.format(code=code_pb2.Code.Name(code))
    if code == code_pb2.UNAVAILABLE:
        zh = _UNREACHABLE_ZH
    elif code == code_pb2.DEADLINE_EXCEEDED:
        zh = _TOO_LATE_ZH
    return hall_error(Refusal(code, code_pb2.Code.Name(code), zh, request_ref=request_ref))


def read_status(status: status_pb2.Status, *, request_ref: str = "") -> Refusal:
    """A `google.rpc.Status` as a Refusal; unknown details are passed over."""
    name = code_pb2.Code.Name(status.code) if status.code in code_pb2.Code.values() else "UNKNOWN"
    reason = reason_of(status) or name
    return Refusal(
        code=status.code,
        reason=reason,
        zh=message_zh_of(status) or _NO_SENTENCE_ZH.format(code=reason),
        fields=tuple(field_errors_of(status)),
        facts=_facts(status),
        retry_after_s=_retry_after_s(status),
        request_ref=request_ref,
    )


def _rich_status(error: grpc.RpcError) -> status_pb2.Status | None:
    try:
        status = rpc_status.from_call(error)
    except (ValueError, DecodeError):
        return None  # the status inside does not belong to this call's code: believe the code
    return status if status is not None and status.details else None


def _facts(status: status_pb2.Status) -> dict[str, str]:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return dict(info.metadata)
    return {}


def _retry_after_s(status: status_pb2.Status) -> float | None:
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        if detail.Is(retry.DESCRIPTOR) and detail.Unpack(retry):
            return float(retry.retry_delay.ToMilliseconds() / 1000)
    return None
