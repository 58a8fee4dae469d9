"""`python -m deploy.fonts`: make sure `var/fonts` is complete."""

from __future__ import annotations

import sys

from deploy.fonts.build import build
from deploy.local.commands import SetupError
from deploy.local.paths import FONTS


def main() -> int:
    try:
        made = build(FONTS)
    except SetupError as error:
        print(f"fonts: {error}", file=sys.stderr)
        return 1
    for path in made:
        print(f"{path.stat().st_size / 2**20:6.1f} MiB  {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
