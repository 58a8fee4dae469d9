"""`python -m benches._interest_memory URL FOLDER FUND_YEAR`: peak memory in MB of a process that settles a fund year."""

from __future__ import annotations

import sys
from pathlib import Path

from benches.deposit_interest import Books


def main() -> None:
    url, folder, fund_year = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    books = Books(url, folder)
    books.try_out(fund_year)
    books.settle(fund_year)
    books.close()
    # Not getrusage: that begins with what the process had before it became this program.
    (peak,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    ]
    print(int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    main()
