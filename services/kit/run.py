"""Starts processes: `python -m services.kit.run PROCESS…`

PROCESS is `edge`, `workers`, or one or more of auth, collection, deposit, query, receipt. Several services may share
one process on a small machine; production runs each apart. The edge and the workers never share a process with a
service: grpcio and PKCS#11 do not live with eventlet.
"""

from __future__ import annotations

import os
import sys

NEEDS_EVENTLET = {"auth", "collection", "deposit", "query", "receipt"}
ALONE = {"edge", "workers"}

if __name__ == "__main__" and NEEDS_EVENTLET & set(sys.argv[1:]):
    # Before anything else is imported: what was imported earlier would keep its unpatched locks and sockets.
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    import warnings

    warnings.filterwarnings("ignore", category=DeprecationWarning, module="eventlet")
    import eventlet

    eventlet.monkey_patch()

import argparse  # noqa: E402  # everything below must come after the patching above
import logging  # noqa: E402
import multiprocessing  # noqa: E402
import signal  # noqa: E402
import threading  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from types import FrameType  # noqa: E402

log = logging.getLogger("services.run")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.kit.run", description=__doc__)
    parser.add_argument("process", nargs="+", choices=sorted(NEEDS_EVENTLET | ALONE))
    processes = parser.parse_args(argv).process
    if len(processes) > 1 and ALONE & set(processes):
        parser.error("edge and workers each need a process of their own")
    from services.kit.logs import configure
    from services.kit.settings import KitSettings

    kit = KitSettings.read()
    multiprocessing.current_process().name = "+".join(processes)
    configure(kit.log_level)
    # Before a part is loaded that counts: the workers' figures are counted by their children.
    with metrics_of(processes, kit.metrics_port):
        run(processes)
    return 0


@contextmanager
def metrics_of(processes: Sequence[str], port: int) -> Iterator[None]:
    """Answer Prometheus meanwhile, if a port is given."""
    if not port:
        yield
        return
    from services.kit import metrics

    if processes == ["workers"]:
        with metrics.serve_for_children(port):
            yield
    else:
        metrics.serve(port)
        yield


def run(processes: Sequence[str]) -> None:
    """Run until we are told to stop."""
    if processes == ["edge"]:
        from services.edge.main import serve

        serve(ready=lambda: say_ready(processes))
    elif processes == ["workers"]:
        run_workers()
    else:
        run_services(processes)


def say_ready(processes: Sequence[str]) -> None:
    """Tell whoever started us that we answer now: a line in the log and one in HPF_READY_FILE."""
    from services.kit.heap import keep_what_is_there
    from services.kit.settings import KitSettings

    keep_what_is_there()
    log.info("ready %s", " ".join(processes))
    ready_file = KitSettings.read().ready_file
    if ready_file is not None:
        with ready_file.open("a", encoding="utf-8") as file:
            file.writelines(f"ready {process}\n" for process in processes)


def run_services(services: Sequence[str]) -> None:
    """Host services in nameko until SIGTERM or SIGINT."""
    from services.kit import nameko_host
    from services.kit.app import Runtime
    from services.kit.registry import app_of
    from services.kit.settings import BrokerSettings

    runtimes = [Runtime.from_environment(app_of(name)) for name in services]
    runner = nameko_host.runner(runtimes, amqp_uri=BrokerSettings.read().amqp_uri)

    def stop(signum: int, frame: FrameType | None) -> None:
        eventlet.spawn_n(runner.stop)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    runner.start()
    say_ready(services)
    runner.wait()


def run_workers() -> None:
    """Run every worker loop in a process of its own until SIGTERM or SIGINT."""
    from services.kit.registry import WORKERS

    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=run_worker, args=(name,), name=name) for name in WORKERS]
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    for child in children:
        child.start()
    say_ready(["workers"])
    while not stopping.wait(0.5):
        for position, child in enumerate(children):
            if not child.is_alive():
                log.warning("worker %s ended with %s, starts again", child.name, child.exitcode)
                children[position] = context.Process(
                    target=run_worker, args=(child.name,), name=child.name
                )
                children[position].start()
    for child in children:
        child.terminate()
    for child in children:
        child.join(timeout=30)


def run_worker(name: str) -> None:
    """One worker loop; lives and dies with the process that started it."""
    from services.kit.app import Runtime
    from services.kit.heap import keep_what_is_there
    from services.kit.logs import configure
    from services.kit.registry import app_of, worker_of
    from services.kit.settings import KitSettings

    configure(KitSettings.read().log_level)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    runtime = Runtime.from_environment(app_of(name))
    work = worker_of(name)
    keep_what_is_there()
    work(runtime, stopping=lambda: stopping.is_set() or os.getppid() != parent)


if __name__ == "__main__":
    sys.exit(main())
