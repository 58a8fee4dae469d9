"""The same facts give the same bytes, in any process and at any time: a reprint is the receipt."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

from services.receipt.rendering.document import DocumentKind
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.render import render
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES

ELSEWHERE = """
import hashlib, sys
from services.receipt.rendering.document import DocumentKind
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.render import render
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES
pdf = render(SAMPLES[DocumentKind.SEAL](100), fonts=FontSet.load(), seal=SEAL).pdf
sys.stdout.write(hashlib.sha256(pdf).hexdigest())
"""


def test_another_process_at_another_time_makes_the_same_bytes(fonts: FontSet) -> None:
    render(SAMPLES[DocumentKind.VOUCHER](1), fonts=fonts)
    here = render(SAMPLES[DocumentKind.SEAL](100), fonts=fonts, seal=SEAL).pdf

    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York"}
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], env=environment, check=True, capture_output=True
    )

    assert done.stdout.decode() == hashlib.sha256(here).hexdigest()


def test_the_date_in_the_file_is_the_day_of_the_business(fonts: FontSet) -> None:
    pdf = render(SAMPLES[DocumentKind.REMITTANCE](1), fonts=fonts).pdf

    assert b"/CreationDate (D:20200424000000+08'00')" in pdf


def test_a_reprint_differs_in_its_count_only(fonts: FontSet) -> None:
    document = SAMPLES[DocumentKind.REMITTANCE](1)

    first = render(document, fonts=fonts).pdf
    second = render(replace(document, print_count=2), fonts=fonts).pdf
    again = render(replace(document, print_count=1), fonts=fonts).pdf

    assert first == again
    assert first != second
