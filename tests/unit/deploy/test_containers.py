"""What compose and Kubernetes give a process is what it reads: nothing missing, nothing unknown, no secret too many."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from deploy import secrets
from deploy.containers import (
    COMPOSE,
    PROCESSES,
    Container,
    compose_containers,
    kubernetes_containers,
)
from deploy.variables import contract_of

DESCRIBED = {
    **{f"compose {each.process}": each for each in compose_containers()},
    **{f"kubernetes {each.process}": each for each in kubernetes_containers()},
}
DEPOSIT = {
    "AMQP_URI": "amqp://bus/",
    "DEPOSIT_DATABASE_URL": "postgresql+psycopg2://db/deposit",
    "HPF_BLOB_URL": "file:///var/lib/hpf/blobs",
    "HPF_DATA_KEYS_FILE": "/run/secrets/data-keys",
}


def deposit(**changes: str) -> Container:
    return Container("here", "deposit", DEPOSIT | changes, secrets={"/run/secrets/data-keys"})


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_a_described_container_has_what_it_reads_and_nothing_else(name: str) -> None:
    assert list(DESCRIBED[name].breaches()) == []


def test_every_process_is_described_twice() -> None:
    assert set(DESCRIBED) == {
        f"{way} {each}" for way in ("compose", "kubernetes") for each in PROCESSES
    }


def test_a_container_that_is_right_has_no_breach() -> None:
    assert list(deposit().breaches()) == []


def test_a_missing_variable_is_named() -> None:
    container = deposit()
    del container.variables["DEPOSIT_DATABASE_URL"]

    assert list(container.breaches()) == ["here: deposit lacks DEPOSIT_DATABASE_URL"]


def test_a_variable_may_come_by_file() -> None:
    container = deposit(DEPOSIT_DATABASE_URL_FILE="/run/secrets/url")
    del container.variables["DEPOSIT_DATABASE_URL"]
    container.secrets.add("/run/secrets/url")

    assert list(container.breaches()) == []


@pytest.mark.parametrize("name", ["DEPOSIT_WORKER", "QUERY_DATABASE_URL", "SOFTHSM2_CONF"])
def test_a_variable_that_is_not_read_is_named(name: str) -> None:
    assert list(deposit(**{name: "1"}).breaches()) == [
        f"here: deposit is given {name}, which it does not read"
    ]


def test_a_file_that_is_not_mounted_is_named() -> None:
    container = deposit(HPF_DATA_KEYS_FILE="/run/secrets/keys")

    assert list(container.breaches()) == [
        "here: deposit is told HPF_DATA_KEYS_FILE=/run/secrets/keys, where nothing is mounted",
        "here: deposit is given the secret /run/secrets/data-keys, which no variable names",
    ]


def test_only_the_edge_and_the_migration_do_without_the_data_keys() -> None:
    without = {each for each in PROCESSES if "HPF_DATA_KEYS_FILE" not in contract_of(each).known}

    assert without == {"edge", "migrate"}


def test_the_migration_reads_the_addresses_of_the_stores_and_whom_to_believe_only() -> None:
    assert contract_of("migrate").needed == {
        "AUTH_DATABASE_URL",
        "AUTH_MIGRATE_DATABASE_URL",
        "COLLECTION_DATABASE_URL",
        "COLLECTION_MIGRATE_DATABASE_URL",
        "DEPOSIT_DATABASE_URL",
        "DEPOSIT_MIGRATE_DATABASE_URL",
        "QUERY_DATABASE_URL",
        "QUERY_MIGRATE_DATABASE_URL",
        "RECEIPT_DATABASE_URL",
        "RECEIPT_MIGRATE_DATABASE_URL",
    }
    assert contract_of("migrate").known - contract_of("migrate").needed == {
        "HPF_PLAIN_HOSTS",
        "PGSSLMODE",
        "PGSSLROOTCERT",
        "SSL_CERT_FILE",
    }


def test_secrets_for_other_machines_have_addresses_under_tls() -> None:
    passwords: dict[str, str] = defaultdict(str)
    hosts = secrets.Hosts(broker="bus.example:5671", database="db.example:5432")

    told = secrets.variables_of("deposit", passwords, hosts)

    assert told["AMQP_URI"] == "amqps://deposit:@bus.example:5671//"
    assert told["DEPOSIT_DATABASE_URL"].endswith("@db.example:5432/deposit?sslmode=verify-full")


def test_the_owners_passwords_are_told_to_the_migration_alone() -> None:
    passwords: dict[str, str] = defaultdict(str)
    passwords |= {"owner deposit": "pw-owner", "database deposit": "pw-running"}
    hosts = secrets.Hosts(broker="bus.example:5671", database="db.example:5432")

    told = {each: secrets.variables_of(each, passwords, hosts) for each in PROCESSES}

    place = "@db.example:5432/deposit?sslmode=verify-full"
    migrating = told["migrate"]
    assert migrating["DEPOSIT_MIGRATE_DATABASE_URL"] == (
        f"postgresql+psycopg2://deposit_owner:pw-owner{place}"
    )
    assert migrating["DEPOSIT_DATABASE_URL"] == f"postgresql+psycopg2://deposit{place}"
    others = " ".join(each for name in told.keys() - {"migrate"} for each in told[name].values())
    assert "pw-running" in others
    assert "pw-owner" not in others


def test_a_service_is_not_given_its_owners_address() -> None:
    assert list(deposit(DEPOSIT_MIGRATE_DATABASE_URL="postgresql://o@db/deposit").breaches()) == [
        "here: deposit is given DEPOSIT_MIGRATE_DATABASE_URL, which it does not read"
    ]


def test_each_process_is_told_its_own_passwords_only() -> None:
    passwords: dict[str, str] = defaultdict(str)
    passwords |= {f"database {each}": f"pw-{each}" for each in ("deposit", "query", "receipt")}

    told = " ".join(secrets.variables_of("workers", passwords, secrets.Hosts()).values())

    assert "pw-query" in told
    assert "pw-receipt" in told
    assert "pw-deposit" not in told


def test_compose_finds_every_file_that_it_mounts(tmp_path: Path) -> None:
    secrets.make(tmp_path, secrets.Hosts())

    text = COMPOSE.read_text(encoding="utf-8")
    named = set(re.findall(r"secrets/([\w.-]+\.\w+)", text)) | {"seal"}

    assert {name for name in named if not (tmp_path / name).exists()} == set()
    volumes = yaml.safe_load(text)["services"]["workers"]["volumes"]
    assert f"./secrets/seal:{secrets.SEAL_MOUNT}:ro" in volumes


def test_secrets_made_again_are_the_same(tmp_path: Path) -> None:
    secrets.make(tmp_path, secrets.Hosts())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    secrets.make(tmp_path, secrets.Hosts())

    changed = {path.name for path in before if path.read_bytes() != before[path]}
    # Password hashes are salted anew; revocation lists are issued anew.
    assert changed <= {"definitions.json", "root.crl", "issuing.crl"}
