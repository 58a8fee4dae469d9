"""Makes the secrets of a trial installation: `python -m deploy.secrets FOLDER`.

Writes what deploy/compose.yaml and deploy/kubernetes read: one environment file per process, the
key files, the broker's users with their passwords and the databases' roles. Run again, it keeps
what is there. A real installation takes the same names from its own vault and its own CA.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.local import keys
from deploy.local.daemons import write_secret
from deploy.local.environment import ALL, OWNERS, SERVICES
from deploy.local.paths import ROOT

BROKER_USERS = (*SERVICES, "edge", "staff")
DATABASE_HOST = "postgres:5432"
BROKER_HOST = "rabbitmq:5672"
SALT_BYTES = 4
"""What RabbitMQ's own password hash is made with."""


def make(folder: Path) -> None:
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
        write_secret(folder / f"{process}.env", _environment(process, passwords))
    write_secret(folder / "postgres.env", f"POSTGRES_PASSWORD={passwords['postgres']}\n")
    write_secret(folder / "databases.sql", _roles(passwords))
    write_secret(folder / "definitions.json", _definitions(passwords))
    for mounted in (*folder.glob("*.json"), *folder.glob("*.pem"), *folder.glob("*.sql")):
        # Read inside containers by users of their own; on this host the folder keeps others out.
        mounted.chmod(0o644)
    (folder / "edge.key").chmod(0o644)
    (folder / "passwords.json").chmod(0o600)


def password_hash(password: str, salt: bytes) -> str:
    """RabbitMQ's form: base64(salt + SHA-256(salt + password))."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _passwords(path: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    wanted = [f"database {each}" for each in SERVICES] + [f"bus {each}" for each in BROKER_USERS]
    for name in ("postgres", *wanted):
        known.setdefault(name, secrets.token_urlsafe(24))
    write_secret(path, json.dumps(known, indent=2))
    return known


def _environment(process: str, passwords: Mapping[str, str]) -> str:
    owners = OWNERS[process]
    # The workers speak to the bus as the service whose jobs they do first.
    user = owners[0]
    lines = [f"AMQP_URI=amqp://{user}:{passwords[f'bus {user}']}@{BROKER_HOST}//"]
    for owner in owners:
        if owner in SERVICES:
            password = passwords[f"database {owner}"]
            place = f"{owner}:{password}@{DATABASE_HOST}/{owner}"
            lines.append(f"{owner.upper()}_DATABASE_URL=postgresql+psycopg2://{place}")
    return "\n".join(lines) + "\n"


def _roles(passwords: Mapping[str, str]) -> str:
    lines = []
    for service in SERVICES:
        lines += [
            f"CREATE ROLE {service} LOGIN PASSWORD '{passwords[f'database {service}']}';",
            f"CREATE DATABASE {service} OWNER {service};",
            f"REVOKE ALL ON DATABASE {service} FROM PUBLIC;",
        ]
    return "\n".join(lines) + "\n"


def _definitions(passwords: Mapping[str, str]) -> str:
    definitions: dict[str, Any] = json.loads(
        (ROOT / "deploy" / "rabbitmq" / "definitions.json").read_text()
    )
    for user in definitions["users"]:
        password = passwords[f"bus {user['name']}"]
        user["password_hash"] = password_hash(password, secrets.token_bytes(SALT_BYTES))
    return json.dumps(definitions, indent=2)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.secrets", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "deploy" / "secrets")
    folder = parser.parse_args(argv).folder
    make(folder)
    print(f"secrets in {folder}; keep data-keys.json: without it the stored data is unreadable")
    return 0


if __name__ == "__main__":
    sys.exit(main())
