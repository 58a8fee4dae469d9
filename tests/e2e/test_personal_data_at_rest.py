"""No id number and no mobile lies open in any table of any service, in any file of theirs, or in any log.

A whole working day first: people entered rightly and wrongly, money, papers, searches, a new mobile of the agent. Then
every table is dumped as a backup would have it, and looked through.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import psycopg2
import pytest
from hpf.query.v1 import query_service_pb2 as query
from psycopg2.sql import SQL, Identifier

from deploy.local.environment import SERVICES
from tests.e2e.town import Employer, Town, registration, wait_until

NEW_MOBILE = "13688887777"
TYPED_WRONGLY = "130702198001010000"  # its check digit should be another


@pytest.fixture(scope="module")
def employer(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Employer:
    """An employer after a day of work."""
    found = town.settle(headcount=3, paid_fen=1_000_000)
    hall = found.hall
    remitted = hall.outcome(hall.submit_remittance(found.first_month.to_int()))
    sheet = hall.worksheet("open_accounts")
    [draft] = town.new_people(1, effective_month=found.first_month + 1)
    sheet.add([draft, {**draft, "id_number": TYPED_WRONGLY}])
    sheet.validate()
    found.people.append(draft)
    assert hall.people(
        query.PeopleFilter(id_type="01", id_number=found.people[0]["id_number"])
    ).people
    folder = tmp_path_factory.mktemp("papers")
    assert wait_until(lambda: len(hall.receipts().receipts) == 2)
    hall.download_receipt(remitted.registration_no, folder)
    hall.change_profile({"agent_mobile": NEW_MOBILE})
    return found


def secrets_of(employer: Employer) -> list[str]:
    register = registration(name="", uscc="", mobile="", first_month=employer.first_month)
    numbers = [person[field] for person in employer.people for field in ("id_number", "mobile")]
    own = [employer.mobile, NEW_MOBILE, TYPED_WRONGLY]
    return [*numbers, *own, register.profile.legal_representative_id_number]


def dumped(url: str) -> Iterator[tuple[str, bytes]]:
    """Every table as a dump has it: text as it is, bytes in hexadecimal."""
    with psycopg2.connect(url.replace("+psycopg2", "")) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in cursor.fetchall():
            content = BytesIO()
            copy = SQL("COPY {} TO STDOUT").format(Identifier(schema, table))
            cursor.copy_expert(copy.as_string(connection), content)
            yield f"{schema}.{table}", content.getvalue()
    connection.close()


def shapes_of(secret: str) -> list[bytes]:
    """How a text may lie in a dump."""
    raw = secret.encode()
    return [
        raw,
        raw.hex().encode(),
        base64.b64encode(raw),
        secret.encode("utf-16-le").hex().encode(),
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_no_number_lies_open_in_a_database(town: Town, employer: Employer, service: str) -> None:
    tables = dict(dumped(town.instance.database_url(service)))
    found = [
        (table, secret)
        for table, content in tables.items()
        for secret in secrets_of(employer)
        if any(shape in content for shape in shapes_of(secret))
    ]
    assert found == []
    # The search sees what is there: the employer's name lies open, in columns and inside events.
    everything = b"".join(tables.values())
    assert employer.employer_no.encode() in everything
    if service == "collection":
        assert employer.name.encode() in everything
        assert employer.name.encode().hex().encode() in everything


def test_no_number_and_no_name_is_in_a_log(town: Town, employer: Employer) -> None:
    names = [employer.name, "高国栋", *(person["name"] for person in employer.people)]
    logs = {path.name: path.read_bytes() for path in Path(town.instance.logs).iterdir()}
    assert sum(map(len, logs.values())) > 0
    found = [
        (name, secret)
        for name, content in logs.items()
        for secret in (*secrets_of(employer), *names)
        if secret.encode() in content
    ]
    assert found == []
