"""Settings of query, read from QUERY_… variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class QuerySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="QUERY_", extra="ignore", frozen=True)

    export_lifetime_minutes: int = Field(
        60, ge=10, description="how long the file of an export is kept; a download takes 5 at most"
    )
