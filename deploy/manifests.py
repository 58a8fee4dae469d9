"""Checks the deployment files against their schemas, each other and the settings of the processes: `make lint`.

Compose and Kubernetes schemas come inside their checkers; nothing is asked over the network.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from deploy.containers import (
    COMPOSE,
    DOCKERFILE,
    KUBERNETES,
    compose_containers,
    kubernetes_containers,
)
from deploy.local.commands import SetupError, run
from deploy.local.environment import ALL, SERVICES
from deploy.local.paths import ROOT

DEFINITIONS = ROOT / "deploy" / "rabbitmq" / "definitions.json"
OLDEST_KUBERNETES = "1.28"
"""The oldest version whose clusters these files are kept for."""


def problems() -> Iterator[str]:
    """Every breach, as `file: what is wrong`; nothing when all is well."""
    yield from _compose()
    yield from _kubernetes()
    yield from _definitions()
    for container in (*compose_containers(), *kubernetes_containers()):
        yield from container.breaches()


def _compose() -> Iterator[str]:
    checker = Path(sys.executable).with_name("check-jsonschema")
    try:
        run([checker, "--builtin-schema", "vendor.compose-spec", COMPOSE])
    except SetupError as error:
        yield f"{COMPOSE.name}: {error}"
        return
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for process in ALL:
        if process not in services:
            yield f"{COMPOSE.name}: no service {process}"
    targets = set(re.findall(r"^FROM .* AS (\w+)$", DOCKERFILE.read_text(), re.MULTILINE))
    for name, service in services.items():
        target = service.get("build", {}).get("target")
        if target is not None and target not in targets:
            yield f"{COMPOSE.name}: {name} is built from {target}, which the Dockerfile lacks"


def _kubernetes() -> Iterator[str]:
    deployed: set[str] = set()
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    present = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    for name in sorted(present ^ set(listed)):
        yield f"kustomization.yaml: {name} is in the folder or in the list, not in both"
    for name in sorted(present):
        for document in yaml.safe_load_all((KUBERNETES / name).read_text()):
            yield from (f"{name}: {wrong}" for wrong in _resource(document))
            if document["kind"] == "Deployment":
                deployed.add(document["metadata"]["name"])
    for process in sorted(deployed ^ set(ALL)):
        yield f"{KUBERNETES.name}: {process} is a process or a Deployment, not both"


def _resource(document: dict[str, Any]) -> Iterator[str]:
    try:
        kubernetes_validate.validate(document, OLDEST_KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{document['kind']} {document['metadata']['name']}: {error.message}"


def _definitions() -> Iterator[str]:
    definitions = json.loads(DEFINITIONS.read_text())
    users = {user["name"] for user in definitions["users"]}
    for process in (*SERVICES, "edge"):
        if process not in users:
            yield f"{DEFINITIONS.name}: no user {process}"
    for user in definitions["users"]:
        if user["password_hash"] or user["tags"]:
            yield f"{DEFINITIONS.name}: {user['name']} has a password or a tag in the repository"
    for right in (*definitions["permissions"], *definitions["topic_permissions"]):
        if right["user"] not in users:
            yield f"{DEFINITIONS.name}: rights of {right['user']}, who is no user"


def main() -> int:
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"deployment files: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
