"""Reports payments to the hall as a bank's connector would: `python -m client.samples.bank_sender payments.csv`

The file has the columns employer_no, bank_reference, amount, value_date, payer_name; amounts in yuan. Sending it twice
is harmless: the hall books each bank reference once. The contract is docs/bank.md.
"""

from __future__ import annotations

import argparse
import csv
import os
import ssl
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from hpf.deposit.v1.deposit_events_pb2 import BankPaymentReported
from kombu import Connection, Exchange

SOURCE = "bank"
TYPE = "hpf.deposit.v1.BankPaymentReported"
ROUTING_KEY = "bank.bank_payment_reported"
# The same payment has the same event id for ever, so that a message sent again is recognised as such.
_EVENT_IDS = uuid.UUID("6f1c2f0e-6f0b-4c55-9d0e-0d8f3c1b9a77")


def payments_of(rows: Iterable[dict[str, str]]) -> Iterator[BankPaymentReported]:
    """One message for each row; raises ValueError for a date or an amount that is none."""
    for row in rows:
        yield BankPaymentReported(
            employer_no=row["employer_no"].strip(),
            bank_reference=row["bank_reference"].strip(),
            amount_fen=_fen(row["amount"]),
            value_date=date.fromisoformat(row["value_date"].strip()).isoformat(),
            payer_name=row["payer_name"].strip(),
        )


def headers_of(payment: BankPaymentReported, *, now: datetime) -> dict[str, str]:
    """The CloudEvents attributes that every event of the hall carries (docs/events.md)."""
    attributes = {
        "specversion": "1.0",
        # The same report has the same id; another amount under a used reference is another report.
        "id": str(uuid.uuid5(_EVENT_IDS, payment.SerializeToString(deterministic=True).hex())),
        "type": TYPE,
        "source": SOURCE,
        "subject": payment.employer_no,
        "subjectversion": "0",  # the bank counts no versions
        "time": now.isoformat(),
        "correlationid": payment.bank_reference,
    }
    return {f"cloudEvents_{name}": value for name, value in attributes.items()}


def send(amqp_uri: str, namespace: str, payments: Iterable[BankPaymentReported]) -> int:
    """Publish every payment and wait until the broker has it; returns how many were sent."""
    sent = 0
    exchange = Exchange(f"{namespace}.events", type="topic", passive=True)
    options = {"confirm_publish": True}
    with Connection(amqp_uri, transport_options=options, ssl=_tls(amqp_uri)) as broker:
        producer = broker.Producer(exchange=exchange)
        for payment in payments:
            headers = headers_of(payment, now=datetime.now(UTC))
            producer.publish(
                payment.SerializeToString(),
                routing_key=ROUTING_KEY,
                headers=headers,
                message_id=headers["cloudEvents_id"],
                # The broker refuses any but the user who logged in; the hall believes none but the bank's.
                user_id=broker.userid,
                content_type="application/protobuf",
                content_encoding="binary",
                delivery_mode=2,
            )
            sent += 1
    return sent


def _tls(amqp_uri: str) -> dict[str, object] | None:
    """With amqps:// the broker must prove its name; kombu by itself checks its CA only.

    Raises ValueError for a broker on another machine that would be spoken to in the clear.
    """
    parts = urlsplit(amqp_uri)
    if parts.scheme != "amqps":
        if parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError(
                f"payments leave this machine under TLS only: amqps://{parts.hostname}"
            )
        return None
    return {"server_hostname": parts.hostname, "cert_reqs": ssl.CERT_REQUIRED}


def _fen(yuan: str) -> int:
    amount = Decimal(yuan.strip()) * 100
    if amount != amount.to_integral_value():
        raise ValueError("an amount has at most two decimals")
    return int(amount)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bank_sender", description=__doc__)
    parser.add_argument("file", type=Path, help="payments as CSV")
    parser.add_argument("--amqp-uri", default=os.environ.get("AMQP_URI"))
    parser.add_argument("--namespace", default=os.environ.get("HPF_NAMESPACE", "hpf"))
    arguments = parser.parse_args(argv)
    if not arguments.amqp_uri:
        parser.error("set AMQP_URI or give --amqp-uri")
    with arguments.file.open(encoding="utf-8-sig", newline="") as lines:
        payments = list(payments_of(csv.DictReader(lines)))
    print(f"已发送 {send(arguments.amqp_uri, arguments.namespace, payments)} 笔")
    return 0


if __name__ == "__main__":
    sys.exit(main())
