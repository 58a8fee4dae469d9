"""`python -m benches [NAME…]`: run all benches, or the named ones."""

from __future__ import annotations

import argparse
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

import benches
from benches.harness import Result, Stage, report

_NOT_BENCHES = {"__main__", "harness"}


def names() -> list[str]:
    """Every module here that has something to measure."""
    found = [module.name for module in pkgutil.iter_modules(benches.__path__)]
    return sorted(name for name in found if name not in _NOT_BENCHES and not name.startswith("_"))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*names(), []], help="default: all")
    asked = parser.parse_args(argv).name or names()
    results: list[Result] = []
    for name in asked:
        print(f"bench {name} …", file=sys.stderr, flush=True)
        with Stage() as stage:
            results += import_module(f"benches.{name}").run(stage)
    report(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
