"""A new mobile of the agent waits until a code sent to the old number is confirmed (manual §5.5).

Otherwise whoever got hold of an open session could move the codes to a telephone of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.auth.domain.policy import MobileChangePolicy
from services.auth.domain.sms_code import CodeTry, judged
from services.auth.errors import (
    MOBILE_CHANGE_NOT_WAITING,
    MOBILE_CHANGE_OVER,
    MOBILE_CODE_EXPIRED,
    MOBILE_CODE_WRONG,
)
from services.kit.errors import DomainError, fact


@dataclass(frozen=True, slots=True)
class MobileChange:
    """One change as it stands. `number_index` is of the number that the code went to."""

    employer_no: str
    change_no: str
    asked_at: datetime
    code_digest: bytes = b""
    code_expires_at: datetime | None = None
    number_index: bytes = b""
    codes_sent: int = 0
    wrong_codes: int = 0

    def check_waits(self, *, now: datetime, policy: MobileChangePolicy) -> None:
        """Raises MOBILE_CHANGE_NOT_WAITING when it was asked for too long ago."""
        if now >= self.asked_at + policy.life:
            raise DomainError(MOBILE_CHANGE_NOT_WAITING)

    def check_may_send(self, policy: MobileChangePolicy) -> None:
        """Raises MOBILE_CHANGE_OVER when no more codes or tries are left."""
        if self.codes_sent >= policy.code_sends or self.wrong_codes >= policy.code_tries:
            raise DomainError(MOBILE_CHANGE_OVER)

    def with_code(
        self, digest: bytes, *, number_index: bytes, expires_at: datetime
    ) -> MobileChange:
        """A code is on its way; the one before is worth nothing any more."""
        return replace(
            self,
            code_digest=digest,
            number_index=number_index,
            code_expires_at=expires_at,
            codes_sent=self.codes_sent + 1,
        )

    def try_code(
        self, *, matches: bool, now: datetime, policy: MobileChangePolicy
    ) -> tuple[MobileChange, DomainError | None]:
        """The change after one typed code, and the refusal if it was not the right one.

        Wrong codes add up over all codes of one change, as they do for a login.
        """
        if self.wrong_codes >= policy.code_tries:
            return self, DomainError(MOBILE_CHANGE_OVER)
        if self.code_expires_at is None:
            return self, DomainError(MOBILE_CODE_EXPIRED)
        outcome = judged(
            matches=matches,
            wrong_before=self.wrong_codes,
            tries=policy.code_tries,
            expires_at=self.code_expires_at,
            now=now,
        )
        if outcome is CodeTry.RIGHT:
            return self, None
        if outcome is CodeTry.EXPIRED:
            return self, DomainError(MOBILE_CODE_EXPIRED)
        tried = replace(self, wrong_codes=self.wrong_codes + 1)
        if outcome is CodeTry.LAST_WRONG:
            return tried, DomainError(MOBILE_CHANGE_OVER)
        return tried, fact(MOBILE_CODE_WRONG, left=policy.code_tries - tried.wrong_codes)
