"""The closed list of reasons that the edge itself gives; what services refuse passes through unchanged."""

from __future__ import annotations

from google.rpc import status_pb2

from services.kit.errors import Kind, Reason

SESSION_EXPIRED = Reason(
    "SESSION_EXPIRED",
    Kind.LOGIN,
    "the access token has expired; refresh the session",
    "登录已超时，请重新登录",
)
SESSION_ENDED = Reason(
    "SESSION_ENDED", Kind.LOGIN, "the session has ended", "登录已失效，请重新登录"
)
TOKEN_INVALID = Reason(
    "TOKEN_INVALID", Kind.LOGIN, "the access token cannot be accepted", "登录信息无效，请重新登录"
)
TOO_MANY_STREAMS = Reason(
    "TOO_MANY_STREAMS",
    Kind.LIMIT,
    "too many downloads and watches at once",
    "同时进行的下载和进度查看过多，请等其中一些结束后再试",
    retry_after_ms=1000,
)

REASONS = (SESSION_EXPIRED, SESSION_ENDED, TOKEN_INVALID, TOO_MANY_STREAMS)


class Refused(Exception):
    """A service refused; its status travels on as it is."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(status.code)
        self.status = status
