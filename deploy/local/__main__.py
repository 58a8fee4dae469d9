"""`python -m deploy.local up|down|status|logs|…`: the long-lived instance for trying things.

`up`, `down`, `status` and `logs` are what make calls by those names; `variables` prints what
points `hpf` at it; `install` fetches the programs that PyPI does not carry; `clean` stops all.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local import infra, programs
from deploy.local.commands import SetupError
from deploy.local.daemons import log_tail
from deploy.local.environment import ALL
from deploy.local.instance import Instance, instances
from deploy.local.seed import seed

DEFAULT_NAME = "local"
LOG_LINES = 40


def up(name: str) -> None:
    instance = Instance(name)
    instance.start()
    print(f"edge        {instance.edge_target}")
    print(f"CA file     {instance.ca_pem}")
    print(f"SMS outbox  {instance.sms_outbox}")
    print(f"logs        {instance.logs}")
    print("Point the command line at it:")
    try:
        clerk = seed(instance)
    except SetupError as error:
        print(f"  nobody can log in yet: {error}")
        for variable, setting in client_environment(instance).items():
            print(f"  export {variable}={setting}")
        return
    print(f"  export HPF_CONFIG={clerk.config} PATH={Path(sys.executable).parent}:$PATH")
    print(
        f"  hpf login --code-from-outbox    # {clerk.name} ({clerk.employer_no}), PIN {clerk.pin}"
    )


def client_environment(instance: Instance) -> dict[str, str]:
    """The variables that make `hpf` talk to this instance, as employer and as staff."""
    return {
        "HPF_EDGE": instance.edge_target,
        "HPF_CA_FILE": str(instance.ca_pem),
        "HPF_SMS_OUTBOX": str(instance.sms_outbox),
        "HPF_NAMESPACE": instance.namespace,
        "HPF_BUS_USERS": instance.bus_users,
        "AMQP_URI": instance.bus_uri("staff"),
        "HPF_OPERATOR_URI": instance.bus_uri("operator"),
    }


def down(name: str) -> None:
    Instance(name).close()
    stopped = infra.stop()
    print("stopped" if stopped else "stopped; PostgreSQL and RabbitMQ are still used by others")


def clean(name: str) -> None:
    for instance in instances():
        instance.close()
    if not infra.stop():
        raise SetupError("PostgreSQL or RabbitMQ is still used by another run; nothing removed")


def variables(name: str) -> None:
    for variable, setting in client_environment(Instance(name)).items():
        print(f"{variable}={setting}")


def status(name: str) -> None:
    for instance in instances():
        print(f"{instance.name}  edge {instance.edge_target}")
        for process, state in instance.status().items():
            figures = f"http://127.0.0.1:{instance.metrics_port(process)}/metrics"
            print(f"  {process:<12}{state:<10}{figures}")


def logs(name: str) -> None:
    instance = Instance(name)
    for process in ALL:
        print(f"== {instance.log_file(process)}")
        print(log_tail(instance.log_file(process), lines=LOG_LINES))


def install(name: str) -> None:
    token = programs.softhsm()
    broker = programs.rabbitmq() or programs.docker()
    if broker is None:
        raise SetupError(programs.MISSING_BROKER)
    poppler = programs.poppler()
    print(f"PKCS#11 module  {token.module}")
    print(f"PDF programs    {poppler.bin}")
    print(f"broker          {broker.server if isinstance(broker, programs.RabbitMQ) else broker}")


ACTIONS: dict[str, Callable[[str], None]] = {
    "up": up,
    "down": down,
    "status": status,
    "logs": logs,
    "install": install,
    "variables": variables,
    "clean": clean,
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("--name", default=DEFAULT_NAME, help="of the instance (default: local)")
    arguments = parser.parse_args(argv)
    try:
        ACTIONS[arguments.action](arguments.name)
        sys.stdout.flush()
    except BrokenPipeError:
        # `make status | head`: the reader has seen enough. Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except SetupError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
