"""The environment contract: which variables each process of an instance is given.

A process sees the settings of its own service and no other, so that a password lives only where
it is used. Production sets the same variables from its own secrets.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deploy.local import keys, programs
from deploy.local.commands import SetupError
from deploy.local.paths import FONTS

if TYPE_CHECKING:
    from deploy.local.instance import Instance

SERVICES = ("auth", "collection", "deposit", "query", "receipt")
ALL = (*SERVICES, "workers", "edge")
"""Started in this order: the edge last, because it forwards to all others."""

OWNERS = {
    **{service: (service,) for service in SERVICES},
    "edge": ("edge",),
    "workers": ("query", "receipt"),
    "migrate": SERVICES,
}
"""Whose settings a process reads; `migrate` prepares all databases and reads their addresses only."""

SIGNING = "workers"
"""The only process that is given the seal: one process a token."""

INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")


def environment_of(instance: Instance, process: str) -> dict[str, str]:
    """All variables of `process`; raises KeyError for a name that is no process."""
    owners = OWNERS[process]
    if process == "migrate":
        return _process_basics() | _stores(instance, owners)
    env = _process_basics() | _shared(instance)
    # The workers speak to the bus as the service whose jobs they do first.
    env["AMQP_URI"] = instance.bus_uri(owners[0])
    env["HPF_READY_FILE"] = str(instance.root / "run" / f"{process}.ready")
    env["HPF_METRICS_PORT"] = str(instance.metrics_port(process))
    for owner in owners:
        env |= _owned(instance, owner)
    if process == SIGNING:
        env |= keys.seal_settings(instance.pki, secrets=instance.secrets)
    env |= {
        name: setting for name, setting in instance.settings.items() if _is_for(name, owners=owners)
    }
    return env


def _process_basics() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


def _stores(instance: Instance, services: tuple[str, ...]) -> dict[str, str]:
    """Each store as its owner, and as whom the service runs."""
    owners = {migrate_url_name(each): instance.owner_url(each) for each in services}
    return owners | {url_name(each): instance.database_url(each) for each in services}


def url_name(service: str) -> str:
    """The variable with the address of a service's store."""
    return f"{service.upper()}_DATABASE_URL"


def migrate_url_name(service: str) -> str:
    """The variable with the address at which a store is migrated, by its owner."""
    return f"{service.upper()}_MIGRATE_DATABASE_URL"


def _shared(instance: Instance) -> dict[str, str]:
    shared = {
        "HPF_BUS_USERS": instance.bus_users,
        "HPF_NAMESPACE": instance.namespace,
        "HPF_BLOB_URL": instance.blobs.as_uri(),
        "HPF_LOG_LEVEL": os.environ.get("HPF_LOG_LEVEL", "INFO"),
    }
    try:
        return shared | programs.token_environment()
    except SetupError:
        # Without a soft token everything runs but the seal; whoever needs it says so itself.
        return shared


def _owned(instance: Instance, owner: str) -> dict[str, str]:
    secrets = instance.secrets
    if owner == "edge":
        return {
            "EDGE_LISTEN": instance.edge_target,
            "EDGE_TLS_CERT_FILE": str(secrets / "edge.pem"),
            "EDGE_TLS_KEY_FILE": str(secrets / "edge.key"),
            "EDGE_SESSION_PUBLIC_KEY_FILE": str(secrets / "session-public.pem"),
        }
    owned = {
        url_name(owner): instance.database_url(owner),
        "HPF_DATA_KEYS_FILE": str(instance.data_keys_file),
    }
    if owner == "auth":
        owned |= {
            "AUTH_SESSION_PRIVATE_KEY_FILE": str(secrets / "session-private.pem"),
            "AUTH_SMS_URL": f"outbox://{instance.sms_outbox}",
            "AUTH_TRUST_DIR": str(instance.trust_dir),
            "AUTH_FETCH_DIR": str(instance.root / "fetched"),
        }
    if owner == "receipt":
        owned["RECEIPT_FONT_DIR"] = str(FONTS)
    return owned


def _is_for(name: str, *, owners: tuple[str, ...]) -> bool:
    """A setting with the prefix of a service or the edge goes there; any other goes to all."""
    prefix = name.partition("_")[0].lower()
    return prefix in owners or prefix not in (*SERVICES, "edge")
