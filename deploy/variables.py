"""Which environment variables each process needs and which it may have, from its own settings classes.

What compose and Kubernetes give is held against this by `deploy.manifests`: a variable that is missing stops a process
at its start, one that nobody reads is a setting that someone believes in, and a secret too many is a right too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from deploy.local.environment import OWNERS, SIGNING, migrate_url_name, url_name
from services.edge.settings import EdgeSettings
from services.kit.lines import PLAIN_HOSTS
from services.kit.registry import app_of
from services.kit.settings import BrokerSettings, EnvironmentSettings, KitSettings

MIGRATE = "migrate"

#: Read by libraries of the process that signs, not by settings of ours.
OF_THE_TOKEN = frozenset({"SOFTHSM2_CONF"})

#: Read by libpq and OpenSSL: whom to believe that a store or the broker is who it says.
_OF_TLS = frozenset({"PGSSLMODE", "PGSSLROOTCERT", "SSL_CERT_FILE"})

#: Optional in their class, because a test or a bare machine does without; never in an installation.
_NEEDED_WHEN_INSTALLED = frozenset(
    {"AMQP_URI", "HPF_BLOB_URL", "EDGE_LISTEN", "EDGE_TLS_CERT_FILE", "EDGE_TLS_KEY_FILE"}
)
_DATA_KEYS = "HPF_DATA_KEYS_FILE"
_DATA_KEYS_PIN = "HPF_DATA_KEYS_PIN"


@dataclass(frozen=True)
class Contract:
    """The variables of one process; `…_FILE` stands for the variable whose content it names."""

    needed: frozenset[str]
    known: frozenset[str]

    def breaches(self, given: Set[str]) -> Iterator[str]:
        """What is wrong with giving these variables."""
        plain = {self._stem(name) for name in given}
        for name in sorted(self.needed - plain):
            yield f"lacks {name}"
        for name in sorted(given):
            if self._stem(name) not in self.known:
                yield f"is given {name}, which it does not read"

    def _stem(self, name: str) -> str:
        """The setting that a variable gives: some are files themselves, others come by file."""
        return name if name in self.known else name.removesuffix("_FILE")


def contract_of(process: str) -> Contract:
    """Raises KeyError for a name that is no process."""
    owners = OWNERS[process]
    if process == MIGRATE:
        # It reads the addresses of each store and nothing else, so it gets no key and no broker.
        stores = frozenset(name(owner) for owner in owners for name in (url_name, migrate_url_name))
        return Contract(needed=stores, known=stores | _OF_TLS | {PLAIN_HOSTS})
    classes: list[type[EnvironmentSettings]] = [KitSettings, BrokerSettings]
    classes += [EdgeSettings if owner == "edge" else app_of(owner).settings for owner in owners]
    known = _OF_TLS.union(*(each.variables() for each in classes))
    needed = frozenset[str]().union(*(_required(each) for each in classes))
    needed |= _NEEDED_WHEN_INSTALLED & known
    if process == "edge":
        known -= {_DATA_KEYS, _DATA_KEYS_PIN}
    else:
        needed |= {_DATA_KEYS}
    if process == SIGNING:
        known |= OF_THE_TOKEN
    return Contract(needed=needed, known=known)


def breaches(process: str, given: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the environment of one process."""
    yield from contract_of(process).breaches(given.keys())


def _required(settings: type[EnvironmentSettings]) -> frozenset[str]:
    prefix = settings.model_config.get("env_prefix", "")
    return frozenset(
        (prefix + name).upper()
        for name, field in settings.model_fields.items()
        if field.is_required()
    )
