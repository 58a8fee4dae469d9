"""Background programs of one machine: started once, found again by whoever comes next, stopped.

A daemon is remembered as a small JSON file with its pid and the pid's start time, so that a
file left over from before a crash or a reboot never points at a stranger.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.commands import SHOWN_OUTPUT_LINES, SetupError

POLL_INTERVAL_S = 0.05
LOCK_TIMEOUT_S = 300.0
"""Long enough for another run to download and start the same thing."""
TERM_GRACE_S = 20.0
"""What a database needs at most to write its checkpoint on the way out."""

_children: list[subprocess.Popen[bytes]] = []
"""What this process started, kept so that ended ones can be reaped."""


@atexit.register
def _let_go() -> None:
    """Daemons outlive us on purpose: tell their handles, or each would warn on the way out."""
    for child in _children:
        if child.poll() is None:
            child.returncode = 0


@dataclass(frozen=True)
class Daemon:
    """A running program: `started` is the kernel's start time of `pid`, in clock ticks."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Daemon:
        return cls(pid=pid, started=_start_time(pid) or 0)

    @property
    def alive(self) -> bool:
        return self.started != 0 and _start_time(self.pid) == self.started

    def send(self, signal_number: signal.Signals) -> None:
        """Signal the program if it is still the one that was started."""
        if self.alive:
            try:
                os.kill(self.pid, signal_number)
            except ProcessLookupError:
                pass

    def end(self, signal_number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, wait, and kill it when it does not listen."""
        self.send(signal_number)
        if not _wait_until(lambda: not self.alive, timeout_s=TERM_GRACE_S):
            self.send(signal.SIGKILL)
            _wait_until(lambda: not self.alive, timeout_s=TERM_GRACE_S)


def launch(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
) -> Daemon:
    """Start a program of its own session that outlives us; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            started = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise SetupError(f"cannot start {command[0]}: {error}") from error
    _children.append(started)
    return Daemon.of(started.pid)


def await_ready(
    daemon: Daemon,
    is_ready: Callable[[], bool],
    *,
    name: str,
    log: Path,
    timeout_s: float,
) -> None:
    """Return once `is_ready()`; raise with the end of the log if it dies or takes too long."""
    if _wait_until(lambda: is_ready() or not daemon.alive, timeout_s=timeout_s) and is_ready():
        return
    what = "did not become ready" if daemon.alive else "ended while starting"
    raise SetupError(f"{name} {what}; last lines of {log}:\n{log_tail(log)}")


def log_tail(log: Path, *, lines: int = SHOWN_OUTPUT_LINES) -> str:
    if not log.is_file():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def remember(daemon: Daemon, path: Path, **facts: str | int) -> None:
    """Write the daemon and facts such as its port, readable by the owner only."""
    write_secret(path, json.dumps({**asdict(daemon), **facts}, indent=2))


def recall(path: Path) -> tuple[Daemon, dict[str, str | int]] | None:
    """What `remember` wrote, or None when there is nothing or it is not alive any more."""
    try:
        facts = json.loads(path.read_text())
        daemon = Daemon(pid=facts.pop("pid"), started=facts.pop("started"))
    except (OSError, ValueError, KeyError):
        return None
    return (daemon, facts) if daemon.alive else None


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(partial, path)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path`: one starter or stopper at a time on this machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if not _wait_until(lambda: _try_lock(file.fileno()), timeout_s=LOCK_TIMEOUT_S):
            raise SetupError(f"another run has held {path} for {LOCK_TIMEOUT_S:.0f} s")
        yield


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at this moment."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """As many different ones."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_until(condition: Callable[[], bool], *, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_INTERVAL_S)
    return True


def _start_time(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat; None for a pid that is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])
