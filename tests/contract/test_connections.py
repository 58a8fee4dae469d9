"""The one PostgreSQL of the compose file takes every connection that the hall's processes may open (docs/adr/0023)."""

from __future__ import annotations

import re

from deploy.local.paths import ROOT
from services.kit.db import connections_max
from services.kit.registry import SERVICES, WORKERS
from services.kit.settings import ServiceSettings

#: PostgreSQL keeps these for its superuser.
RESERVED = 3
#: What listens outside the pools: a service's relay, a worker's bell.
LISTENING = 1


def test_one_server_takes_the_connections_of_the_whole_hall() -> None:
    pool = ServiceSettings.model_fields["database_pool"].default
    processes = len(SERVICES) + len(WORKERS)

    assert processes * (connections_max(pool) + LISTENING) <= max_connections() - RESERVED


def max_connections() -> int:
    """As the compose file starts PostgreSQL."""
    compose = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    (found,) = re.findall(r"max_connections=(\d+)", compose)
    return int(found)
