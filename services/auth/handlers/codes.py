"""SMS codes: made, ordered, recognised. The sender (`sweep.py`) delivers what is ordered here."""

from __future__ import annotations

import hmac
import json
import secrets

from services.auth.domain.binding import Binding, EmployerFile
from services.auth.domain.login import CODE_DIGITS, LoginAttempt, check_may_send, is_code
from services.auth.store import attempts, sms_orders
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.vault import Vault

_PURPOSE = "sms_code"


def send_code(
    call: Call, attempt: LoginAttempt, *, binding: Binding, employer: EmployerFile
) -> LoginAttempt:
    """Order a new code to the agent's mobile on file; raises a DomainError over the caps.

    The message leaves after the commit: what is rolled back is never sent. The employer's row is
    locked by the caller, so two logins cannot both be the first within the interval.
    """
    mobile = call.vault.open_text(employer.agent_mobile_sealed)
    number_index, day = call.vault.index("mobile", mobile), business_date(call.now)
    history = sms_orders.history_of(
        call.connection, number_index=number_index, address=call.principal.address, day=day
    )
    check_may_send(history, now=call.now, policy=call.settings.sms_policy)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    digest = code_digest(call.vault, attempt.attempt_id, code)
    policy = call.settings.login_policy
    coded = attempt.with_code(digest, binding_id=binding.binding_id, now=call.now, policy=policy)
    attempts.save_attempt(call.connection, coded)
    minutes = int(policy.code_life.total_seconds() // 60)
    text = (
        f"【{call.settings.sms_signature}】您正在登录单位网上业务大厅，验证码{code}，"
        f"{minutes}分钟内有效。请勿告诉他人。"
    )
    sms_orders.add_order(
        call.connection,
        number_index=number_index,
        address=call.principal.address,
        day=day,
        now=call.now,
        message_sealed=call.vault.seal_text(json.dumps({"mobile": mobile, "text": text})),
        expires_at=call.now + policy.code_life,
    )
    return coded


def code_digest(vault: Vault, attempt_id: str, code: str) -> bytes:
    """Keyed, and bound to the attempt: a code of another attempt never fits."""
    return vault.index(_PURPOSE, f"{attempt_id}:{code}")


def code_matches(vault: Vault, attempt: LoginAttempt, typed: str) -> bool:
    """Compared in constant time; a text that is no code still costs a digest."""
    digest = code_digest(vault, attempt.attempt_id, typed[: CODE_DIGITS + 1])
    return hmac.compare_digest(digest, attempt.code_digest) and is_code(typed)
