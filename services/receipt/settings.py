"""Settings of receipt, read from RECEIPT_… variables."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class ReceiptSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="RECEIPT_", extra="ignore", frozen=True)

    font_dir: Path = Field(Path("var/fonts"), description="folder with the hall's faces")
    verification_url: str = Field(
        "", description="page that checks a document; the code is appended; empty for no such page"
    )
    seal_name: str = Field(
        "", description="name on the seal; empty: the centre's name and 管理中心"
    )
    seal_number: str = Field("", description="registered number of the seal, on its lower arc")
    seal_token: str = Field(
        "", description="label of the token with the seal's key; empty: unsigned"
    )
    seal_pin: str = Field("", repr=False, description="PIN of that token; by file")
    seal_key_id: str = Field("01", description="id of the key on the token, hexadecimal")
    seal_chain: str = Field("", description="PEM certificates of the seal's issuers; by file")
    timestamp_url: str = Field("", description="RFC 3161 time stamp service; empty for none")
