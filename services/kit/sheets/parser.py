"""Hands files to parser processes and waits, without blocking an eventlet hub (manual 导入).

A parser process stays for many files, because starting one costs more than reading a list. It is ended when it
passes the time limit, dies of the memory limit, or has served enough; the next file starts a new one.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kit.errors import DomainError, Reason, fact
from services.kit.sheets import errors
from services.kit.sheets.frames import receive_frame, send_frame

# Reading 2000 rows takes 0.3 s; the worst file within the guard's limits took 2 s.
TIME_LIMIT_S = 20.0
# How long a file may wait for a free parser before its sender is told to come back.
WAIT_LIMIT_S = 10.0
# Two read at a time; parsing is work for one core each and must leave some to the service.
PARSERS_MAX = 2
# Ends slow growth of memory long before the limit does.
FILES_PER_PROCESS_MAX = 200

_REASONS: dict[str, Reason] = {reason.code: reason for reason in errors.SHEET_REASONS}
_CODE_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a file: its Excel row number and its cells (None, text, or `[kind, text]`)."""

    number: int
    cells: tuple[str | list[str] | None, ...]


class SheetParser:
    """Reads files in processes of its own. One object serves all threads or greenlets of a service."""

    def __init__(self, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._time_limit_s = time_limit_s
        self._free = threading.BoundedSemaphore(PARSERS_MAX)
        self._idle: list[_Process] = []

    def read(self, content: bytes, *, sheet_title: str, row_limit: int) -> list[RawRow]:
        """The rows that hold anything. Raises DomainError of `sheets.errors`."""
        if not self._free.acquire(timeout=WAIT_LIMIT_S):
            raise DomainError(errors.IMPORT_BUSY)
        try:
            process = self._idle_process() or _Process()
            answer = self._ask(process, content, sheet_title=sheet_title, row_limit=row_limit)
        finally:
            self._free.release()
        if "refused" in answer:
            raise DomainError(_REASONS[answer["refused"]], facts=answer["facts"])
        return [RawRow(number, tuple(cells)) for number, cells in answer["rows"]]

    def _idle_process(self) -> _Process | None:
        """A process that waits for work; one that died meanwhile is nobody's file's fault."""
        while True:
            try:
                process = self._idle.pop()
            except IndexError:
                return None
            if process.is_alive():
                return process
            process.end()

    def _ask(
        self, process: _Process, content: bytes, *, sheet_title: str, row_limit: int
    ) -> dict[str, Any]:
        order = {"sheet_title": sheet_title, "row_limit": row_limit}
        kept = False
        try:
            answer = process.exchange(order, content, time_limit_s=self._time_limit_s)
            kept = process.files < FILES_PER_PROCESS_MAX
        except TimeoutError:
            raise fact(
                errors.FILE_TOO_COMPLEX, what="time limit", what_zh="读取时间超过限制"
            ) from None
        except (OSError, EOFError):
            # The process died: of its memory limit, or of the file.
            raise fact(
                errors.FILE_TOO_COMPLEX, what="parser ended", what_zh="读取时超过限制"
            ) from None
        finally:
            if kept:
                self._idle.append(process)
            else:
                process.end()
        return answer

    def close(self) -> None:
        """End every idle process."""
        while self._idle:
            self._idle.pop().end()


class _Process:
    def __init__(self) -> None:
        self.files = 0
        ours, theirs = socket.socketpair()
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "services.kit.sheets.parse"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=_CODE_ROOT,
            )
        self._socket = ours

    def exchange(
        self, order: dict[str, Any], content: bytes, *, time_limit_s: float
    ) -> dict[str, Any]:
        self.files += 1
        self._socket.settimeout(time_limit_s)
        send_frame(self._socket, json.dumps(order).encode())
        send_frame(self._socket, content)
        answer: dict[str, Any] = json.loads(receive_frame(self._socket))
        return answer

    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def end(self) -> None:
        self._socket.close()
        self._popen.kill()
        self._popen.wait()
