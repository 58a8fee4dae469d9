"""`python -m deploy.protos generate|check|release`.

`release` records today's protos as the promise that later ones are checked against; it is run
when a version is published and its file is committed with it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from deploy.local.commands import SetupError
from deploy.protos import breaking, compiling, grammar

RELEASED = Path(__file__).with_name("released.binpb")


def check() -> int:
    now = compiling.compile_set()
    found = grammar.problems(now)
    if not RELEASED.is_file():
        raise SetupError(f"{RELEASED.name} is missing: nothing says what was promised")
    released = FileDescriptorSet.FromString(RELEASED.read_bytes())
    found += breaking.breaks(released=released, now=now)
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"{len(now.file)} proto files, {len(found)} problems")
    return 1 if found else 0


def release() -> int:
    RELEASED.write_bytes(compiling.compile_set().SerializeToString(deterministic=True))
    return 0


def generate() -> int:
    compiling.generate()
    return 0


ACTIONS: dict[str, Callable[[], int]] = {"generate": generate, "check": check, "release": release}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.protos", description=__doc__)
    parser.add_argument("action", choices=ACTIONS)
    try:
        return ACTIONS[parser.parse_args(argv).action]()
    except SetupError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
