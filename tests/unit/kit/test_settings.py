"""Settings: from the environment, secrets from files, a mistyped name stops the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict

from services.kit.settings import (
    BrokerSettings,
    KitSettings,
    MissingSetting,
    ServiceSettings,
    UnknownSetting,
)


class ToySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True, extra="ignore")

    password: str = Field("", description="a secret")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TOY_DATABASE_URL", "postgresql+psycopg2://toy@localhost/toy")
    return monkeypatch


def test_settings_come_from_variables_under_their_prefix(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TOY_WORKERS", "3")
    environment.setenv("WORKERS", "99")
    read = ToySettings.read()
    assert read.database_url == "postgresql+psycopg2://toy@localhost/toy"
    assert read.workers == 3
    assert read.database_pool == 20


def test_a_secret_is_read_from_the_file_that_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n", encoding="utf-8")
    environment.setenv("TOY_PASSWORD_FILE", str(secret))
    assert ToySettings.read().password == "s3cret"


def test_a_mistyped_variable_stops_the_start(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TOY_WORKER", "3")
    with pytest.raises(UnknownSetting, match="TOY_WORKER is not a setting of ToySettings"):
        ToySettings.read()


def test_what_the_command_line_reads_does_not_stop_a_service(
    environment: pytest.MonkeyPatch,
) -> None:
    for variable in ("CONFIG", "EDGE", "CA_FILE", "TOKEN", "SESSION_FILE", "STAFF", "SMS_OUTBOX"):
        environment.setenv(f"HPF_{variable}", "set")
    environment.setenv("HPF_DATA_KEYS_FILE", "/run/secrets/data-keys")

    assert KitSettings.read().data_keys_file == Path("/run/secrets/data-keys")


def test_a_file_for_a_setting_that_does_not_exist_stops_the_start(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("TOY_PASSWORT_FILE", str(tmp_path / "absent"))
    with pytest.raises(UnknownSetting):
        ToySettings.read()


@pytest.mark.parametrize("workers", ["0", "101", "ten"])
def test_a_value_outside_its_limits_stops_the_start(
    environment: pytest.MonkeyPatch, workers: str
) -> None:
    environment.setenv("TOY_WORKERS", workers)
    with pytest.raises(ValidationError):
        ToySettings.read()


def test_a_missing_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOY_DATABASE_URL", raising=False)
    with pytest.raises(ValidationError):
        ToySettings.read()


def test_settings_cannot_be_changed_later(environment: pytest.MonkeyPatch) -> None:
    read = ToySettings.read()
    with pytest.raises(ValidationError):
        read.workers = 5


def test_paths_of_the_kit_are_paths_and_not_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HPF_NAMESPACE", "HPF_BLOB_URL", "HPF_READY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HPF_DATA_KEYS_FILE", str(tmp_path / "keys.json"))
    read = KitSettings.read()
    assert read.data_keys_file == tmp_path / "keys.json"
    assert read.namespace == "hpf"


def test_the_brokers_address_may_come_from_a_file_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "amqp"
    secret.write_text("amqps://deposit:s3cret@bus.example:5671//\n", encoding="utf-8")
    monkeypatch.delenv("AMQP_URI", raising=False)
    monkeypatch.setenv("AMQP_URI_FILE", str(secret))
    monkeypatch.setenv("SOME_OTHER_FILE", str(tmp_path / "absent"))

    assert BrokerSettings.read().amqp_uri == "amqps://deposit:s3cret@bus.example:5671//"


def test_a_process_that_was_given_no_data_keys_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HPF_DATA_KEYS_FILE", raising=False)

    with pytest.raises(MissingSetting, match="HPF_DATA_KEYS_FILE"):
        _ = KitSettings.read().data_keys


def test_one_setting_is_read_without_the_others(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("TOY_WORKERS", "not read")
    assert ToySettings.read_one("database_url") == "postgresql+psycopg2://toy@localhost/toy"

    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg2://toy@db.example/toy\n", encoding="utf-8")
    environment.delenv("TOY_DATABASE_URL")
    environment.setenv("TOY_DATABASE_URL_FILE", str(secret))
    assert ToySettings.read_one("database_url") == "postgresql+psycopg2://toy@db.example/toy"


def test_one_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOY_DATABASE_URL", raising=False)
    with pytest.raises(MissingSetting, match="TOY_DATABASE_URL or TOY_DATABASE_URL_FILE"):
        ToySettings.read_one("database_url")


def test_of_two_settings_the_first_that_was_given_counts(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An owner's address where there are two roles of a store, else the service's own."""
    wanted = ("migrate_database_url", "database_url")
    assert ToySettings.read_one(*wanted) == "postgresql+psycopg2://toy@localhost/toy"

    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg2://owner@localhost/toy\n", encoding="utf-8")
    environment.setenv("TOY_MIGRATE_DATABASE_URL_FILE", str(secret))
    assert ToySettings.read_one(*wanted) == "postgresql+psycopg2://owner@localhost/toy"


@pytest.mark.parametrize("ending", ["", "_FILE"])
def test_a_service_that_is_given_its_owners_address_does_not_start(
    environment: pytest.MonkeyPatch, ending: str
) -> None:
    environment.setenv(f"TOY_MIGRATE_DATABASE_URL{ending}", "postgresql://owner@localhost/toy")
    with pytest.raises(UnknownSetting, match="TOY_MIGRATE_DATABASE_URL"):
        ToySettings.read()
