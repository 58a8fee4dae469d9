"""`python -m benches._export_memory URL FOLDER EMPLOYER FORMAT`: peak memory in MB and seconds of a worker that makes one
export of everybody."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hpf.query.v1 import query_service_pb2 as pb

from services.kit.app import Runtime
from services.kit.blobs import Blobs
from services.kit.db import Database
from services.kit.job_worker import Job
from services.kit.settings import KitSettings
from services.kit.vault import Vault
from services.query.exports import EXPORT, Export, make_export
from services.query.service import APP

VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)


def main() -> None:
    url, folder, employer_no, export_format = sys.argv[1:]
    runtime = Runtime(
        app=APP,
        database=Database(url, pool_size=2, application="export bench"),
        vault=VAULT,
        blobs=Blobs(f"file://{folder}", VAULT),
        kit=KitSettings(blob_url=f"file://{folder}"),
        settings=APP.settings(database_url=url),
    )
    request = pb.ExportQueryRequest(format=int(export_format), people=pb.PeopleQuery())  # type: ignore[arg-type]  # an enum value
    wanted = Export(employer_no, request)
    started_s = time.perf_counter()
    make_export(runtime, Job(0, EXPORT, "bench", wanted.to_bytes(), 1))
    took_s = time.perf_counter() - started_s
    # Not getrusage: that begins with what the process had before it became this program.
    (peak,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    ]
    print(int(peak.split()[1]) / 1024, took_s)


if __name__ == "__main__":
    main()
