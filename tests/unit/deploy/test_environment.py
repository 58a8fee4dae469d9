"""A process is given the settings of its own service and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from deploy.local import infra
from deploy.local.environment import ALL, environment_of
from deploy.local.instance import Instance


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """An instance of a given database server and broker; nothing is started."""
    monkeypatch.setattr("deploy.local.instance.INSTANCES", tmp_path)
    monkeypatch.setenv("HPF_POSTGRES_URL", "postgresql://root:secret@db.example:5433/postgres")
    monkeypatch.setenv("AMQP_URI", "amqp://bus.example/")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not ours to pass on")
    hall = Instance("try", settings={"AUTH_SMS_RESEND_S": "1", "HPF_LOG_LEVEL": "DEBUG"})
    hall.secrets.mkdir(parents=True)
    hall._make_identity()
    return hall


def test_a_service_sees_its_own_database_only(instance: Instance) -> None:
    env = environment_of(instance, "deposit")

    assert [name for name in env if name.endswith("_DATABASE_URL")] == ["DEPOSIT_DATABASE_URL"]
    assert env["DEPOSIT_DATABASE_URL"].startswith("postgresql+psycopg2://hpf_try_")
    assert "@db.example:5433/hpf_try_" in env["DEPOSIT_DATABASE_URL"]


def test_only_the_migration_comes_as_the_owner_of_the_tables(instance: Instance) -> None:
    migrating = environment_of(instance, "migrate")
    owner, running = (
        make_url(migrating[f"DEPOSIT_{name}"]) for name in ("MIGRATE_DATABASE_URL", "DATABASE_URL")
    )

    assert owner.username == f"{running.username}_owner"
    assert owner.database == running.database
    others = " ".join(each for name in ALL for each in environment_of(instance, name).values())
    assert running.password
    assert owner.password
    assert running.password in others
    assert owner.password not in others


def test_the_edge_sees_no_database_and_no_private_session_key(instance: Instance) -> None:
    env = environment_of(instance, "edge")

    assert not [name for name in env if "DATABASE" in name or "PRIVATE" in name]


def test_the_edge_cannot_open_personal_data(instance: Instance) -> None:
    given = {
        process for process in ALL if "HPF_DATA_KEYS_FILE" in environment_of(instance, process)
    }

    assert given == set(ALL) - {"edge"}


@pytest.mark.parametrize("process", ALL)
def test_nothing_else_of_the_shell_is_inherited(instance: Instance, process: str) -> None:
    assert "AWS_SECRET_ACCESS_KEY" not in environment_of(instance, process)


def test_a_setting_goes_to_the_process_whose_prefix_it_carries(instance: Instance) -> None:
    assert environment_of(instance, "auth")["AUTH_SMS_RESEND_S"] == "1"
    assert "AUTH_SMS_RESEND_S" not in environment_of(instance, "deposit")
    assert environment_of(instance, "deposit")["HPF_LOG_LEVEL"] == "DEBUG"


def test_a_given_server_is_never_started_or_stopped(instance: Instance) -> None:
    assert infra.ensure_rabbitmq() == "amqp://bus.example/"
    assert infra.ensure_postgres() == "postgresql://root:secret@db.example:5433/postgres"


def test_only_the_process_that_signs_is_given_the_seal(instance: Instance) -> None:
    conf = instance.pki / "tokens" / "seal" / "softhsm2.conf"
    conf.parent.mkdir(parents=True)
    conf.touch()

    given = {process for process in ALL if "RECEIPT_SEAL_PIN_FILE" in instance.env(process)}

    assert given == {"workers"}
    assert instance.env("workers")["SOFTHSM2_CONF"] == str(conf)


def test_without_a_token_nothing_is_signed(instance: Instance) -> None:
    assert "RECEIPT_SEAL_TOKEN" not in instance.env("workers")
