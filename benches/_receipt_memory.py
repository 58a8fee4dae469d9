"""`python -m benches._receipt_memory ours|plain ROWS`: peak memory in MB of a process that sets one receipt."""

from __future__ import annotations

import sys
from pathlib import Path

from benches.receipts import load_faces, opened, ours, plain


def main() -> None:
    what, rows = sys.argv[1], int(sys.argv[2])
    load_faces()
    document = opened(rows)
    if what == "ours":
        ours(document)
    elif what == "plain":
        plain(document)
    # Not getrusage: that begins with what the process had before it became this program.
    (peak,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    ]
    print(int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    main()
