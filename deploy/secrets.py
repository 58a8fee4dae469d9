"""Makes the secrets of a trial installation: `python -m deploy.secrets FOLDER`.

Writes what deploy/compose.yaml and deploy/kubernetes read: one environment file per process, the
key files, the broker's users with their passwords and the databases' roles. Run again, it keeps
what is there. A real installation takes the same names from its own vault and its own CA.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import broker_definitions
from deploy.demo_ca import softhsm_conf
from deploy.local import keys
from deploy.local.daemons import write_secret
from deploy.local.databases import owner_of
from deploy.local.environment import ALL, OWNERS, SERVICES, migrate_url_name, url_name
from deploy.local.paths import ROOT

COMPOSE_DATABASE = "postgres:5432"
COMPOSE_BROKER = "rabbitmq:5672"
"""Neighbours on one host, spoken to without TLS (HPF_PLAIN_HOSTS in deploy/compose.yaml); others need it."""
SEAL_MOUNT = "/etc/hpf/seal"
"""Where compose puts `seal/` into the container of the process that signs."""


@dataclass(frozen=True)
class Hosts:
    """Where broker and databases are, as `host:port`."""

    broker: str = COMPOSE_BROKER
    database: str = COMPOSE_DATABASE

    def broker_uri(self, user: str, password: str) -> str:
        scheme = "amqp" if self.broker == COMPOSE_BROKER else "amqps"
        return f"{scheme}://{user}:{password}@{self.broker}//"

    def store_url(self, service: str, *, login: str) -> str:
        """`login` is a role, with `:password` when the address is to open something."""
        tls = "" if self.database == COMPOSE_DATABASE else "?sslmode=verify-full"
        return f"postgresql+psycopg2://{login}@{self.database}/{service}{tls}"


def make(folder: Path, hosts: Hosts) -> None:
    """Write every secret into `folder`, keeping passwords and keys that exist."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = _passwords(folder / "passwords.json")
    keys.make_data_keys(folder / "data-keys.json")
    keys.make_session_keys(folder / "session-private.pem", folder / "session-public.pem")
    keys.make_edge_certificate(
        ca=folder / "ca.pem",
        certificate=folder / "edge.pem",
        key=folder / "edge.key",
        now=keys.utc_now(),
    )
    for process in (*ALL, "migrate"):
        write_secret(folder / f"{process}.env", _lines(variables_of(process, passwords, hosts)))
    write_secret(folder / "seal.env", _lines(_make_seal(folder)))
    write_secret(folder / "postgres.env", f"POSTGRES_PASSWORD={passwords['postgres']}\n")
    write_secret(folder / "databases.sql", _roles(passwords))
    write_secret(folder / "definitions.json", _definitions(passwords))
    for mounted in (*folder.glob("*.json"), *folder.glob("*.pem"), *folder.glob("*.sql")):
        # Read inside containers by users of their own; on this host the folder keeps others out.
        mounted.chmod(0o644)
    (folder / "edge.key").chmod(0o644)
    (folder / "passwords.json").chmod(0o600)


