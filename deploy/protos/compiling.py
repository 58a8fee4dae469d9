"""Runs protoc, the one that comes with grpcio-tools, over every file below `protos/`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.rpc import status_pb2

from deploy.local.commands import run
from deploy.local.paths import ROOT

PROTOS = ROOT / "protos"
GENERATED = ROOT / "gen"


def proto_files(protos: Path = PROTOS) -> list[str]:
    """Paths below `protos`, as imports name them."""
    return sorted(str(path.relative_to(protos)) for path in protos.rglob("*.proto"))


def generate(into: Path = GENERATED) -> None:
    """Write messages, stubs and type stubs; files of protos that are gone disappear too."""
    partial = into.with_name(f"{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _protoc(f"--python_out={partial}", f"--pyi_out={partial}", f"--grpc_python_out={partial}")
    into.mkdir(parents=True, exist_ok=True)
    for made in partial.iterdir():
        old = into / made.name
        away = into / f".{made.name}.old"
        shutil.rmtree(away, ignore_errors=True)
        if old.exists():
            os.replace(old, away)
        os.replace(made, old)
        shutil.rmtree(away, ignore_errors=True)
    partial.rmdir()


def compile_set(protos: Path = PROTOS) -> descriptor_pb2.FileDescriptorSet:
    """The descriptors of our own files, with options but without comments."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "set.binpb"
        _protoc(f"--descriptor_set_out={target}", protos=protos)
        return descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())


def _protoc(*outputs: str, protos: Path = PROTOS) -> None:
    # google/rpc/status.proto lies in googleapis-common-protos beside the code made from it.
    shared = Path(status_pb2.__file__).parents[2]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{protos}", f"-I{shared}"]
    run([*command, *outputs, *proto_files(protos)])
