"""What auth does by itself: deliver ordered codes, fetch revocation lists, forget what is over."""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta
from functools import lru_cache

from services.auth.certificates.fetching import fetch_lists
from services.auth.settings import auth_settings
from services.auth.sms import Sms, SmsNotSent, SmsPort, sms_port
from services.auth.store import attempts, mobile_changes, sessions, sms_orders
from services.kit.app import Runtime
from services.kit.clock import business_date

log = logging.getLogger(__name__)

# One round's worth: at 0.2 s a message the next ticker is not kept waiting for long.
_BATCH = 50
# At two rounds a second a gateway may be away for half a minute; the code lives five.
_TRIES_MAX = 60
ATTEMPTS_KEPT = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=30)
ORDERS_KEPT = timedelta(days=30)


def send_waiting(runtime: Runtime) -> None:
    """Hand each waiting message to the gateway and forget its text. One that expired is dropped."""
    settings = auth_settings(runtime)
    port = _port(settings.sms_url, settings.sms_token.get_secret_value())
    now = runtime.clock.now()
    with runtime.database.transaction() as connection:
        waiting = sms_orders.waiting_orders(connection, limit=_BATCH)
    for order in waiting:
        if now >= order.expires_at or order.tries >= _TRIES_MAX:
            log.error("an SMS code was given up after %d tries", order.tries)
            sent = True
        else:
            content = json.loads(runtime.vault.open_text(bytes(order.message_sealed)))
            sent = _send(
                port,
                Sms(str(order.order_id), content["mobile"], content["text"], order.ordered_at),
            )
        with runtime.database.transaction() as connection:
            if sent:
                sms_orders.forget_message(connection, order.order_id)
            else:
                sms_orders.count_try(connection, order.order_id)


def forget(runtime: Runtime) -> None:
    """Remove attempts, sessions and orders that nobody can use or count any more."""
    settings = auth_settings(runtime)
    now = runtime.clock.now()
    with runtime.database.transaction() as connection:
        mobile_changes.sweep_changes(connection, before=now - settings.mobile_change_policy.life)
        attempts.sweep_attempts(connection, before=now - ATTEMPTS_KEPT)
        sessions.sweep_sessions(connection, before=now - SESSIONS_KEPT)
        sms_orders.sweep_orders(connection, before=business_date(now - ORDERS_KEPT))


def fetch_revocations(runtime: Runtime) -> None:
    """Look for newer lists of the CAs. What fails is tried again at the next round."""
    settings = auth_settings(runtime)
    if settings.fetch_minutes and settings.fetch_dir:
        # File times are the machine's, so the clock they are compared with is too.
        fetch_lists(
            settings.trust_dir,
            into=settings.fetch_dir,
            older_than_s=settings.fetch_minutes * 60.0,
            now_s=time.time(),
        )


@lru_cache(maxsize=4)
def _port(url: str, token: str) -> SmsPort:
    return sms_port(url, token=token)


def _send(port: SmsPort, sms: Sms) -> bool:
    try:
        port.send(sms)
    except SmsNotSent as error:
        log.warning("an SMS code was not taken by the gateway: %s", error)
        return False
    return True
