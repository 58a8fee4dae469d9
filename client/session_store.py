"""Where a session is kept between calls: in memory, or in a file that only its owner can read.

With the session go the consistency tokens of what was written, so that the next command sees it.
The file is locked while a session is renewed: two commands at once must not both spend the one
refresh token.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from google.protobuf import json_format
from hpf.auth.v1.auth_service_pb2 import Session
from hpf.common.v1.business_pb2 import ConsistencyToken

from client.errors import InputError

#: (owner, employer number) → version that reads must have reached.
Versions = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class StoredSession:
    """A session with what must be remembered beside it."""

    target: str
    session: Session
    versions: Versions = field(default_factory=dict)
    # Kept before the refresh is sent: a command that dies half-way repeats it under the same id.
    refresh_request_id: str = ""

    def with_versions(self, tokens: Iterable[ConsistencyToken]) -> StoredSession:
        """The same session, knowing of newer versions; older ones change nothing."""
        versions = dict(self.versions)
        for token in tokens:
            key = (token.owner, token.employer_no)
            versions[key] = max(token.version, versions.get(key, 0))
        return replace(self, versions=versions)


class SessionStore(Protocol):
    """What the client needs of a place to keep the session."""

    def load(self) -> StoredSession | None: ...

    def save(self, stored: StoredSession) -> None: ...

    def clear(self) -> None: ...

    def locked(self) -> AbstractContextManager[None]: ...


class MemoryStore:
    """Keeps the session for as long as the program runs."""

    def __init__(self) -> None:
        self._stored: StoredSession | None = None

    def load(self) -> StoredSession | None:
        return self._stored

    def save(self, stored: StoredSession) -> None:
        self._stored = stored

    def clear(self) -> None:
        self._stored = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        yield


class FileStore:
    """Keeps the session in a file of mode 0600, written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> StoredSession | None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            session = json_format.ParseDict(kept["session"], Session(), ignore_unknown_fields=True)
            versions = {(owner, number): int(v) for owner, number, v in kept["versions"]}
            return StoredSession(kept["target"], session, versions, kept["refresh_request_id"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"无法读取会话文件 {self._path}：{error.strerror}") from error
        except (ValueError, KeyError, TypeError, json_format.ParseError):
            return None  # written by another release or damaged: a new login replaces it

    def save(self, stored: StoredSession) -> None:
        content = json.dumps(
            {
                "target": stored.target,
                "session": json_format.MessageToDict(stored.session),
                "versions": [[*key, version] for key, version in stored.versions.items()],
                "refresh_request_id": stored.refresh_request_id,
            },
            ensure_ascii=False,
        )
        self._make_folder()
        # mkstemp makes the file readable by its owner only.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".session-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(name, self._path)

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        self._make_folder()
        with open(self._path.with_suffix(".lock"), "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_folder(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(f"无法创建目录 {self._path.parent}：{error.strerror}") from error
