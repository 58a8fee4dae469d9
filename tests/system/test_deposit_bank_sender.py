"""The sample sender of the bank's connector on a real broker, its messages handled by the real service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Consumer, Exchange, Queue

from client.samples import bank_sender
from services.kit import bus
from services.kit.broker import user_in
from services.kit.bus import user_id_of
from services.kit.consume import Outcome, process
from tests.conftest import Amqp
from tests.system.city import City
from tests.system.deposit_city import employer_with, suspense_of

HEADER = "employer_no,bank_reference,amount,value_date,payer_name\n"


def test_a_file_sent_twice_is_booked_once(city: City, amqp: Amqp, tmp_path: Path) -> None:
    employer_no, _ = employer_with(city)
    payments = tmp_path / "payments.csv"
    payments.write_text(
        f"{HEADER}{employer_no},sender-1,322421.22,2019-09-20,某公司\n"
        f"{employer_no},sender-2,0.78,2019-09-20,某公司\n",
        encoding="utf-8",
    )
    received: list[Any] = []
    with Connection(amqp.uri) as broker, broker.channel() as channel:
        bus.declare_events(channel, amqp.namespace)
        events = Exchange(f"{amqp.namespace}.events", type="topic", passive=True)
        queue = Queue(f"{amqp.namespace}.bank", events, "bank.#", auto_delete=True)
        queue(channel).declare()

        for _ in range(2):
            arguments = [str(payments), "--amqp-uri", amqp.uri, "--namespace", amqp.namespace]
            assert bank_sender.main(arguments) == 0

        consumer = Consumer(channel, [queue(channel)], accept=["application/protobuf"], no_ack=True)
        consumer.register_callback(lambda _body, message: received.append(message))
        with consumer:
            while len(received) < 4:
                broker.drain_events(timeout=10)

    runtime = city.runtimes["deposit"]
    kit = runtime.kit.model_copy(update={"bus_users": user_in(amqp.uri)})
    runtime = replace(runtime, kit=kit)
    bank = next(each for each in runtime.app.subscriptions if each.source == "bank")
    outcomes = {
        process(runtime, bank, each.headers, bytes(each.body), user_id=user_id_of(each))
        for each in received
    }
    assert outcomes == {Outcome.HANDLED}
    assert suspense_of(city, employer_no) == 32_242_200


@pytest.mark.parametrize("amount", ["1.001", "eins"])
def test_an_amount_that_is_none_is_not_sent(amount: str) -> None:
    row = {
        "employer_no": "1",
        "bank_reference": "r",
        "amount": amount,
        "value_date": "2019-09-20",
        "payer_name": "",
    }

    with pytest.raises((ValueError, ArithmeticError)):
        list(bank_sender.payments_of([row]))
