"""A whole running hall for a test run: employers with their USB keys, people, money, the staff's side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1.business_pb2 import Business
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from client.bus import Staff
from client.config import ClientConfig
from client.errors import HallError
from client.hall import Hall
from client.login import PluggedKey
from client.session_store import FileStore
from client.sms_outbox import newest_code
from deploy.demo_ca import DemoPki, UsbKey, make_demo_pki, make_usb_key
from deploy.local.instance import Instance
from services.kit.clock import business_date
from services.kit.dead_letters import UNROUTED, DeadLetters
from services.kit.idnumbers import make_id_number, make_uscc
from services.kit.ids import new_id
from services.kit.months import YearMonth

#: How long a test waits for what the bus is still carrying.
PATIENCE_S = 20.0

#: Tests log in more often than people.
SETTINGS = {
    "AUTH_RESEND_SECONDS": "0",
    "EDGE_PUBLIC_CALLS_PER_S": "100",
    "EDGE_PUBLIC_BURST": "1000",
    "EDGE_SESSION_CALLS_PER_S": "1000",
    "EDGE_SESSION_BURST": "10000",
}

_T = TypeVar("_T")


@dataclass
class Employer:
    """One employer with its agent at the hall."""

    employer_no: str
    name: str
    uscc: str
    mobile: str
    key: UsbKey
    hall: Hall
    first_month: YearMonth
    people: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Town:
    """The hall and everybody around it."""

    instance: Instance
    staff: Staff
    pki: DemoPki
    folder: Path
    _employers: int = 0
    _people: int = 0

    @property
    def month(self) -> YearMonth:
        """The current month; nothing later may be remitted."""
        return YearMonth.of(business_date(datetime.now(UTC)))

    def config(self, employer: Employer) -> ClientConfig:
        """What `hpf` needs to act for this employer."""
        return ClientConfig(
            edge=self.instance.edge_target,
            ca_file=str(self.instance.ca_pem),
            softhsm_conf=str(employer.key.softhsm_conf),
            session_file=str(self.folder / f"{employer.employer_no}.json"),
            amqp_uri=self.instance.bus_uri("staff"),
            operator_uri=self.instance.bus_uri("operator"),
            bus_users=self.instance.bus_users,
            namespace=self.instance.namespace,
            staff="tester",
            sms_outbox=str(self.instance.sms_outbox),
        )

    def register(self, *, months_ago: int = 0) -> Employer:
        """An employer whose first month is `months_ago`, its key bound, its agent not yet logged in."""
        self._employers += 1
        number = self._employers
        name, mobile = f"测试单位{number}号有限公司", f"1390000{number:04d}"
        uscc = make_uscc("130702", 20_000_000 + number)
        first_month = self.month - months_ago
        business = self.staff.register_employer(
            registration(name=name, uscc=uscc, mobile=mobile, first_month=first_month)
        ).business
        key = make_usb_key(self.pki, name=name, uscc=uscc, label=f"key{number}")
        eventually(lambda: self.staff.bind_certificate(business.employer_no, key.certificate))
        store = FileStore(self.folder / f"{business.employer_no}.json")
        hall = Hall(
            self.instance.edge_target, ca_pem=self.instance.ca_pem.read_bytes(), store=store
        )
        return Employer(business.employer_no, name, uscc, mobile, key, hall, first_month)

    def log_in(self, employer: Employer) -> None:
        """With the key's PIN and the code that the agent's mobile gets."""
        certificate = employer.key.keys.certificates(employer.key.label)[0]
        key = PluggedKey(employer.key.keys, certificate, pin=employer.key.pin)
        since = datetime.now(UTC)
        employer.hall.login(
            key,
            code=lambda _sent: newest_code(
                self.instance.sms_outbox, since=since, mobile=employer.mobile
            ),
        )

    def new_people(self, count: int, *, effective_month: YearMonth) -> list[dict[str, str]]:
        """Rows for opening accounts, as typed; 5000.00 each, so 1100.00 a month."""
        first = self._people + 1
        self._people += count
        return [
            _row(number, effective_month=effective_month) for number in range(first, first + count)
        ]

    def open_accounts(self, employer: Employer, count: int) -> Business:
        """Open accounts for `count` new people from the employer's first month."""
        rows = self.new_people(count, effective_month=employer.first_month)
        sheet = employer.hall.worksheet("open_accounts")
        sheet.clear()
        sheet.add(rows)
        business = employer.hall.outcome(sheet.submit())
        employer.people += rows
        return business

    def pay_in(self, employer: Employer, amount_fen: int) -> Business:
        """A payment from the bank; later reads see it."""
        request = deposit.RecordBankPaymentRequest(
            employer_no=employer.employer_no,
            bank_reference=new_id(),
            amount_fen=amount_fen,
            value_date=business_date(datetime.now(UTC)).isoformat(),
            payer_name=employer.name,
        )
        business = eventually(lambda: self.staff.record_payment(request)).business
        employer.hall.must_see(*business.consistency)
        return business

    def call(
        self, path: str, request: Message, *, token: str = "", timeout_s: float = 10.0
    ) -> bytes:
        """One bare call, as anybody who reaches the edge may make it. Raises grpc.RpcError."""
        with self._channel() as channel:
            body = request.SerializeToString()
            return bytes(
                channel.unary_unary(path)(body, timeout=timeout_s, metadata=_bearer(token))
            )

    def stream(self, path: str, request: Message, *, token: str = "") -> list[bytes]:
        """The same for a method whose answer comes in pieces."""
        with self._channel() as channel:
            body = request.SerializeToString()
            return list(channel.unary_stream(path)(body, timeout=10, metadata=_bearer(token)))

    def _channel(self) -> grpc.Channel:
        credentials = grpc.ssl_channel_credentials(self.instance.ca_pem.read_bytes())
        return grpc.secure_channel(self.instance.edge_target, credentials)

    def dead_letters(self) -> list[str]:
        """What could not be handled, by queue and reason."""
        found = DeadLetters(self.instance.bus_uri("operator"), self.instance.namespace).list()
        return [f"{each.queue}: {each.reason}" for each in found if each.queue != UNROUTED]

    def settle(self, *, months_ago: int = 0, headcount: int = 10, paid_fen: int = 0) -> Employer:
        """An employer at work: logged in, people in, money in."""
        employer = self.register(months_ago=months_ago)
        self.log_in(employer)
        self.open_accounts(employer, headcount)
        if paid_fen:
            self.pay_in(employer, paid_fen)
        return employer


