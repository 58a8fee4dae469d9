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
    # Somebody else's statement agrees with nothing, or worse, with a day without payments. Empty where the bank's files
    # name no account; then whoever fetches them has to see to it.
    bank_account: str = Field(
        "",
        description="the centre's account at the bank as camt.053 names it (IBAN or other id): a statement of another "
        "is refused",
    )
    # An audit of the year before may still find a payment; what is older is a slip of the year. More of them for the
    # days in which the payments of an older hall are taken over.
    value_date_days_back: int = Field(
        366,
        ge=0,
        description="a payment of the bank is booked at most so long after its value date",
    )
    # The longest closing of the banks, 春节 or 国庆, with the weekends around it.
    value_date_days_ahead: int = Field(
        10,
        ge=0,
        description="a payment of the bank is booked at most so long before its value date",
    )
