"""Reasons that auth gives: the closed list.

What depends on the shown certificate alone is told; what depends on our records (who is bound, to which employer)
is one and the same `LOGIN_REFUSED`, so that nobody can find out who is a customer. The audit trail knows more.
"""

from services.kit.errors import Kind, Reason

LOGIN_REFUSED = Reason(
    "LOGIN_REFUSED",
    Kind.LOGIN,
    "the login was refused",
    "登录失败。请确认使用的是本单位已在公积金中心登记的数字证书，如有疑问请联系管理部",
)
ATTEMPT_OVER = Reason(
    "ATTEMPT_OVER",
    Kind.LOGIN,
    "the login attempt is unknown, used up or expired",
    "本次登录已失效，请重新登录",
)
CERTIFICATE_REFUSED = Reason(
    "CERTIFICATE_REFUSED",
    Kind.LOGIN,
    "the certificate is not accepted: {why}",
    "数字证书无法通过验证，请使用受信任机构颁发的有效证书",
)
CERTIFICATE_EXPIRED = Reason(
    "CERTIFICATE_EXPIRED",
    Kind.LOGIN,
    "the certificate has expired",
    "数字证书已过期，请先办理证书延期",
)
CERTIFICATE_REVOKED = Reason(
    "CERTIFICATE_REVOKED",
    Kind.LOGIN,
    "the certificate was revoked by its CA",
    "数字证书已被吊销，请联系发证机构",
)
CERTIFICATE_UNDECIDED = Reason(
    "CERTIFICATE_UNDECIDED",
    Kind.LOGIN,
    "the revocation state of the certificate is not known",
    "暂时无法核实数字证书状态，请稍后重试或联系管理部",
)
MOBILE_NOT_ON_FILE = Reason(
    "MOBILE_NOT_ON_FILE",
    Kind.STATE,
    "the employer has no agent's mobile on file",
    "单位未在公积金中心留存经办人手机号，请到管理部办理",
)
CODE_WRONG = Reason(
    "CODE_WRONG",
    Kind.LOGIN,
    "the SMS code is wrong, {left} tries left",
    "验证码错误，还可以输入 {left} 次",
)
CODE_TRIES_USED_UP = Reason(
    "CODE_TRIES_USED_UP",
    Kind.LOGIN,
    "too many wrong SMS codes",
    "验证码错误次数过多，请重新登录",
)
CODE_EXPIRED = Reason(
    "CODE_EXPIRED", Kind.LOGIN, "the SMS code has expired", "验证码已过期，请重新获取"
)
CODE_SENT_JUST_NOW = Reason(
    "CODE_SENT_JUST_NOW",
    Kind.STATE,
    "a code was sent less than the interval ago; again in {seconds} s",
    "验证码发送过于频繁，请 {seconds} 秒后再试",
)
CODES_USED_UP = Reason(
    "CODES_USED_UP",
    Kind.LOGIN,
    "no more codes for this login",
    "本次登录获取验证码次数过多，请重新登录",
)
SMS_DAY_LIMIT = Reason(
    "SMS_DAY_LIMIT",
    Kind.STATE,
    "too many codes today",
    "今日获取验证码次数已达上限，请明日再试或联系管理部",
)
MOBILE_CHANGE_NOT_WAITING = Reason(
    "MOBILE_CHANGE_NOT_WAITING",
    Kind.STATE,
    "no change of the agent's mobile is waiting",
    "没有待验证的经办人手机号变更，请先在单位基本资料变更中提交",
)
MOBILE_CODE_WRONG = Reason(
    "MOBILE_CODE_WRONG",
    Kind.STATE,
    "the SMS code is wrong, {left} tries left",
    "验证码错误，还可以输入 {left} 次",
)
MOBILE_CODE_EXPIRED = Reason(
    "MOBILE_CODE_EXPIRED",
    Kind.STATE,
    "the SMS code has expired or none was sent",
    "验证码已过期，请重新获取",
)
MOBILE_CHANGE_OVER = Reason(
    "MOBILE_CHANGE_OVER",
    Kind.STATE,
    "no codes or tries are left for this change",
    "验证码获取或输入次数过多，请重新提交手机号变更",
)
MOBILE_ON_FILE_CHANGED = Reason(
    "MOBILE_ON_FILE_CHANGED",
    Kind.STATE,
    "the number on file is not the one the code went to",
    "留存的手机号已变更，请重新获取验证码",
)
SESSION_OVER = Reason(
    "SESSION_OVER", Kind.LOGIN, "the session has ended", "登录已超时或已退出，请重新登录"
)
EMPLOYER_NOT_KNOWN = Reason(
    "EMPLOYER_NOT_KNOWN",
    Kind.LATER,
    "no such employer here yet",
    "未查到该单位账号；刚登记的单位请稍候再试",
    retry_after_ms=300,
)
USCC_MISMATCH = Reason(
    "USCC_MISMATCH",
    Kind.STATE,
    "the certificate's uscc is not the employer's",
    "数字证书中的统一社会信用代码与单位登记的不一致",
)
CERTIFICATE_NOT_GOOD = Reason(
    "CERTIFICATE_NOT_GOOD",
    Kind.STATE,
    "the certificate cannot be bound: {why}",
    "数字证书无法通过验证（{why}），不能绑定",
)
CERTIFICATE_BOUND_ELSEWHERE = Reason(
    "CERTIFICATE_BOUND_ELSEWHERE",
    Kind.EXISTS,
    "the certificate is bound to another employer",
    "该数字证书已绑定其他单位",
)
CERTIFICATE_WAS_LOST = Reason(
    "CERTIFICATE_WAS_LOST",
    Kind.STATE,
    "the certificate was reported lost and stays shut out",
    "该数字证书已挂失，不能再次绑定",
)
BINDING_NOT_FOUND = Reason(
    "BINDING_NOT_FOUND", Kind.NOT_FOUND, "no such binding", "未查到该数字证书的绑定"
)
