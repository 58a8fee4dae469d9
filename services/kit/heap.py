"""What a process has when it has started stays: the garbage collector need not look at it again and again."""

from __future__ import annotations

import gc

#: Objects made since the last look at the young ones. Python's own 700 looks a hundred times during one remittance.
YOUNG_MAX = 50_000


def keep_what_is_there() -> None:
    """Take everything alive now out of the collector's sight; call it once, when a process has started.

    Modules, descriptors and tables are some hundred thousand objects that live as long as the process. A full
    collection walks through all of them, in the middle of whatever call happened to allocate the last object:
    75 ms, more than a tenth of a remittance of 10,000 people. What a big business makes, rows and lines by the ten
    thousand, has no circles either and goes when the business ends: it is looked through seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])
