"""Settings of auth, read from AUTH_… variables; the limits of logins and sessions are among them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.auth.domain.access import HallPolicy
from services.auth.domain.policy import (
    LoginPolicy,
    MobileChangePolicy,
    SessionPolicy,
    SmsPolicy,
)
from services.auth.sms import check_sms_url
from services.kit.app import Runtime
from services.kit.settings import ServiceSettings


class AuthSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="AUTH_", extra="ignore", frozen=True)

    trust_dir: Path = Field(description="directory of the trusted CAs, one folder for each")
    fetch_dir: Path | None = Field(
        None, description="where fetched lists are kept; without it none are fetched ahead"
    )
    fetch_minutes: int = Field(
        60, ge=0, le=1440, description="how often the CAs' lists are fetched; 0: never"
    )
    session_private_key: SecretStr = Field(description="Ed25519 key (PEM) that signs sessions")
    sms_url: str = Field(description="https://… of the gateway, or outbox:///folder for local use")
    sms_token: SecretStr = Field(SecretStr(""), description="bearer token of the SMS gateway")
    sms_signature: str = Field("张家口公积金", description="stands in 【】 before each message")

    challenge_seconds: int = Field(120, ge=10, le=600, description="how long a challenge is good")
    code_seconds: int = Field(300, ge=30, le=900, description="how long an SMS code is good")
    code_tries: int = Field(5, ge=1, le=10, description="wrong codes until the login is over")
    code_sends: int = Field(5, ge=1, le=10, description="codes for one login")
    resend_seconds: int = Field(60, ge=0, le=600, description="between two codes to one number")
    number_sends_per_day: int = Field(20, ge=1, description="codes to one number in a day")
    address_sends_per_day: int = Field(200, ge=1, description="codes asked from one address a day")
    mobile_change_days: int = Field(3, ge=1, le=30, description="a new mobile waits for its code")
    renewal_days: int = Field(90, ge=0, le=366, description="how early a renewed key takes over")

    access_seconds: int = Field(600, ge=60, le=3600, description="life of an access token")
    idle_minutes: int = Field(30, ge=5, le=720, description="a session unused so long is over")
    session_hours: int = Field(12, ge=1, le=24, description="no session lasts longer")
    one_session_per_certificate: bool = Field(True, description="a new login ends the old session")

    approval_required: bool = Field(
        False, description="submissions wait for approval, where nothing is set for the employer"
    )
    signature_required: bool = Field(
        False, description="submissions need a signature, where nothing is set for the employer"
    )

    @field_validator("sms_url")
    @classmethod
    def _can_be_sent_to(cls, url: str) -> str:
        check_sms_url(url)
        return url

    @property
    def login_policy(self) -> LoginPolicy:
        return LoginPolicy(
            challenge_life=timedelta(seconds=self.challenge_seconds),
            code_life=timedelta(seconds=self.code_seconds),
            code_tries=self.code_tries,
            code_sends=self.code_sends,
            renewal_window=timedelta(days=self.renewal_days),
        )

    @property
    def mobile_change_policy(self) -> MobileChangePolicy:
        return MobileChangePolicy(
            life=timedelta(days=self.mobile_change_days),
            code_life=timedelta(seconds=self.code_seconds),
            code_tries=self.code_tries,
            code_sends=self.code_sends,
        )

    @property
    def sms_policy(self) -> SmsPolicy:
        return SmsPolicy(
            resend_interval=timedelta(seconds=self.resend_seconds),
            number_per_day=self.number_sends_per_day,
            address_per_day=self.address_sends_per_day,
        )

    @property
    def hall_policy(self) -> HallPolicy:
        return HallPolicy(approval=self.approval_required, signature=self.signature_required)

    @property
    def session_policy(self) -> SessionPolicy:
        return SessionPolicy(
            access_life=timedelta(seconds=self.access_seconds),
            idle=timedelta(minutes=self.idle_minutes),
            life=timedelta(hours=self.session_hours),
            one_per_certificate=self.one_session_per_certificate,
        )


def auth_settings(runtime: Runtime) -> AuthSettings:
    """The settings of a running auth; TypeError for another service's."""
    if not isinstance(runtime.settings, AuthSettings):
        raise TypeError("the runtime is not auth's")
    return runtime.settings
