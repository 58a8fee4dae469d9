"""The containers that compose.yaml and kubernetes/ describe: their variables and the secrets mounted into them.

Variables whose values are made at installation (`deploy.secrets`) are counted with empty values.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from deploy.local.environment import ALL
from deploy.local.paths import ROOT
from deploy.secrets import Hosts, seal_variables, variables_of
from deploy.variables import MIGRATE, contract_of

COMPOSE = ROOT / "deploy" / "compose.yaml"
KUBERNETES = ROOT / "deploy" / "kubernetes"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PROCESSES = (*ALL, MIGRATE)

_SECRET_FOLDERS = ("/run/secrets/", "/etc/hpf/")
#: Set in the image, for Python and for the health check of whatever runs there.
_OF_THE_IMAGE = frozenset({"LANG", "PYTHONUNBUFFERED", "HPF_READY_FILE"})
_IMAGE_NAME = re.compile(r"hpf-hall-(\w+):")


@dataclass
class Container:
    """One process as it is deployed."""

    place: str
    process: str
    variables: dict[str, str]
    secrets: set[str] = field(default_factory=set)  # paths of single secret files
    folders: set[str] = field(default_factory=set)  # what is mounted whole

    def breaches(self) -> Iterator[str]:
        """Every variable or secret too few or too many, as `place process: what is wrong`."""
        for breach in self._breaches():
            yield f"{self.place}: {self.process} {breach}"

    def _breaches(self) -> Iterator[str]:
        yield from contract_of(self.process).breaches(self.variables.keys() - _OF_THE_IMAGE)
        for name, content in sorted(self.variables.items()):
            if content.startswith(_SECRET_FOLDERS) and not self._has(content):
                yield f"is told {name}={content}, where nothing is mounted"
        for secret in sorted(self.secrets - set(self.variables.values())):
            yield f"is given the secret {secret}, which no variable names"

    def _has(self, path: str) -> bool:
        parents = {str(parent) for parent in (PurePosixPath(path), *PurePosixPath(path).parents)}
        # A folder of folders is there when something is mounted into it.
        return bool(
            path in self.secrets
            or parents & self.folders
            or any(folder.startswith(f"{path}/") for folder in self.folders)
        )


def compose_containers() -> Iterator[Container]:
    """One for each of our processes in compose.yaml."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    for process in PROCESSES:
        service = services[process]
        image = _image_variables(_IMAGE_NAME.match(service["image"]))
        variables = image | _from_env_files(service.get("env_file", ()), process=process)
        variables |= {name: str(each) for name, each in service.get("environment", {}).items()}
        yield Container(
            place=COMPOSE.name,
            process=process,
            variables=variables,
            secrets={f"/run/secrets/{name}" for name in service.get("secrets", ())},
            folders={_target(volume) for volume in service.get("volumes", ())},
        )


def kubernetes_containers() -> Iterator[Container]:
    """One for each container of the Deployments and Jobs."""
    documents = [
        document
        for path in sorted(KUBERNETES.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]
    configured = {
        document["metadata"]["name"]: document["data"]
        for document in documents
        if document["kind"] == "ConfigMap"
    }
    for document in documents:
        if document["kind"] in ("Deployment", "Job"):
            pod = document["spec"]["template"]["spec"]
            for container in pod["containers"]:
                yield _of_pod(pod, container, configured)


def _of_pod(
    pod: Mapping[str, Any], container: Mapping[str, Any], configured: Mapping[str, dict[str, str]]
) -> Container:
    process = container["name"]
    variables = _image_variables(_IMAGE_NAME.match(container["image"]))
    for source in container.get("envFrom", ()):
        if "configMapRef" in source:
            variables |= configured[source["configMapRef"]["name"]]
        elif not source["secretRef"].get("optional"):  # what may be missing promises nothing
            variables |= _made_for(source["secretRef"]["name"].removeprefix("hpf-"))
    variables |= {each["name"]: str(each.get("value", "")) for each in container.get("env", ())}
    made = Container(KUBERNETES.name, process, variables)
    volumes = {volume["name"]: volume for volume in pod.get("volumes", ())}
    for mount in container.get("volumeMounts", ()):
        items = volumes[mount["name"]].get("secret", {}).get("items")
        if items is None:
            made.folders.add(mount["mountPath"])
        else:
            made.secrets |= {f"{mount['mountPath']}/{item['path']}" for item in items}
    return made


def _from_env_files(files: list[dict[str, Any]], *, process: str) -> dict[str, str]:
    variables: dict[str, str] = {}
    for file in files:
        name = file["path"].removeprefix("secrets/").removesuffix(".env")
        if name not in (process, "seal"):
            # Nobody else's passwords: they would be found as variables that are not read.
            raise ValueError(f"{process} is given {file['path']}")
        variables |= _made_for(name)
    return variables


def _made_for(name: str) -> dict[str, str]:
    """What `deploy.secrets` writes into NAME.env."""
    if name == "seal":
        return seal_variables()
    return dict.fromkeys(variables_of(name, defaultdict(str), Hosts()), "")


def _image_variables(image: re.Match[str] | None) -> dict[str, str]:
    """What the Dockerfile sets in the image of this name, and in the one it is made from."""
    stages: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in DOCKERFILE.read_text(encoding="utf-8").splitlines():
        if stage := re.match(r"FROM (\S+) AS (\w+)", line):
            current = stages[stage[2]] = dict(stages.get(stage[1], {}))
        elif line.startswith("ENV "):
            current |= dict(each.split("=", 1) for each in line.removeprefix("ENV ").split())
    return dict(stages[image[1]]) if image else {}


def _target(volume: str) -> str:
    """`source:/target` or `source:/target:ro`; the source may be `${VARIABLE:-default}`."""
    return re.sub(r"\$\{[^}]*\}", "", volume).removesuffix(":ro").rpartition(":")[2]
