"""No id number and no mobile lies open in any table of any service, in any file of theirs, or in any log.

A whole working day first: people entered rightly and wrongly, money, papers, exports, searches, a new mobile of the
agent. Then every table is dumped and every file copied as a backup would have it, and looked through.
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

from client.errors import HallError
from deploy.local.environment import SERVICES
from services.kit.blobs import Blobs
from services.kit.data_keys import read_vault
from services.kit.settings import KitSettings
from tests.e2e.town import Employer, Town, registration, wait_until

NEW_MOBILE = "13688887777"
FORMATS = (
    query.EXPORT_FORMAT_WORKBOOK,
    query.EXPORT_FORMAT_TEXT,
    query.EXPORT_FORMAT_PRINT,
)
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
    for export_format in FORMATS:
        hall.export_query(
            folder, query.ExportQueryRequest(format=export_format, people=query.PeopleQuery())
        )
    hall.change_profile({"agent_mobile": NEW_MOBILE})
    return found


#: How a PDF and a workbook begin, and what stands in the middle of them.
MARKS_OF_FILES = (b"%PDF-1.", b"endstream", b"PK\x03\x04\x14\x00", b"xl/workbook.xml")


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
    tables = dict(dumped(town.instance.owner_url(service)))
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


def names_of(employer: Employer) -> list[str]:
    return [employer.name, "高国栋", *(person["name"] for person in employer.people)]


def stored_files(town: Town) -> dict[str, bytes]:
    """The blob store as a backup of its folder has it, by name."""
    root = Path(town.instance.blobs)
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_no_file_shows_a_number_a_name_or_what_kind_of_file_it_is(
    town: Town, employer: Employer
) -> None:
    files = stored_files(town)
    kinds = {Path(name).suffix for name in files if employer.employer_no in name}
    assert kinds == {".xlsx", ".txt", ".pdf", ".facts"}
    assert any(name.startswith("receipts/") for name in files)
    open_shapes = [shape for secret in secrets_of(employer) for shape in shapes_of(secret)]
    open_shapes += [shape for name in names_of(employer) for shape in shapes_of(name)]
    found = [
        (name, shape)
        for name, content in files.items()
        for shape in (*open_shapes, *MARKS_OF_FILES)
        if shape in content
    ]
    assert found == []


def test_files_of_the_store_hold_what_the_search_looks_for(town: Town, employer: Employer) -> None:
    """Opened with the data keys, which no backup of the folder has, they show names, numbers and kinds of files."""
    vault = read_vault(KitSettings(data_keys_file=town.instance.data_keys_file))
    blobs = Blobs(town.instance.blobs.as_uri(), vault)
    contents = {name: blobs.read(name) for name in stored_files(town)}
    text = b"".join(content for name, content in contents.items() if name.endswith(".txt"))
    facts = b"".join(content for name, content in contents.items() if name.endswith(".facts"))
    for person in employer.people[:3]:
        assert person["name"].encode() in text
        assert person["name"].encode() in facts
        assert person["id_number"].encode() in text
    for mark in MARKS_OF_FILES:
        assert any(mark in content for content in contents.values())


def test_a_file_that_was_tampered_with_reaches_nobody(
    town: Town, employer: Employer, tmp_path: Path
) -> None:
    root = Path(town.instance.blobs) / "receipts"
    [number] = [
        each.document_no for each in employer.hall.receipts().receipts if each.print_count == 0
    ]
    [file] = (root / number).iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(HallError) as refused:
        employer.hall.download_receipt(number, tmp_path)
    file.write_bytes(whole)

    assert refused.value.reason == "STORED_FILE_UNUSABLE"
    assert list(tmp_path.iterdir()) == []
    logs = "".join(path.read_text() for path in Path(town.instance.logs).iterdir())
    assert f"stored file unusable name=receipts/{number}/{file.name}: " in logs


def test_no_number_and_no_name_is_in_a_log(town: Town, employer: Employer) -> None:
    logs = {path.name: path.read_bytes() for path in Path(town.instance.logs).iterdir()}
    assert sum(map(len, logs.values())) > 0
    found = [
        (name, secret)
        for name, content in logs.items()
        for secret in (*secrets_of(employer), *names_of(employer))
        if secret.encode() in content
    ]
    assert found == []
