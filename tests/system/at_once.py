"""Several works at the same moment, on real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.system.city import Refused

WON = "won"


def at_once(*works: Callable[[], object]) -> list[str]:
    """Run all at the same moment; each ends as WON or with the reason it was refused for."""
    gate = threading.Barrier(len(works))
    ends = [""] * len(works)

    def run(index: int, work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
            ends[index] = WON
        except Refused as refused:
            ends[index] = refused.reason

    threads = [threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)
