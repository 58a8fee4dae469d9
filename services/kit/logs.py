"""Logs: one line a fact on standard error, without personal data, in UTC."""

from __future__ import annotations

import logging
import sys
import time
import traceback

from sqlalchemy.exc import DBAPIError

from services.kit.db import failure_of

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(processName)s %(name)s %(message)s"

# These print fragments of what they work on: names, id numbers, whole messages.
_TOO_TALKATIVE = (
    "xhtml2pdf",
    "reportlab",
    "pyhanko",
    "pyhanko_certvalidator",
    "fontTools",
    "amqp",
    "kombu",
)


def configure(level: str) -> None:
    """Send the process's log to standard error at `level`; other people's libraries only warn."""
    # Where in the code and in which thread a line was written is not part of it: finding out would cost each line more
    # than writing it.
    logging._srcfile = None  # as its own documentation says
    logging.logThreads = False
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("services").setLevel(level)
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


def account_of(error: BaseException) -> str:
    """What failed and where, never in the error's own words: they may quote a row or what a person has typed."""
    what = failure_of(error) if isinstance(error, DBAPIError) else type(error).__name__
    return f"{what}\n{''.join(traceback.format_tb(error.__traceback__))}".rstrip()
