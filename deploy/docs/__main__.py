"""Writes the pages that are made from the code: `python -m deploy.docs`

Whoever adds a reason or an event runs this and commits the pages with it; a test compares the two.
"""

from __future__ import annotations

import sys

from deploy.docs import errors, events


def main() -> int:
    errors.PAGE.write_text(errors.page(), encoding="utf-8")
    events.PAGE.write_text(events.page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
