"""A bounded number of mangled workbooks: each is read or refused, in time, and nothing else happens."""

from __future__ import annotations

import io
import random
import time
import warnings
import zipfile

from services.kit.errors import DomainError
from services.kit.sheets.parse import read_cells
from tests.mangling import mangle
from tests.unit.kit.sheets.workbooks import plain

CASES = 300
GOOD = plain([["姓名", "证件号码", "缴存基数"], ["张三", "130702199003071236", 16317.25]])


def is_read(content: bytes) -> bool:
    """Whether it is; anything but a refusal of ours is raised on."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # as the parser process does: openpyxl's quote what people typed
        try:
            return bool(read_cells(content, sheet_title="", row_limit=100))
        except DomainError:
            return False


def with_mangled_part(content: bytes, rng: random.Random) -> bytes:
    """The same workbook, whole as an archive, with damage inside one of its parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(target, "w") as bad:
        names = good.namelist()
        chosen = rng.choice(names)
        for name in names:
            body = good.read(name)
            bad.writestr(name, mangle(body, rng) if name == chosen and body else body)
    return target.getvalue()


def test_a_mangled_workbook_is_read_or_refused() -> None:
    rng = random.Random(20250606)
    assert is_read(GOOD)
    started = time.monotonic()
    outcomes = {is_read(mangle(GOOD, rng)) for _ in range(CASES)}
    outcomes |= {is_read(with_mangled_part(GOOD, rng)) for _ in range(CASES)}
    assert outcomes == {True, False}
    assert time.monotonic() - started < 60
