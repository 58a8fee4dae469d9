"""2000 people through 个人账户设立: import and submit, next to openpyxl's reading of the same file plus one bare insert."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import psycopg2
from google.protobuf.message import Message
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2, worksheet_pb2
from openpyxl import load_workbook
from psycopg2.extras import execute_values

from benches.harness import Result, Stage, compared
from services.collection.domain.open_accounts import COLUMNS
from services.collection.service import APP
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import execute
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.idnumbers import make_id_number, make_uscc
from services.kit.ids import new_id
from services.kit.months import YearMonth
from services.kit.settings import KitSettings
from services.kit.sheets.writer import list_bytes
from services.kit.vault import Vault

ROWS = 2000
NOW = datetime(2019, 9, 20, 2, tzinfo=UTC)

_people = count()


class Hall:
    """Collection's real table on a store of its own, called as the bus would call it."""

    def __init__(self, url: str, folder: Path) -> None:
        kit = KitSettings(data_keys_file=folder / "none", blob_url=f"file://{folder}")
        vault = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
        settings = APP.settings(database_url=url)
        blobs = Blobs(kit.blob_url, vault)
        self.runtime = Runtime(APP, Database(url), vault, blobs, kit, settings, FixedClock(NOW))
        self.agent = Principal(kind="employer", employer_no=self._register(), session_id="bench")

    def call(self, request: Message, by: Principal) -> bytes:
        """Run the method named after the request; a refusal is a fault of the bench."""
        request.request_id = new_id()  # type: ignore[attr-defined]  # every change has one
        method = type(request).__name__.removesuffix("Request")
        body = request.SerializeToString()
        reply = execute(self.runtime, method, body, CallContext(by, new_id()))
        if reply.code:
            raise RuntimeError(f"{method} was refused: {reply.body[:200]!r}")
        return reply.body

    def _register(self) -> str:
        request = collection.RegisterEmployerRequest(
            profile=collection.EmployerProfile(
                name="张家口测速有限公司",
                uscc=make_uscc("130702", 7),
                address="张家口市桥东区测试路1号",
                legal_representative="王法人",
                agent_name="李经办",
                agent_mobile="13800001234",
            ),
            branch_code="01",
            first_month=201907,
            employer_rate_min=12,
            employer_rate_max=12,
            employee_rate_min=10,
            employee_rate_max=10,
        )
        body = self.call(request, Principal(kind="staff", name="bench"))
        return collection.RegisterEmployerResponse.FromString(body).business.employer_no

    def import_and_submit(self, content: bytes) -> None:
        """导入 and 提交."""
        self.import_file(content)
        self.submit()

    def import_file(self, content: bytes) -> None:
        request = worksheet_pb2.ImportWorksheetRequest(
            business="open_accounts",
            content=content,
            mode=worksheet_pb2.WORKSHEET_IMPORT_MODE_REPLACE,
        )
        self.call(request, self.agent)

    def submit(self) -> None:
        self.call(business_pb2.SubmitWorksheetRequest(business="open_accounts"), self.agent)


def workbook() -> bytes:
    """2000 people that nobody has seen before."""
    rows = []
    for number in (next(_people) for _ in range(ROWS)):
        days = number // 900
        birth = date(1960 + days // 28, 1, 1 + days % 28)
        id_number = make_id_number("130702", birth, number % 900)
        mobile, month = f"139{number:08d}", YearMonth(2019, 9)
        rows.append(("测速人员", "01", id_number, mobile, 500_000, 12, 10, month))
    return list_bytes(COLUMNS, title_zh="个人账户设立", rows=rows)


def read_and_insert(content: bytes, connection: psycopg2.extensions.connection) -> None:
    """The limit: openpyxl reads the file, one statement inserts the rows."""
    book = load_workbook(io.BytesIO(content), read_only=True)
    rows = [row[:8] for row in book.active.iter_rows(min_row=2, values_only=True)]
    with connection.cursor() as cursor:
        execute_values(cursor, "INSERT INTO bare VALUES %s", rows, page_size=len(rows))
    connection.commit()


def run(stage: Stage) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        hall = Hall(stage.database("collection"), Path(folder))
        bare = psycopg2.connect(stage.database().replace("+psycopg2", ""))
        with bare.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE bare (a text, b text, c text, d text, e numeric, f int, g int, h text)"
            )
        bare.commit()
        hall.import_and_submit(workbook())  # the parser process starts once for all
        files = iter([workbook() for _ in range(12)])
        current = [next(files)]

        def ours() -> None:
            current[0] = next(files)
            hall.import_and_submit(current[0])

        whole = compared(
            f"import and submit {ROWS} rows",
            ours=ours,
            limit=lambda: read_and_insert(current[0], bare),
            goal="≤ 3 × openpyxl + bare insert",
        )

        hall.import_file(next(files))
        alone = compared(
            f"submit {ROWS} rows that are on the list",
            ours=hall.submit,
            limit=lambda: read_and_insert(current[0], bare),
            goal="≤ 3 × openpyxl + bare insert",
            rounds=1,
        )
        results = [whole, alone]
        bare.close()
        hall.runtime.database.close()
        return results
