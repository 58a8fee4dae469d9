"""A running hall with an employer in it: how long after a business its signed receipt is there."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from hpf.receipt.v1.receipt_service_pb2 import RECEIPT_STATE_READY

from tests.e2e.town import Employer, open_town

# As often as a program would ask at most; a question is some milliseconds itself.
_ASK_AGAIN_S = 0.005

# Not 1: that is where every employer begins.
_addresses = count(2)


@contextmanager
def employer_in_a_hall() -> Iterator[Employer]:
    """Every process of the hall on this machine, the seal's token among them; one employer, logged in."""
    with tempfile.TemporaryDirectory() as folder:
        town = open_town(f"bench{secrets.token_hex(4)}", Path(folder))
        try:
            yield town.settle(headcount=1)
        finally:
            town.staff.close()
            town.instance.close(drop=True)


def ready_after_s(employer: Employer) -> float:
    """单位基本资料变更 of an address, which is answered as soon as it is committed: from that answer until the receipt
    can be downloaded."""
    reply = employer.hall.change_profile({"address": f"张家口市桥东区建设东街{next(_addresses)}号"})
    begun = time.perf_counter()
    number = reply.business.registration_no
    while employer.hall.receipt(number).state != RECEIPT_STATE_READY:
        time.sleep(_ASK_AGAIN_S)
    return time.perf_counter() - begun
