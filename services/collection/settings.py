"""Settings of collection, read from COLLECTION_… variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class CollectionSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="COLLECTION_", extra="ignore", frozen=True)

    city_digits: str = Field(
        "07", pattern=r"^\d{2}$", description="the city's two digits inside every account number"
    )
    place: str = Field("张家口市", description="单位地点: the city whose employers these are")
    saga_patience_s: int = Field(
        30, ge=1, description="a business that waits longer for deposit is asked for again"
    )
