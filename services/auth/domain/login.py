"""One login (manual §3): challenge → signed → code → session. Each step is allowed once, in this order.

CHALLENGED ──answer──▶ CODE_SENT ──right code──▶ DONE
     └────────bad answer, expiry, too many codes────────▶ OVER
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.auth.domain.policy import LoginPolicy
from services.auth.domain.sms_code import CodeTry, judged
from services.auth.errors import (
    ATTEMPT_OVER,
    CODE_EXPIRED,
    CODE_TRIES_USED_UP,
    CODE_WRONG,
    CODES_USED_UP,
)
from services.kit.errors import DomainError, fact


class AttemptState(StrEnum):
    CHALLENGED = "challenged"
    CODE_SENT = "code_sent"
    DONE = "done"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """One attempt as it stands. `binding_id` and `code_digest` are set from CODE_SENT on."""

    attempt_id: str
    state: AttemptState
    challenge: bytes
    expires_at: datetime
    address: str = ""
    binding_id: int | None = None
    code_digest: bytes = b""
    code_expires_at: datetime | None = None
    code_sent_at: datetime | None = None
    codes_sent: int = 0
    wrong_codes: int = 0

    def check_may_answer(self, now: datetime) -> None:
        """Raises ATTEMPT_OVER unless the challenge is fresh and unanswered."""
        if self.state is not AttemptState.CHALLENGED or now >= self.expires_at:
            raise DomainError(ATTEMPT_OVER)

    def over(self) -> LoginAttempt:
        return replace(self, state=AttemptState.OVER, code_digest=b"")

    def with_code(
        self, digest: bytes, *, binding_id: int, now: datetime, policy: LoginPolicy
    ) -> LoginAttempt:
        """A code is on its way; the one before is worth nothing any more."""
        return replace(
            self,
            state=AttemptState.CODE_SENT,
            binding_id=binding_id,
            code_digest=digest,
            code_sent_at=now,
            code_expires_at=now + policy.code_life,
            codes_sent=self.codes_sent + 1,
        )

    def check_may_resend(self, policy: LoginPolicy) -> None:
        """Raises ATTEMPT_OVER or CODES_USED_UP."""
        if self.state is not AttemptState.CODE_SENT:
            raise DomainError(ATTEMPT_OVER)
        if self.codes_sent >= policy.code_sends:
            raise DomainError(CODES_USED_UP)

    def try_code(
        self, *, matches: bool, now: datetime, policy: LoginPolicy
    ) -> tuple[LoginAttempt, DomainError | None]:
        """The attempt after one typed code, and the refusal if it was not the right one.

        Wrong codes add up over all codes of one attempt: asking for another gives no new guesses.
        """
        if self.state is not AttemptState.CODE_SENT or self.code_expires_at is None:
            return self, DomainError(ATTEMPT_OVER)
        outcome = judged(
            matches=matches,
            wrong_before=self.wrong_codes,
            tries=policy.code_tries,
            expires_at=self.code_expires_at,
            now=now,
        )
        if outcome is CodeTry.EXPIRED:
            return self, DomainError(CODE_EXPIRED)
        if outcome is CodeTry.RIGHT:
            return replace(self, state=AttemptState.DONE, code_digest=b""), None
        tried = replace(self, wrong_codes=self.wrong_codes + 1)
        if outcome is CodeTry.LAST_WRONG:
            return tried.over(), DomainError(CODE_TRIES_USED_UP)
        return tried, fact(CODE_WRONG, left=policy.code_tries - tried.wrong_codes)