def _passwords(path: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    wanted = [f"{whose} {each}" for whose in ("database", "owner") for each in SERVICES]
    wanted += [f"bus {each}" for each in broker_definitions.parts()]
    for name in ("postgres", *wanted):
        known.setdefault(name, secrets.token_urlsafe(24))
    write_secret(path, json.dumps(known, indent=2))
    return known


def variables_of(process: str, passwords: Mapping[str, str], hosts: Hosts) -> dict[str, str]:
    """What only this process may know: its passwords, inside the addresses that they open."""
    owners = OWNERS[process]
    if process == "migrate":
        return _migrating(passwords, hosts)
    # The workers speak to the bus as the service whose jobs they do first.
    user = owners[0]
    variables = {"AMQP_URI": hosts.broker_uri(user, passwords[f"bus {user}"])}
    for owner in owners:
        if owner in SERVICES:
            login = f"{owner}:{passwords[f'database {owner}']}"
            variables[url_name(owner)] = hosts.store_url(owner, login=login)
    return variables


def _migrating(passwords: Mapping[str, str], hosts: Hosts) -> dict[str, str]:
    """Each store's address as its owner; and as whom the service runs, which needs no password to be named."""
    variables = {}
    for service in SERVICES:
        login = f"{owner_of(service)}:{passwords[f'owner {service}']}"
        variables[migrate_url_name(service)] = hosts.store_url(service, login=login)
        variables[url_name(service)] = hosts.store_url(service, login=service)
    return variables


def seal_variables() -> dict[str, str]:
    """How the process that signs finds the trial's seal inside its container."""
    return {
        "HPF_PKCS11_MODULE": "/usr/lib/softhsm/libsofthsm2.so",
        "SOFTHSM2_CONF": f"{SEAL_MOUNT}/softhsm2.conf",
        "RECEIPT_SEAL_TOKEN": keys.SEAL_LABEL,
        "RECEIPT_SEAL_PIN_FILE": f"{SEAL_MOUNT}/{keys.SEAL_PIN_FILE}",
        "RECEIPT_SEAL_CHAIN_FILE": f"{SEAL_MOUNT}/{keys.SEAL_CHAIN_FILE}",
    }


def _make_seal(folder: Path) -> dict[str, str]:
    """A soft token with a key from a CA made for it; without SoftHSM2 nothing is signed.

    No login trusts that CA: it lies beside the secrets and not in the trust directory.
    """
    seal, authority = folder / "seal", folder / "seal-ca"
    seal.mkdir(exist_ok=True)
    keys.make_seal(authority, trust_dir=authority / "trust", secrets=seal)
    tokens = authority / "tokens" / keys.SEAL_LABEL / "tokens"
    if not tokens.is_dir():
        return {}
    if not (seal / "softhsm2.conf").is_file():
        shutil.copytree(tokens, seal / "tokens", dirs_exist_ok=True)
        (seal / "softhsm2.conf").write_text(softhsm_conf(Path(SEAL_MOUNT) / "tokens"))
    for path in (seal, *seal.rglob("*")):
        # Read by the container's user; on this host the folder above keeps others out.
        path.chmod(0o755 if path.is_dir() else 0o644)
    return seal_variables()


def _lines(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}={content}\n" for name, content in variables.items())


def _roles(passwords: Mapping[str, str]) -> str:
    lines = []
    for service in SERVICES:
        owner = owner_of(service)
        lines += [
            f"CREATE ROLE {service} LOGIN PASSWORD '{passwords[f'database {service}']}';",
            f"CREATE ROLE {owner} LOGIN PASSWORD '{passwords[f'owner {service}']}';",
            f"CREATE DATABASE {service} OWNER {owner};",
            f"REVOKE ALL ON DATABASE {service} FROM PUBLIC;",
            f"GRANT CONNECT ON DATABASE {service} TO {service};",
        ]
    return "\n".join(lines) + "\n"


def _definitions(passwords: Mapping[str, str]) -> str:
    own = {part: passwords[f"bus {part}"] for part in broker_definitions.parts()}
    return json.dumps(broker_definitions.definitions_for(own), indent=2)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.secrets", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "deploy" / "secrets")
    parser.add_argument("--broker", default=COMPOSE_BROKER, metavar="HOST:PORT", help="amqps there")
    parser.add_argument(
        "--database", default=COMPOSE_DATABASE, metavar="HOST:PORT", help="verify-full there"
    )
    arguments = parser.parse_args(argv)
    folder: Path = arguments.folder
    make(folder, Hosts(arguments.broker, arguments.database))
    print(f"secrets in {folder}; keep data-keys.json: without it the stored data is unreadable")
    return 0


if __name__ == "__main__":
    sys.exit(main())