def staff_of(instance: Instance) -> ClientConfig:
    """What the centre's staff reach the hall by."""
    return ClientConfig(
        amqp_uri=instance.bus_uri("staff"),
        bus_users=instance.bus_users,
        namespace=instance.namespace,
        staff="tester",
    )


def open_town(
    name: str,
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    superuser_url: str | None = None,
) -> Town:
    """Start a hall of its own, with more settings if need be; nothing of it stays when it does not start."""
    with ExitStack() as undo:
        settings = SETTINGS | dict(settings or {})
        instance = Instance(name, settings=settings, superuser_url=superuser_url)
        undo.callback(instance.close, drop=True)
        instance.close(drop=True)
        instance.prepare()
        pki = make_demo_pki(instance.root / "pki", trust_dir=instance.trust_dir)
        instance.start()
        town = Town(instance, Staff(staff_of(instance)), pki, folder)
        undo.pop_all()
    return town


def eventually(work: Callable[[], _T], *, reasons: Sequence[str] = ("EMPLOYER_UNKNOWN",)) -> _T:
    """Do something that a service may only be ready for when the bus has told it."""
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return work()
        except HallError as error:
            if error.reason not in reasons or time.monotonic() > ends_at:
                raise
        time.sleep(0.05)


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),) if token else ()


def wait_until(holds: Callable[[], bool], *, timeout_s: float = PATIENCE_S) -> bool:
    """Whether it comes to hold in that time."""
    ends_at = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.05)
    return True


def _row(number: int, *, effective_month: YearMonth) -> dict[str, str]:
    return {
        "name": "赵" + "".join("零一二三四五六七八九"[int(digit)] for digit in str(number)),
        "id_type": "身份证",
        "id_number": make_id_number("130702", date(1980, 1, 1), number),
        "mobile": f"1370000{number:04d}",
        "base": "5000.00",
        "effective_month": str(effective_month),
    }


def registration(
    *, name: str, uscc: str, mobile: str, first_month: YearMonth
) -> collection.RegisterEmployerRequest:
    return collection.RegisterEmployerRequest(
        profile=collection.EmployerProfile(
            name=name,
            uscc=uscc,
            address="张家口市桥东区建设东街1号",
            postcode="075000",
            founded_on="2009-09-14",
            supervising_department="张家口市工业和信息化局",
            unit_kind="30",
            ownership="30",
            affiliation="30",
            economic_type="150",
            industry="C",
            legal_representative="高国栋",
            legal_representative_id_type="01",
            legal_representative_id_number=make_id_number("130702", date(1970, 3, 1), 17),
            pay_day=15,
            agent_name="经办人",
            agent_mobile=mobile,
        ),
        branch_code="01",
        first_month=first_month.to_int(),
        employer_rate_min=12,
        employer_rate_max=12,
        employee_rate_min=10,
        employee_rate_max=10,
    )
