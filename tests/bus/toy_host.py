"""Hosts the toy service, and auth when told to, in a process of its own: `python -m tests.bus.toy_host toy auth`."""

import os
import sys

os.environ["EVENTLET_NO_GREENDNS"] = "yes"

import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)

import eventlet

eventlet.monkey_patch()

import signal

from services.kit import nameko_host
from services.kit.app import Runtime
from services.kit.logs import configure
from services.kit.settings import BrokerSettings
from tests.bus.toy_app import APP, AUTH

configure("INFO")
apps = [{"toy": APP, "auth": AUTH}[name] for name in sys.argv[1:]]
runner = nameko_host.runner(
    [Runtime.from_environment(app) for app in apps], amqp_uri=BrokerSettings.read().amqp_uri
)
signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
runner.start()
print("ready", flush=True)
runner.wait()
