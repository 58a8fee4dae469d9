"""Settings of deposit, read from DEPOSIT_… variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class DepositSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DEPOSIT_", extra="ignore", frozen=True)

    saga_patience_s: int = Field(
        30, ge=1, description="a business that waits longer for its next step is asked for again"
    )
    # A batch holds its employers for about a second: nobody waits longer for their own business.
    interest_accounts_per_batch: int = Field(
        20_000, ge=1, description="a batch of the annual interest ends before it has more accounts"
    )
    interest_employers_per_batch: int = Field(
        500, ge=1, description="a batch of the annual interest has at most so many employers"
    )
