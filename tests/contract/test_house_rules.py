"""House rules that no linter knows: who may catch everything."""

from __future__ import annotations

import ast
from pathlib import Path

from deploy.local.paths import ROOT

EVERYTHING = ("Exception", "BaseException")


def caught_by(handler: ast.ExceptHandler) -> list[str]:
    """The names of what is caught; a bare `except` catches BaseException."""
    if handler.type is None:
        return ["BaseException"]
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [kind.id for kind in kinds if isinstance(kind, ast.Name)]


def catches_everything(file: Path) -> bool:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(
        name in EVERYTHING
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        for name in caught_by(node)
    )


def test_everything_is_caught_in_the_places_that_are_named_and_nowhere_else() -> None:
    ours = [path for top in ("services", "client", "deploy") for path in (ROOT / top).rglob("*.py")]
    found = {str(path.relative_to(ROOT / "services")) for path in ours if catches_everything(path)}

    assert found == {"kit/calls.py", "kit/consume.py", "kit/job_worker.py", "kit/tickers.py"}
    pages = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    # The edge catches in the `__aexit__` around each call.
    assert {place for place in (*found, "edge/forward.py") if f"`{place}`" not in pages} == set()
