"""A new mobile of the agent (manual §5.5): the old number confirms it, collection and auth together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from sqlalchemy import text

from services.kit.events import Event
from tests.system.city import City, Refused
from tests.system.people import agent_of, register
from tests.system.read_side import story_of

OLD, NEW = "13800001234", "13900005678"

_employers = count(70_000)


@pytest.fixture
def city(
    service_db: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stories: list[Event],
) -> Iterator[City]:
    """collection and auth; SMS go into a folder."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    monkeypatch.setenv("AUTH_TRUST_DIR", str(tmp_path))
    monkeypatch.setenv("AUTH_SESSION_PRIVATE_KEY", pem.decode())
    monkeypatch.setenv("AUTH_SMS_URL", f"outbox://{tmp_path / 'sms'}")
    # The demo's one mobile stands for many employers here; the caps of a day are another test's.
    monkeypatch.setenv("AUTH_NUMBER_SENDS_PER_DAY", "100000")
    monkeypatch.setenv("AUTH_RESEND_SECONDS", "0")
    made = City(service_db, tmp_path, services=("collection", "auth"))
    yield made
    stories += story_of(made)
    made.close()


@pytest.fixture
def sms(city: City, tmp_path: Path) -> Callable[[], list[dict[str, str]]]:
    """The messages sent so far, oldest first."""

    def sent() -> list[dict[str, str]]:
        city.settle()
        city.tick("auth", "send_codes")
        return [json.loads(path.read_text()) for path in sorted((tmp_path / "sms").glob("*.json"))]

    return sent


Sms = Callable[[], list[dict[str, str]]]


def ask(city: City, employer_no: str, *, mobile: str = NEW) -> collection.ChangeProfileResponse:
    request = collection.ChangeProfileRequest(
        profile=collection.EmployerProfile(agent_mobile=mobile), fields=["agent_mobile"]
    )
    return city.call(
        "collection", request, collection.ChangeProfileResponse, by=agent_of(employer_no)
    )


def confirm(city: City, employer_no: str, code: str) -> auth.ConfirmMobileChangeResponse:
    request = auth.ConfirmMobileChangeRequest(code=code)
    reply = city.call("auth", request, auth.ConfirmMobileChangeResponse, by=agent_of(employer_no))
    city.settle()
    return reply


def resend(city: City, employer_no: str) -> auth.ResendMobileChangeCodeResponse:
    return city.call(
        "auth",
        auth.ResendMobileChangeCodeRequest(),
        auth.ResendMobileChangeCodeResponse,
        by=agent_of(employer_no),
    )


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.reason


def code_in(message: dict[str, str]) -> str:
    return message["text"].partition("验证码")[2][:6]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def mobile_on_file(city: City, employer_no: str) -> str:
    """As collection last told everybody."""
    return city.vault.open_text(
        city.last_event(events.ProfileChanged, employer_no).employer.agent_mobile_sealed
    )


def test_the_new_mobile_counts_once_the_old_one_confirmed(city: City, sms: Sms) -> None:
    employer_no = register(city, next(_employers))
    business = ask(city, employer_no).business
    [message] = sms()
    assert message["mobile"] == OLD

    confirmed = confirm(city, employer_no, code_in(message))

    assert confirmed.change_no == business.registration_no
    assert mobile_on_file(city, employer_no) == NEW
    # auth has heard of it: the code of the next change goes to the new number.
    ask(city, employer_no, mobile=OLD)
    assert sms()[-1]["mobile"] == NEW


def test_nothing_changes_until_the_code_is_right(city: City, sms: Sms) -> None:
    employer_no = register(city, next(_employers))
    ask(city, employer_no)
    code = code_in(sms()[-1])

    reasons = [refusal(lambda: confirm(city, employer_no, wrong(code))) for _ in range(5)]

    assert reasons == ["MOBILE_CODE_WRONG"] * 4 + ["MOBILE_CHANGE_OVER"]
    assert refusal(lambda: confirm(city, employer_no, code)) == "MOBILE_CHANGE_OVER"
    assert refusal(lambda: resend(city, employer_no)) == "MOBILE_CHANGE_OVER"
    city.settle()
    assert city.events_of(events.ProfileChanged, employer_no) == []


def test_another_code_makes_the_first_one_void(city: City, sms: Sms) -> None:
    employer_no = register(city, next(_employers))
    ask(city, employer_no)
    first = code_in(sms()[-1])
    assert resend(city, employer_no).masked_mobile == "138****1234"
    second = code_in(sms()[-1])

    if first != second:
        assert refusal(lambda: confirm(city, employer_no, first)) == "MOBILE_CODE_WRONG"
    confirm(city, employer_no, second)

    assert mobile_on_file(city, employer_no) == NEW


def test_a_code_expires_and_the_change_after_three_days(city: City, sms: Sms) -> None:
    employer_no = register(city, next(_employers))
    ask(city, employer_no)
    code = code_in(sms()[-1])
    city.clock.moment += timedelta(minutes=5)
    assert refusal(lambda: confirm(city, employer_no, code)) == "MOBILE_CODE_EXPIRED"

    city.clock.moment += timedelta(days=3)
    assert refusal(lambda: resend(city, employer_no)) == "MOBILE_CHANGE_NOT_WAITING"


def test_the_code_of_an_older_change_is_worth_nothing(city: City, sms: Sms) -> None:
    employer_no = register(city, next(_employers))
    ask(city, employer_no)
    older = code_in(sms()[-1])
    ask(city, employer_no, mobile="13700009999")
    newer = code_in(sms()[-1])

    if older != newer:
        assert refusal(lambda: confirm(city, employer_no, older)) == "MOBILE_CODE_WRONG"
    confirm(city, employer_no, newer)

    assert mobile_on_file(city, employer_no) == "13700009999"


def test_another_employer_confirms_nothing(city: City, sms: Sms) -> None:
    employer_no, other = register(city, next(_employers)), register(city, next(_employers))
    ask(city, employer_no)
    code = code_in(sms()[-1])

    assert refusal(lambda: confirm(city, other, code)) == "MOBILE_CHANGE_NOT_WAITING"

    confirm(city, employer_no, code)


def test_a_number_set_by_staff_meanwhile_is_not_overruled_by_the_older_one(
    city: City, sms: Sms
) -> None:
    employer_no = register(city, next(_employers))
    ask(city, employer_no)
    code = code_in(sms()[-1])
    by_staff = collection.ChangeEmployerProfileRequest(
        employer_no=employer_no,
        profile=collection.EmployerProfile(agent_mobile="13600000001"),
        fields=["agent_mobile"],
    )
    city.call("collection", by_staff, collection.ChangeEmployerProfileResponse)
    city.settle()

    assert refusal(lambda: confirm(city, employer_no, code)) == "MOBILE_ON_FILE_CHANGED"
    assert mobile_on_file(city, employer_no) == "13600000001"


def test_a_code_confirmed_after_the_closing_changes_nothing(city: City, sms: Sms) -> None:
    employer_no = register(city, next(_employers))
    ask(city, employer_no)
    code = code_in(sms()[-1])
    with city.runtimes["collection"].database.transaction() as connection:
        closed = text("UPDATE employer SET status = '04' WHERE employer_no = :employer_no")
        connection.execute(closed, {"employer_no": employer_no})

    confirm(city, employer_no, code)

    assert city.events_of(events.ProfileChanged, employer_no) == []
