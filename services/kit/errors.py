"""The one shape of every refusal, from the rule to the person.

    DomainError                     what a handler raises (roll back) or returns (keep what was written, refuse)
    ├── reason: Reason              from a closed list: code, kind, sentence for engineers, sentence for people
    ├── fields: [FieldError, …]     `rows[3].id_number`, reason and Chinese sentence of each
    └── facts: {name: text}         every value that the sentences mention

It travels as `google.rpc.Status` over the bus and over gRPC alike. Anything that is not a DomainError is a fault
of ours: INTERNAL with the request id and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

DOMAIN = "hpf"

# gRPC drops the whole error when its details pass 16 KiB; 100 violations of some 120 bytes fit, and
# the rest stays readable on the worksheet.
FIELD_ERRORS_MAX = 100
DETAILS_BYTES_MAX = 12_000


class Kind(Enum):
    """What sort of refusal it is; the value is the gRPC code it travels as."""

    INPUT = code_pb2.INVALID_ARGUMENT
    STATE = code_pb2.FAILED_PRECONDITION
    NOT_FOUND = code_pb2.NOT_FOUND
    FORBIDDEN = code_pb2.PERMISSION_DENIED
    LOGIN = code_pb2.UNAUTHENTICATED
    EXISTS = code_pb2.ALREADY_EXISTS
    BUSY = code_pb2.ABORTED
    LIMIT = code_pb2.RESOURCE_EXHAUSTED
    LATER = code_pb2.UNAVAILABLE
    DEADLINE = code_pb2.DEADLINE_EXCEEDED
    FAULT = code_pb2.INTERNAL


# A retry with the same request_id may succeed, so the refusal is not kept as the request's answer.
RETRYABLE = frozenset({Kind.BUSY, Kind.LATER, Kind.LIMIT, Kind.DEADLINE, Kind.FAULT})


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the closed list. `en` and `zh` may name facts in braces: `{due}`."""

    code: str
    kind: Kind
    en: str
    zh: str
    # How long to wait before trying again. For what is NOT_FOUND it says that it may be on its way.
    retry_after_ms: int = 0

    @property
    def is_final(self) -> bool:
        """Whether the same request is refused for good: such a refusal is kept as the request's answer."""
        return self.kind not in RETRYABLE and not self.retry_after_ms


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its path in the request, the reason's code and a Chinese sentence."""

    path: str
    reason: str
    zh: str


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal that the person can understand. Carries no personal data in `facts`' developer sentence."""

    reason: Reason
    fields: Sequence[FieldError] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason.code

    @property
    def zh(self) -> str:
        """The sentence for the person."""
        return self.reason.zh.format_map(self.facts)

    def to_status(self) -> status_pb2.Status:
        """As `google.rpc.Status`, with as many field violations as may travel."""
        status = status_pb2.Status(
            code=self.reason.kind.value,
            message=f"{self.reason.code}: {self.reason.en.format_map(self.facts)}",
        )
        facts = {**self.facts}
        if len(self.fields) > FIELD_ERRORS_MAX:
            facts["field_errors"] = str(len(self.fields))
        info = error_details_pb2.ErrorInfo(reason=self.reason.code, domain=DOMAIN, metadata=facts)
        _attach(status, info)
        _attach(status, error_details_pb2.LocalizedMessage(locale="zh-CN", message=self.zh))
        if self.reason.kind is Kind.STATE:
            violation = error_details_pb2.PreconditionFailure.Violation(
                type=self.reason.code, description=self.zh
            )
            _attach(status, error_details_pb2.PreconditionFailure(violations=[violation]))
        if self.reason.retry_after_ms:
            delay = Duration()
            delay.FromMilliseconds(self.reason.retry_after_ms)
            _attach(status, error_details_pb2.RetryInfo(retry_delay=delay))
        if self.fields:
            room = DETAILS_BYTES_MAX - status.ByteSize()
            _attach(status, _bad_request(self.fields, room=room))
        return status


def fact(reason: Reason, **facts: object) -> DomainError:
    """A DomainError whose sentences mention `facts`."""
    return DomainError(reason, facts={name: str(value) for name, value in facts.items()})


