"""Which processes there are and where their tables stand; loaded by name, so that no process imports another's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from services.kit.app import App
from services.kit.grants import Store

#: Services hosted by nameko, each with its own store.
SERVICES = ("auth", "collection", "deposit", "query", "receipt")

#: Services with plain worker processes (rendering, exports): `services.<name>.worker.run_jobs`.
WORKERS = ("query", "receipt")


def app_of(service: str) -> App:
    """The table of a service by its name."""
    if service not in SERVICES:
        raise KeyError(service)
    app: App = import_module(f"services.{service}.service").APP
    return app


def store_of(service: str) -> Store:
    """The tables of a service by its name."""
    if service not in SERVICES:
        raise KeyError(service)
    store: Store = import_module(f"services.{service}.models").STORE
    return store


def worker_of(service: str) -> Callable[..., None]:
    """The worker loop of a service by its name."""
    if service not in WORKERS:
        raise KeyError(service)
    run: Callable[..., None] = import_module(f"services.{service}.worker").run_jobs
    return run
