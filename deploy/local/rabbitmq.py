"""A private RabbitMQ node: own name, ports, cookie, folders and password.

It cannot collide with a broker that already runs here, because it shares nothing with it.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from kombu.connection import Connection

from deploy.local import programs
from deploy.local.commands import SetupError, run
from deploy.local.daemons import (
    Daemon,
    accepts_connections,
    await_ready,
    free_port,
    launch,
    recall,
    remember,
    write_secret,
)

USER = "hpf"
NODE = "hpf@localhost"
START_TIMEOUT_S = 90.0
"""A cold node takes 5 s here; a loaded two-core machine has been seen to need 30 s."""
LISTENING = re.compile(r"Server startup complete")
NAMED = re.compile(r'\{resource,\s*<<"/">>,\s*(queue|exchange),\s*<<"([^"]*)">>\}')
"""A queue or an exchange of the default virtual host, as Erlang writes it."""
LIST = "{rabbit_amqqueue:list_names(), rabbit_exchange:list_names()}."
DELETE_USERS = """\
[rabbit_auth_backend_internal:delete_user(User, <<"local">>)
 || Facts <- rabbit_auth_backend_internal:list_users(),
    User <- [proplists:get_value(user, Facts)],
    string:prefix(User, <<"{prefix}">>) =/= nomatch],
"""
DOCKER_IMAGE = "rabbitmq:3.13"
IDLE_QUIETLY = "+sbwt none +sbwtdcpu none +sbwtdio none"
"""Erlang's schedulers busy-wait by default, which starves a two-core machine."""


def ensure(home: Path) -> str:
    """Return the AMQP URI of the node that lives in `home`, starting it if it is not up."""
    known = recall(home / "node.json")
    if known is not None and accepts_connections(int(known[1]["port"])):
        return str(known[1]["uri"])
    stop(home)
    installed = programs.rabbitmq()
    if installed is not None:
        return _start_node(home, installed)
    docker = programs.docker()
    if docker is not None:
        return _start_container(home, docker)
    raise SetupError(programs.MISSING_BROKER)


def stop(home: Path) -> None:
    """End the node, its port mapper or its container; nothing happens if there is none."""
    for name in ("node.json", "epmd.json"):
        known = recall(home / name)
        if known is not None:
            daemon, facts = known
            if "container" in facts:
                run([str(facts["docker"]), "rm", "-f", str(facts["container"])])
            daemon.end(signal.SIGTERM)
        (home / name).unlink(missing_ok=True)


def _start_node(home: Path, installed: programs.RabbitMQ) -> str:
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    uri = f"amqp://{USER}:{_password(home)}@127.0.0.1:{port}/"
    env = _node_environment(home, installed=installed, port=port)
    epmd: list[str | Path] = [
        installed.erlang_bin / "epmd",
        "-address",
        "127.0.0.1",
        "-port",
        env["ERL_EPMD_PORT"],
    ]
    remember(launch(epmd, log=home / "log/epmd.log", env=env, cwd=home), home / "epmd.json")
    log = home / "log" / "node.log"
    log.unlink(missing_ok=True)
    node = launch([installed.server], log=log, env=env, cwd=home)
    epmd_port = env["ERL_EPMD_PORT"]
    remember(node, home / "node.json", port=port, uri=uri, epmd_port=epmd_port)
    await_ready(
        node,
        lambda: log.is_file() and LISTENING.search(log.read_text(errors="replace")) is not None,
        name="RabbitMQ",
        log=log,
        timeout_s=START_TIMEOUT_S,
    )
    return uri


def _password(home: Path) -> str:
    """The node keeps its users on disk, so the password must outlive a restart too."""
    path = home / "password"
    if not path.is_file():
        write_secret(path, secrets.token_urlsafe(24))
    return path.read_text()


def _node_environment(home: Path, *, installed: programs.RabbitMQ, port: int) -> Mapping[str, str]:
    write_secret(
        home / "rabbitmq.conf",
        f"default_user = {USER}\ndefault_pass = {_password(home)}\n"
        "log.console = true\nlog.console.level = info\nlog.file = false\n"
        # A development disk may be nearly full; 50 MB is what the broker itself needs.
        "disk_free_limit.absolute = 50MB\n",
    )
    write_secret(home / "enabled_plugins", "[].\n")
    (home / "empty.conf").touch()
    env = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{installed.erlang_bin}:{os.environ.get('PATH', os.defpath)}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONF_ENV_FILE": str(home / "empty.conf"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(home / "node.pid"),
        "RABBITMQ_SCHEDULER_BIND_TYPE": "u",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": IDLE_QUIETLY,
    }
    if installed.libraries is not None:
        env["LD_LIBRARY_PATH"] = str(installed.libraries)
    return env


def _start_container(home: Path, docker: str) -> str:
    port = free_port()
    uri = f"amqp://{USER}:{_password(home)}@127.0.0.1:{port}/"
    name = f"hpf-rabbitmq-{port}"
    command = [docker, "run", "-d", "--name", name, "-p", f"127.0.0.1:{port}:5672"]
    command += ["-e", f"RABBITMQ_DEFAULT_USER={USER}"]
    command += ["-e", f"RABBITMQ_DEFAULT_PASS={_password(home)}", DOCKER_IMAGE]
    run(command)
    pid = int(run([docker, "inspect", "-f", "{{.State.Pid}}", name]))
    container = Daemon.of(pid)
    facts: dict[str, str | int] = {"container": name, "docker": docker}
    remember(container, home / "node.json", port=port, uri=uri, **facts)
    deadline = time.monotonic() + START_TIMEOUT_S
    while LISTENING.search(run([docker, "logs", name])) is None:
        if time.monotonic() > deadline or not container.alive:
            raise SetupError(f"RabbitMQ did not start in Docker; see `docker logs {name}`")
        time.sleep(0.5)
    return uri


def delete_objects(home: Path, prefix: str) -> None:
    """Delete every queue, exchange and user whose name begins with `prefix`."""
    known = recall(home / "node.json")
    if known is None:
        return
    # AMQP itself cannot list, so the broker's own command does: once, for each time it starts an Erlang of its own.
    listed = control(home, "eval", DELETE_USERS.format(prefix=f"{prefix}-") + LIST)
    with Connection(str(known[1]["uri"])) as connection, connection.channel() as channel:
        delete = {"queue": channel.queue_delete, "exchange": channel.exchange_delete}
        for kind, name in NAMED.findall(listed):
            if name.startswith(prefix):
                delete[kind](name)


def control(home: Path, *command: str, given: str = "") -> str:
    """Run rabbitmqctl on the node of `home`, which must be up; it reads `given`; returns what it wrote."""
    known = recall(home / "node.json")
    if known is None:
        raise SetupError(f"no RabbitMQ runs in {home}")
    facts = known[1]
    if "container" in facts:
        ctl = [str(facts["docker"]), "exec", "-i", str(facts["container"]), "rabbitmqctl", "-q"]
        return run([*ctl, *command], given=given)
    installed = programs.rabbitmq()
    if installed is None:
        raise SetupError(programs.MISSING_BROKER)
    env = dict(_node_environment(home, installed=installed, port=int(facts["port"])))
    env["ERL_EPMD_PORT"] = str(facts["epmd_port"])
    script = installed.scripts / "rabbitmqctl"
    return run([script, "-q", "-n", NODE, *command], env=env, cwd=home, given=given)
