"""The laboratory for every test here: a CA with root, issuing CA and their lists."""

from __future__ import annotations

import pytest

from tests.conformance.certificates.laboratory import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()
