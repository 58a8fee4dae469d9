"""`python -m benches._receipt_memory ours|plain ROWS`: peak memory in MB of a process that sets one receipt."""

from __future__ import annotations

import sys
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from benches.receipts import load_faces, opened, ours, plain
from services.receipt.rendering.fonts import FACE_FILES, FONT_DIR_DEFAULT, REGULAR


def main() -> None:
    what, rows = sys.argv[1], int(sys.argv[2])
    document = opened(rows)
    if what == "ours":
        load_faces()
        ours(document)
    elif what == "plain":
        # It has no use for the bold face, nor for the one of rare characters.
        pdfmetrics.registerFont(TTFont(REGULAR, str(FONT_DIR_DEFAULT / FACE_FILES[REGULAR])))
        plain(document)
    # Not getrusage: that begins with what the process had before it became this program.
    (peak,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    ]
    print(int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    main()
