"""Settings come from the environment only; a secret may come from the file that `…_FILE` names.

Every process reads `KitSettings`; a service adds its own class with its own prefix. An unknown variable under a
service's prefix stops the start: a mistyped setting must not be silently ignored.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kit.lines import checked_broker, checked_store
from services.kit.senders import ONE_EACH, Senders


class UnknownSetting(ValueError):
    """A variable carries a service's prefix and no setting of that name exists."""


class MissingSetting(ValueError):
    """A setting without which nothing can be done was not given."""


class EnvironmentSettings(BaseSettings):
    """Base of every settings class: one prefix, frozen, unknown variables refused."""

    # An address has its password in it: what is refused is not repeated.
    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    #: variables under the prefix that are read by somebody else
    not_ours: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def read(cls) -> Self:
        """Read and check; raises UnknownSetting or pydantic's ValidationError with every problem named."""
        prefix = cls.model_config.get("env_prefix", "")
        names = cls.variables()
        values: dict[str, Any] = {}
        for variable, content in os.environ.items():
            if not variable.startswith(prefix):
                continue
            if variable in names or variable in cls.not_ours:
                continue
            target = variable.removesuffix("_FILE")
            if target == variable or target not in names:
                if not prefix:
                    continue  # without a prefix, other people's variables cannot be told apart
                raise UnknownSetting(f"{variable} is not a setting of {cls.__name__}")
            name = target.removeprefix(prefix).lower()
            values[name] = _content_of(content)
        return cls(**values)

    @classmethod
    def read_one(cls, name: str, *others: str) -> str:
        """One setting as it was given, for what must not be trusted with the others; when it was not, the first of
        `others` that was. Raises MissingSetting."""
        for each in (name, *others):
            variable = (cls.model_config.get("env_prefix", "") + each).upper()
            if variable in os.environ:
                return os.environ[variable]
            if file := os.environ.get(f"{variable}_FILE"):
                return _content_of(file)
        raise MissingSetting(f"{variable} or {variable}_FILE must be set")

    @classmethod
    def variables(cls) -> frozenset[str]:
        """The names of its variables; each may also be given by a file, as `…_FILE`."""
        prefix = cls.model_config.get("env_prefix", "")
        return frozenset((prefix + name).upper() for name in cls.model_fields)


class KitSettings(EnvironmentSettings):
    """What every process needs, whatever its service."""

    model_config = SettingsConfigDict(env_prefix="HPF_", extra="ignore", frozen=True)

    namespace: str = Field("hpf", description="prefix of every exchange and queue on the broker")
    bus_users: str = Field(
        ONE_EACH,
        min_length=1,
        description="broker user of each part, {part} standing for its name; without {part} all share that one",
    )
    data_keys_file: Path | None = Field(
        None, description="JSON file with the data keys and the index key; the edge needs none"
    )
    data_keys_pin: SecretStr = Field(
        SecretStr(""), description="PIN of the token that wraps the data keys, if one does"
    )
    blob_url: str = Field(
        "file:///var/lib/hpf/blobs", description="where files are kept (fsspec URL)"
    )
    log_level: str = Field("INFO", description="level of the log on standard error")
    ready_file: Path | None = Field(
        None, description="file that gets a line when a process is ready"
    )
    centre_name: str = Field(
        "张家口市住房公积金", description="stands before the title of every document"
    )
    pkcs11_module: str = Field("", description="path of the PKCS#11 library for keys on tokens")
    waiting_days: int = Field(
        7, ge=1, le=90, description="a submission that nobody approves is void after so many days"
    )
    answers_kept_days: int = Field(
        30,
        ge=7,
        le=3650,
        description="how long a repeated request gets its first answer; longer than any client repeats",
    )
    plain_hosts: str = Field(
        "",
        description="hosts on this machine, with commas, that broker and stores may be spoken to without TLS",
    )
    metrics_port: int = Field(0, description="port for Prometheus; 0 for none")

    @property
    def senders(self) -> Senders:
        """Who is believed to be whom on the bus."""
        return Senders(self.bus_users)

    @property
    def data_keys(self) -> Path:
        """The file of the data keys; raises MissingSetting in a process that was given none."""
        if self.data_keys_file is None:
            raise MissingSetting(
                "HPF_DATA_KEYS_FILE must be set: personal data rests under its keys"
            )
        return self.data_keys_file

    #: the local runner's own, and the command line's: both may run from the same environment
    not_ours: ClassVar[frozenset[str]] = frozenset(
        {
            "HPF_POSTGRES_URL",
            "HPF_VAR_DIR",
            "HPF_CONFIG",
            "HPF_EDGE",
            "HPF_CA_FILE",
            "HPF_TOKEN",
            "HPF_PIN_FILE",
            "HPF_SESSION_FILE",
            "HPF_STAFF",
            "HPF_SMS_OUTBOX",
        }
    )


class BrokerSettings(EnvironmentSettings):
    """Where the message bus is."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", frozen=True)

    amqp_uri: str = Field("amqp://guest:guest@127.0.0.1:5672//", description="RabbitMQ")

    _of_the_bus = field_validator("amqp_uri")(checked_broker)


class ServiceSettings(EnvironmentSettings):
    """Base of a service's own settings: its store. Subclasses set `env_prefix` and add fields."""

    database_url: str = Field(description="PostgreSQL of this service, postgresql+psycopg2://…")
    database_pool: int = Field(
        20, ge=1, le=200, description="connections kept open, in each of two pools"
    )
    workers: int = Field(10, ge=1, le=100, description="calls handled at once by one process")

    _of_the_store = field_validator("database_url")(checked_store)


def _content_of(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip()
