"""Writes what is made from the code, pages and the broker's rights: `python -m deploy.docs`

Whoever adds a reason, an event, a method or a subscription runs this and commits what changed; tests compare.
"""

from __future__ import annotations

import sys

from deploy import broker_rights
from deploy.docs import errors, events


def main() -> int:
    errors.PAGE.write_text(errors.page(), encoding="utf-8")
    events.PAGE.write_text(events.page(), encoding="utf-8")
    return broker_rights.main()


if __name__ == "__main__":
    sys.exit(main())
