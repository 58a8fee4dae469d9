"""SMS codes: made, ordered, recognised. The sender (`sweep.py`) delivers what is ordered here."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass

from services.auth.domain.binding import Binding, EmployerFile
from services.auth.domain.login import LoginAttempt
from services.auth.domain.sms_code import CODE_DIGITS, CodePurpose, check_may_send, is_code
from services.auth.errors import MOBILE_NOT_ON_FILE
from services.auth.store import attempts, sms_orders
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError
from services.kit.vault import Vault

_SENTENCES = {
    CodePurpose.LOGIN: "您正在登录单位网上业务大厅",
    CodePurpose.MOBILE_CHANGE: "您的单位正在变更经办人手机号",
}


@dataclass(frozen=True, slots=True)
class OrderedCode:
    """What is kept of a code: its digest, and the keyed index of the number it goes to."""

    digest: bytes
    number_index: bytes


def order_code(
    call: Call, mobile_sealed: bytes, *, purpose: CodePurpose, bound_to: str
) -> OrderedCode:
    """Order a new code to a mobile on file; raises a DomainError over the caps.

    The message leaves after the commit: what is rolled back is never sent. The employer's row is
    locked by the caller, so two codes cannot both be the first within the interval.
    """
    if not mobile_sealed:
        raise DomainError(MOBILE_NOT_ON_FILE)
    mobile = call.vault.open_text(mobile_sealed)
    number_index, day = call.vault.index("mobile", mobile), business_date(call.now)
    history = sms_orders.history_of(
        call.connection,
        purpose=purpose,
        number_index=number_index,
        address=call.principal.address,
        day=day,
    )
    check_may_send(history, now=call.now, policy=call.settings.sms_policy)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    life = call.settings.login_policy.code_life
    text = (
        f"【{call.settings.sms_signature}】{_SENTENCES[purpose]}，验证码{code}，"
        f"{int(life.total_seconds() // 60)}分钟内有效。请勿告诉他人。"
    )
    sms_orders.add_order(
        call.connection,
        purpose=purpose,
        number_index=number_index,
        address=call.principal.address,
        day=day,
        now=call.now,
        message_sealed=call.vault.seal_text(json.dumps({"mobile": mobile, "text": text})),
        expires_at=call.now + life,
    )
    return OrderedCode(
        code_digest(call.vault, code, purpose=purpose, bound_to=bound_to), number_index
    )


def send_login_code(
    call: Call, attempt: LoginAttempt, *, binding: Binding, employer: EmployerFile
) -> LoginAttempt:
    """The code of a login; raises as `order_code` does."""
    ordered = order_code(
        call,
        mobile_of(binding, employer),
        purpose=CodePurpose.LOGIN,
        bound_to=attempt.attempt_id,
    )
    coded = attempt.with_code(
        ordered.digest,
        binding_id=binding.binding_id,
        now=call.now,
        policy=call.settings.login_policy,
    )
    attempts.save_attempt(call.connection, coded)
    return coded


def mobile_of(binding: Binding, employer: EmployerFile) -> bytes:
    """Where the code of a login goes, sealed: the holder's own number, else the agent's on file."""
    return binding.holder_mobile_sealed or employer.agent_mobile_sealed


def code_digest(vault: Vault, code: str, *, purpose: CodePurpose, bound_to: str) -> bytes:
    """Keyed, and bound to the attempt or change: a code of another one never fits."""
    return vault.index(f"sms_code:{purpose}", f"{bound_to}:{code}")


def code_matches(
    vault: Vault, typed: str, *, digest: bytes, purpose: CodePurpose, bound_to: str
) -> bool:
    """Compared in constant time; a text that is no code still costs a digest."""
    found = code_digest(vault, typed[: CODE_DIGITS + 1], purpose=purpose, bound_to=bound_to)
    return hmac.compare_digest(found, digest) and is_code(typed)
