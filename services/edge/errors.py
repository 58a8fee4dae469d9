"""The closed list of reasons that the edge itself gives; what services refuse passes through unchanged."""

from __future__ import annotations

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

REASONS = (SESSION_EXPIRED, SESSION_ENDED, TOKEN_INVALID)
