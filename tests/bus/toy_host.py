"""Hosts the toy service, and auth when told to, in a process of its own: `python -m tests.bus.toy_host toy auth`."""

from __future__ import annotations

import os
import signal
import sys
import warnings


def main(names: list[str]) -> None:
    from services.kit import nameko_host
    from services.kit.app import Runtime
    from services.kit.logs import configure
    from services.kit.settings import BrokerSettings
    from tests.bus.toy_app import APP, AUTH

    configure("INFO")
    runtimes = [Runtime.from_environment({"toy": APP, "auth": AUTH}[name]) for name in names]
    runner = nameko_host.runner(runtimes, amqp_uri=BrokerSettings.read().amqp_uri)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    runner.wait()


if __name__ == "__main__":
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import eventlet

    eventlet.monkey_patch()
    main(sys.argv[1:])
