"""Why a submission is not taken, not approved, or not any more: the closed list."""

from __future__ import annotations

from services.kit.errors import Kind, Reason

SIGNATURE_REQUIRED = Reason(
    "SIGNATURE_REQUIRED",
    Kind.STATE,
    "submissions of this employer must be signed",
    "本单位的业务须用数字证书签名后提交，请插入 USBKEY 重新提交",
)
SIGNATURE_CERTIFICATE_OTHER = Reason(
    "SIGNATURE_CERTIFICATE_OTHER",
    Kind.FORBIDDEN,
    "the certificate is not the one that the session was opened with",
    "签名所用的数字证书与登录时的不一致",
)
SIGNATURE_ALGORITHM_UNKNOWN = Reason(
    "SIGNATURE_ALGORITHM_UNKNOWN",
    Kind.INPUT,
    "no such signature algorithm",
    "不支持该签名算法",
)
SIGNATURE_WRONG = Reason(
    "SIGNATURE_WRONG",
    Kind.FORBIDDEN,
    "the signature is not of this submission as it stands here",
    "签名与提交的内容不符，请刷新后核对内容并重新签名提交",
)
HANDLER_ONLY = Reason(
    "HANDLER_ONLY",
    Kind.FORBIDDEN,
    "only a handler's key submits and withdraws",
    "本单位的业务由经办人员提交，您的证书只能复核",
)
APPROVER_ONLY = Reason(
    "APPROVER_ONLY",
    Kind.FORBIDDEN,
    "only an approver's key approves and rejects",
    "只有复核人员的证书可以复核业务",
)
APPROVER_IS_SUBMITTER = Reason(
    "APPROVER_IS_SUBMITTER",
    Kind.FORBIDDEN,
    "the same certificate submitted it",
    "不能复核用同一数字证书提交的业务",
)
SUBMISSION_UNKNOWN = Reason(
    "SUBMISSION_UNKNOWN", Kind.NOT_FOUND, "no such waiting submission", "未查到该待复核业务"
)
SUBMISSION_DECIDED = Reason(
    "SUBMISSION_DECIDED",
    Kind.STATE,
    "it does not wait any more: {state}",
    "该业务已不在待复核状态，请刷新后查看",
)
SUBMISSION_EXPIRED = Reason(
    "SUBMISSION_EXPIRED",
    Kind.STATE,
    "nobody approved it in time",
    "该业务超过复核期限，已失效，请重新提交",
)
SUBMISSION_REJECTED = Reason(
    "SUBMISSION_REJECTED",
    Kind.STATE,
    "an approver rejected it",
    "复核未通过：{why}",
)
SUBMISSION_WITHDRAWN = Reason(
    "SUBMISSION_WITHDRAWN", Kind.STATE, "a handler withdrew it", "该业务已由经办人员撤回"
)
SUBMISSION_CONTENT_CHANGED = Reason(
    "SUBMISSION_CONTENT_CHANGED",
    Kind.STATE,
    "the list is not the one that was submitted",
    "清单在提交后被修改，不能复核，请退回并由经办人员重新提交",
)
WAITING_LIMIT_REACHED = Reason(
    "WAITING_LIMIT_REACHED",
    Kind.STATE,
    "{limit} submissions wait already",
    "待复核的业务已达 {limit} 笔，请先复核或撤回",
)

SUBMISSION_REASONS: tuple[Reason, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Reason)
)
