"""Someone to log in as: one made-up employer with its USB key (a soft token), registered and bound.

Done once for an instance; the file that points `hpf` at it is written anew each time, for the broker's address may
have changed. Never for production.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hpf.collection.v1.collection_service_pb2 import RegisterEmployerRequest

from client.bus import Staff
from client.config import ClientConfig
from client.demo.employers import MAIN, registrations
from client.demo.people import EMPLOYEE_RATE, EMPLOYER_RATE
from client.demo.story import known_by_now
from deploy.demo_ca import FIRST_PIN, UsbKey, make_demo_pki, make_usb_key
from deploy.local.daemons import write_secret
from deploy.local.instance import Instance
from services.kit.clock import business_date
from services.kit.months import YearMonth

KEY_LABEL = "usbkey"
STAFF_NAME = "local"
# The same every time: after a seeding that was broken off the hall answers what it answered before.
REQUEST_ID = "seed-first-employer"


@dataclass(frozen=True)
class Clerk:
    """Who may log in, and the file that makes `hpf` act for them."""

    employer_no: str
    name: str
    pin: str
    config: Path


def seed(instance: Instance) -> Clerk:
    """The employer of a running instance; raises SetupError without a soft token."""
    pki = make_demo_pki(instance.pki, trust_dir=instance.trust_dir)
    request = _registration()
    profile = request.profile
    key = make_usb_key(pki, name=profile.name, uscc=profile.uscc, label=KEY_LABEL)
    config = _config(instance, key)
    path = instance.root / "hpf.toml"
    # The broker's password is inside.
    write_secret(path, config.to_toml())
    known = instance.root / "employer_no"
    if not known.is_file():
        known.write_text(_register(request, config=config, key=key))
    return Clerk(known.read_text(), profile.name, FIRST_PIN, path)


def _registration() -> RegisterEmployerRequest:
    """What the counter sends; contributions begin this month."""
    month = YearMonth.of(business_date(datetime.now(UTC)))
    rates = {"employer_rate": EMPLOYER_RATE, "employee_rate": EMPLOYEE_RATE}
    request = registrations(month, **rates)[MAIN]
    request.request_id = REQUEST_ID
    return request


def _register(request: RegisterEmployerRequest, *, config: ClientConfig, key: UsbKey) -> str:
    """The employer's number, its key bound."""
    staff = Staff(config)
    try:
        employer_no = staff.register_employer(request).business.employer_no
        if not staff.bindings(employer_no).bindings:
            known_by_now(lambda: staff.bind_certificate(employer_no, key.certificate))
    finally:
        staff.close()
    return str(employer_no)


def _config(instance: Instance, key: UsbKey) -> ClientConfig:
    return ClientConfig(
        edge=instance.edge_target,
        ca_file=str(instance.ca_pem),
        softhsm_conf=str(key.softhsm_conf),
        session_file=str(instance.root / "session.json"),
        amqp_uri=instance.bus_uri("staff"),
        operator_uri=instance.bus_uri("operator"),
        bus_users=instance.bus_users,
        namespace=instance.namespace,
        staff=STAFF_NAME,
        sms_outbox=str(instance.sms_outbox),
    )
