"""Whatever stands in a request's fields, the answer is one from the closed list: never a fault of ours."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.rpc import code_pb2, status_pb2
from hpf.common.v1 import options_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.collection.handlers.worksheet import BATCHES
from services.deposit.domain import back_payment
from services.kit.app import CallContext, Method, Principal
from services.kit.calls import Reply, execute
from services.kit.errors import reason_of
from services.kit.ids import new_id
from services.kit.registry import SERVICES
from tests.system.city import STAFF, City
from tests.system.deposit_city import employer_with
from tests.system.hostile import Maker
from tests.system.people import agent_of

#: Enough for each field of a request to be wrong in several ways; all together take 20 seconds.
CASES = 12
SEED = 20190920
KNOWN: dict[str, list[str]] = {
    "column": ["name", "id_type", "id_number", "base", "account_no", "amount", "from_month"],
    "id_type": ["01", "02"],
    "base": ["5000.00", "1"],
    "amount": ["100.00"],
    "from_month": ["201907", "201908"],
    "value_date": ["2019-09-20"],
    "bank_reference": ["B-1", "B-2", "B-3"],
    "format": ["csv"],
}


@pytest.fixture(scope="module")
def hostile_city(
    new_store: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """A city of its own: hostile staff may set policies and rates."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AUTH_TRUST_DIR", str(folder))
        environment.setenv("AUTH_SESSION_PRIVATE_KEY", pem.decode())
        environment.setenv("AUTH_SMS_URL", f"outbox://{folder / 'sms'}")
        made = City(new_store, folder, services=SERVICES)
    yield made
    made.close()


def caller_of(method: Method, employer_no: str) -> Principal:
    if method.access == options_pb2.ACCESS_EMPLOYER:
        return agent_of(employer_no)
    return STAFF if method.access == options_pb2.ACCESS_STAFF else Principal(address="192.0.2.7")


def reason(reply: Reply) -> str:
    return reason_of(status_pb2.Status.FromString(reply.body)) if reply.code else ""


@pytest.mark.parametrize("service", SERVICES)
def test_no_value_of_any_field_is_a_fault(
    hostile_city: City, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    city = hostile_city
    caplog.set_level(logging.ERROR)
    employer_no, accounts = employer_with(city, "5000.00", "6000.00")
    lists = [back_payment.KEY] if service == "deposit" else list(BATCHES)
    known = KNOWN | {"employer_no": [employer_no], "account_no": accounts, "business": lists}
    runtime = city.runtimes[service]
    faults, answers = [], Counter[str]()
    for name, method in sorted(runtime.app.methods.items()):
        maker = Maker(random.Random(f"{SEED} {service} {name}"), known)
        for _ in range(CASES):
            request = maker.request(method.descriptor.input_type)
            context = CallContext(caller_of(method, employer_no), new_id())
            caplog.clear()
            reply = execute(runtime, name, request.SerializeToString(), context)
            answers[reason(reply)] += 1
            if reply.code in (code_pb2.INTERNAL, code_pb2.UNKNOWN):
                faults.append((name, request, caplog.text))
    assert [name for name, *_ in faults] == [], faults[0]
    # It got past the door: some were taken, others refused for many reasons.
    assert answers[""] > 20
    assert len(answers) > 6
    # What was taken is told, and everybody who hears of it can handle it; the books hold.
    city.settle()
    books = city.call("deposit", deposit.CheckBooksRequest(), deposit.CheckBooksResponse)
    assert books.clean, books.findings