def reason_of(status: status_pb2.Status) -> str:
    """The reason's code inside a status, or an empty string when it carries none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return str(info.reason)
    return ""


def may_be_early(status: status_pb2.Status) -> bool:
    """Whether what was asked for may be on its way between two services: worth asking again at once, for a moment."""
    if status.code == code_pb2.NOT_FOUND:
        return any(each.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for each in status.details)
    return status.code == code_pb2.UNAVAILABLE and reason_of(status) == READ_MODEL_BEHIND.code


def message_zh_of(status: status_pb2.Status) -> str:
    """The sentence for the person inside a status, or an empty string."""
    localized = error_details_pb2.LocalizedMessage()
    for detail in status.details:
        if detail.Is(localized.DESCRIPTOR) and detail.Unpack(localized):
            return str(localized.message)
    return ""


def field_errors_of(status: status_pb2.Status) -> list[FieldError]:
    """The field violations inside a status."""
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(bad.DESCRIPTOR) and detail.Unpack(bad):
            return [
                FieldError(each.field, each.reason, each.localized_message.message)
                for each in bad.field_violations
            ]
    return []


def _attach(status: status_pb2.Status, detail: error_details_pb2.ErrorInfo | object) -> None:
    packed = Any()
    packed.Pack(detail)  # type: ignore[arg-type]  # every caller passes a message
    status.details.append(packed)


def _bad_request(fields: Iterable[FieldError], *, room: int) -> error_details_pb2.BadRequest:
    bad = error_details_pb2.BadRequest()
    for each in list(fields)[:FIELD_ERRORS_MAX]:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=each.path,
            reason=each.reason,
            description=each.reason,
            localized_message=error_details_pb2.LocalizedMessage(locale="zh-CN", message=each.zh),
        )
        room -= violation.ByteSize() + 4
        if room < 0:
            break
        bad.field_violations.append(violation)
    return bad


# ---------------------------------------------------------------- reasons that any service may give

REQUEST_MALFORMED = Reason(
    "REQUEST_MALFORMED", Kind.INPUT, "the request cannot be read", "请求内容无法识别，请检查后重试"
)
# Not a question of logging in: nobody logs in for a closed employer.
EMPLOYER_GONE = Reason(
    "EMPLOYER_GONE",
    Kind.FORBIDDEN,
    "the employer is closed; its sessions only read its receipts, until their tokens expire",
    "单位已注销，目前只能查询、下载业务回单",
)
FIELD_REQUIRED = Reason("FIELD_REQUIRED", Kind.INPUT, "a required field is empty", "必填项不能为空")
FIELD_INVALID = Reason("FIELD_INVALID", Kind.INPUT, "a field is not valid", "填写的内容不符合要求")
DATE_INVALID = Reason(
    "DATE_INVALID", Kind.INPUT, "a date is written YYYY-MM-DD", "日期格式应为 YYYY-MM-DD"
)
REQUEST_ID_INVALID = Reason(
    "REQUEST_ID_INVALID",
    Kind.INPUT,
    "request_id must be 8 to 64 letters, digits, - or _",
    "请求编号格式不正确",
)
REQUEST_ID_REUSED = Reason(
    "REQUEST_ID_REUSED",
    Kind.INPUT,
    "the request_id was used before with another body",
    "请求编号已用于另一笔业务，请刷新后重新提交",
)
PAGE_TOKEN_INVALID = Reason(
    "PAGE_TOKEN_INVALID",
    Kind.INPUT,
    "the page token does not belong to this query",
    "翻页信息已失效，请重新查询",
)
SESSION_REQUIRED = Reason("SESSION_REQUIRED", Kind.LOGIN, "the call needs a session", "请先登录")
NOT_ALLOWED = Reason(
    "NOT_ALLOWED", Kind.FORBIDDEN, "the caller may not call this method", "您没有办理此项业务的权限"
)
METHOD_UNKNOWN = Reason("METHOD_UNKNOWN", Kind.NOT_FOUND, "no such method", "没有此项业务")
CONCURRENT_CHANGE = Reason(
    "CONCURRENT_CHANGE",
    Kind.BUSY,
    "another change of the same data won",
    "数据正被其他操作修改，请稍后重试",
    retry_after_ms=200,
)
SERVICE_UNAVAILABLE = Reason(
    "SERVICE_UNAVAILABLE",
    Kind.LATER,
    "the service is not reachable",
    "系统繁忙，请稍后重试",
    retry_after_ms=1000,
)
NOT_READY_YET = Reason(
    "NOT_READY_YET",
    Kind.LATER,
    "the document is still being made",
    "文件正在生成，请稍候",
    retry_after_ms=300,
)
BUSINESS_UNKNOWN = Reason(
    "BUSINESS_UNKNOWN", Kind.NOT_FOUND, "no such registration number", "登记号不存在"
)
READ_MODEL_BEHIND = Reason(
    "READ_MODEL_BEHIND",
    Kind.LATER,
    "the read model has not reached the asked-for version",
    "数据正在更新，请稍后再查",
    retry_after_ms=500,
)
DEADLINE_PASSED = Reason(
    "DEADLINE_PASSED",
    Kind.DEADLINE,
    "the deadline passed before the answer came",
    "处理时间超过限制，请凭登记号查询办理结果",
)
TOO_MANY_CALLS = Reason(
    "TOO_MANY_CALLS",
    Kind.LIMIT,
    "too many calls",
    "操作过于频繁，请稍后再试",
    retry_after_ms=1000,
)
REPLAY_RUNNING = Reason(
    "REPLAY_RUNNING",
    Kind.STATE,
    "a rebuild or check is running",
    "正在重建或核对，请等待完成后再试",
)
# Nobody can mend it by another request, but the refusal must not be kept as an answer: the file may be brought back.
STORED_FILE_UNUSABLE = Reason(
    "STORED_FILE_UNUSABLE",
    Kind.FAULT,
    "the file in the store is not there, or not as it was written",
    "文件已损坏，无法下载，请重新生成；仍不成功请联系管理部",
)
FAULT = Reason(
    "FAULT",
    Kind.FAULT,
    "something unforeseen; request {request_ref}",
    "系统出现异常，请联系管理部并提供编号 {request_ref}",
)

COMMON_REASONS: tuple[Reason, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Reason)
)
