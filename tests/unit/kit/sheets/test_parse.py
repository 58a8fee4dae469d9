"""The parser process: what it reads, and that nothing a file does can take the service with it."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kit.errors import DomainError
from services.kit.sheets import errors
from services.kit.sheets.parse import read_cells
from services.kit.sheets.parser import RawRow, SheetParser
from tests.unit.kit.sheets.workbooks import MAIN, plain, text_row, workbook


@pytest.fixture(scope="module")
def parser() -> Iterator[SheetParser]:
    made = SheetParser()
    yield made
    made.close()


def read(content: bytes, *, row_limit: int = 2000) -> list[list[object]]:
    return read_cells(content, sheet_title="", row_limit=row_limit)


def test_text_stays_as_typed_and_other_cells_say_what_they_are() -> None:
    line = [
        "00012",
        16317.25,
        953.50000000000011,
        202001,
        datetime(2020, 1, 1),  # noqa: DTZ001  Excel's dates have no zone
        date(2020, 2, 1),
        True,
    ]
    assert read(plain([line])) == [
        [1, ["00012", ["n", "16317.25"], ["n", "953.5"], ["n", "202001"], ["d", "2020-01-01"],
             ["d", "2020-02-01"], ["o", "True"]]]
    ]  # fmt: skip


def test_third_decimal_of_an_amount_is_not_rounded_away() -> None:
    assert read(plain([[953.505]])) == [[1, [["n", "953.505"]]]]


def test_formula_is_neither_evaluated_nor_taken_from_its_cache() -> None:
    row = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'
    assert read(workbook(row)) == [[1, [["f", ""]]]]


def test_eighteen_digits_stored_as_a_number_are_never_text() -> None:
    row = '<row r="1"><c><v>440307197302160464</v></c><c><v>4.40307197302160464E+17</v></c></row>'
    ((_, cells),) = read(workbook(row))
    assert [cell[0] for cell in cells] == ["n", "n"]  # type: ignore[attr-defined]  # lists of two


def test_blank_rows_are_left_out_and_numbers_kept() -> None:
    assert read(workbook(text_row(2, "a") + text_row(3, " ") + text_row(9, "b"))) == [
        [2, ["a"]],
        [9, ["b"]],
    ]


def test_sheet_with_the_title_of_the_business_is_read(parser: SheetParser) -> None:
    book = openpyxl.Workbook()
    book.active.append(["first"])  # type: ignore[union-attr]  # a new workbook has a sheet
    book.create_sheet("个人封存").append(["second"])
    target = io.BytesIO()
    book.save(target)
    content = target.getvalue()
    assert parser.read(content, sheet_title="个人封存", row_limit=9) == [RawRow(1, ("second",))]
    assert parser.read(content, sheet_title="个人启封", row_limit=9) == [RawRow(1, ("first",))]


def test_far_more_rows_than_the_limit_are_refused() -> None:
    many = "".join(text_row(number, "x") for number in range(1, 50))
    with pytest.raises(DomainError) as caught:
        read(workbook(many), row_limit=20)
    assert caught.value.reason is errors.ROW_LIMIT_EXCEEDED


@pytest.mark.parametrize(
    "content",
    [
        workbook('<row r="1"><c><v>abc</v></c></row>'),
        workbook('<row r="1"><c><v>NaN</v></c></row>'),
        workbook('<row r="1"><c t="s"><v>99</v></c></row>'),
        workbook('<row r="1"><c r="1A"><v>1</v></c></row>'),
        workbook(parts={"xl/workbook.xml": f'<workbook xmlns="{MAIN}"/>'}),
        workbook(parts={"xl/_rels/workbook.xml.rels": "<Relationships/>"}),
        workbook(before='<dimension ref="zero"/>'),
    ],
    ids=[
        "letters",
        "NaN",
        "no such string",
        "cell name",
        "no sheets",
        "dangling sheet",
        "dimension",
    ],
)
def test_oddities_that_pass_the_guard_are_damaged_files(content: bytes) -> None:
    with pytest.raises(DomainError) as caught:
        read(content)
    assert caught.value.reason is errors.FILE_DAMAGED


def test_dimension_of_the_whole_sheet_makes_no_wide_rows() -> None:
    content = workbook(text_row(1, "a"), before='<dimension ref="A1:XFD1048576"/>')
    assert read(content) == [[1, ["a"]]]


def test_infinite_number_is_an_unreadable_cell() -> None:
    content = workbook('<row r="1"><c><v>1E+400</v></c><c><v>-1E+400</v></c></row>')
    assert read(content) == [[1, [["o", "Infinity"], ["o", "-Infinity"]]]]


def test_refusal_comes_over_the_process_with_its_facts(parser: SheetParser) -> None:
    with pytest.raises(DomainError) as caught:
        parser.read(b"no workbook", sheet_title="", row_limit=9)
    assert caught.value.reason is errors.FILE_NOT_XLSX
    with pytest.raises(DomainError) as caught:
        parser.read(workbook("<row/>" * 20_000), sheet_title="", row_limit=9)
    assert "每次最多 9 条" in caught.value.zh


def test_process_past_its_time_is_ended_and_the_next_file_read() -> None:
    parser = SheetParser(time_limit_s=0.0005)
    started = time.monotonic()
    with pytest.raises(DomainError) as caught:
        parser.read(plain([["x"] * 10] * 1000), sheet_title="", row_limit=2000)
    assert caught.value.reason is errors.FILE_TOO_COMPLEX
    assert time.monotonic() - started < 3
    parser.close()
    other = SheetParser()
    assert other.read(plain([["x"]]), sheet_title="", row_limit=9) == [RawRow(1, ("x",))]
    other.close()


def test_process_that_died_while_idle_is_replaced() -> None:
    parser = SheetParser()
    parser.read(plain([["x"]]), sheet_title="", row_limit=9)
    (process,) = parser._idle
    process._popen.kill()
    process._popen.wait()
    assert parser.read(plain([["y"]]), sheet_title="", row_limit=9) == [RawRow(1, ("y",))]
    parser.close()


def test_process_that_dies_over_a_file_refuses_that_file_only() -> None:
    parser = SheetParser()
    parser.read(plain([["x"]]), sheet_title="", row_limit=9)
    (process,) = parser._idle
    long_to_read = plain([["x"] * 20] * 2000)
    killer = threading.Timer(0.05, process._popen.kill)
    killer.start()
    with pytest.raises(DomainError) as caught:
        parser.read(long_to_read, sheet_title="", row_limit=2000)
    assert caught.value.reason is errors.FILE_TOO_COMPLEX
    killer.join()
    assert parser.read(plain([["y"]]), sheet_title="", row_limit=9) == [RawRow(1, ("y",))]
    parser.close()


def test_memory_of_the_process_is_limited() -> None:
    code = (
        "import resource, services.kit.sheets.parse as p, socket, os\n"
        "a, b = socket.socketpair(); os.dup2(a.fileno(), 0); b.close(); a.close()\n"
        "p.main()\n"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0] == p.MEMORY_BYTES_MAX)\n"
        "try: bytearray(p.MEMORY_BYTES_MAX)\n"
        "except MemoryError: print('refused')\n"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stdout.split() == ["True", "refused"]


def test_hub_of_eventlet_goes_on_while_a_file_is_read() -> None:
    code = (
        "import eventlet; eventlet.monkey_patch()\n"
        "from services.kit.sheets.parser import SheetParser\n"
        "from tests.unit.kit.sheets.workbooks import plain\n"
        "content = plain([['x'] * 10] * 1500)\n"
        "parser, ticks = SheetParser(), []\n"
        "def tick():\n"
        "    while True: ticks.append(1); eventlet.sleep(0.005)\n"
        "clock = eventlet.spawn(tick)\n"
        "jobs = [eventlet.spawn(parser.read, content, sheet_title='', row_limit=2000) for _ in range(4)]\n"
        "print(sum(len(job.wait()) for job in jobs), len(ticks) > 20)\n"
        "parser.close()\n"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=root, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["6000", "True"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(), st.integers(-(10**17), 10**17), st.floats(-1e15, 1e15, allow_nan=False),
                st.booleans(), st.dates(date(1950, 1, 1), date(2090, 1, 1)),
                st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFFF, exclude_categories=("Cs", "Cn", "Co"))),
            ),
            max_size=6,
        ),
        max_size=8,
    )
)  # fmt: skip
def test_whatever_a_sheet_holds_is_read_or_refused(lines: list[list[object]]) -> None:
    found = []
    with contextlib.suppress(DomainError):
        found = read(plain(lines))
    for number, cells in found:
        assert 1 <= number <= len(lines)  # type: ignore[operator]  # a row number
        for cell in cells:  # type: ignore[attr-defined]  # a list of cells
            assert cell is None or isinstance(cell, str) or len(cell) == 2
