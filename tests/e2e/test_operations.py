"""What whoever is on call looks at: figures of every process, and one call followed through the logs."""

from __future__ import annotations

from urllib.request import urlopen

import grpc
import pytest
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.environment import ALL
from tests.e2e.town import PATIENCE_S, Employer, Town, wait_until

GET_SUSPENSE = "/hpf.deposit.v1.DepositService/GetSuspense"


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    return town.settle(headcount=2, paid_fen=1_000_000)


def figure(town: Town, process: str, name: str, **labels: str) -> float:
    """The sum of a series as the process tells it; 0 when it does not."""
    address = f"http://127.0.0.1:{town.instance.metrics_port(process)}/metrics"
    with urlopen(address, timeout=10) as answer:  # our own process, on this machine
        families = list(text_string_to_metric_families(answer.read().decode()))
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_services_tell_calls_and_events(town: Town, employer: Employer) -> None:
    answered = figure(town, "edge", "hpf_edge_calls_total", method=GET_SUSPENSE, code="OK")
    employer.hall.suspense_fen()

    assert figure(town, "edge", "hpf_edge_calls_total", method=GET_SUSPENSE, code="OK") > answered
    assert figure(town, "edge", "hpf_edge_bus_connected") == 1
    assert figure(town, "deposit", "hpf_calls_total", method="GetSuspense", code="0") >= 1
    assert figure(town, "collection", "hpf_events_published_total", service="collection") > 0
    assert figure(town, "query", "hpf_events_total", source="collection", outcome="handled") > 0


def test_workers_tell_what_their_children_did(town: Town, employer: Employer) -> None:
    assert wait_until(lambda: len(employer.hall.receipts().receipts) == 1)

    assert wait_until(
        lambda: figure(town, "workers", "hpf_jobs_total", service="receipt", outcome="done") > 0
    )
    assert figure(town, "workers", "hpf_job_seconds_count", service="receipt") > 0


@pytest.mark.parametrize("service", [each for each in ALL if each not in ("edge", "workers")])
def test_each_service_tells_what_waits_in_its_store(town: Town, service: str) -> None:
    assert wait_until(
        lambda: figure(town, service, "hpf_store_reachable", service=service) == 1,
        timeout_s=PATIENCE_S,
    )
    assert figure(town, service, "hpf_waiting_seconds", service=service, what="event") < PATIENCE_S


def test_one_reference_leads_through_the_logs_of_edge_and_service(
    town: Town, employer: Employer
) -> None:
    session = employer.hall.session()
    assert session is not None
    credentials = grpc.ssl_channel_credentials(town.instance.ca_pem.read_bytes())
    with grpc.secure_channel(town.instance.edge_target, credentials) as channel:
        ask = channel.unary_unary(GET_SUSPENSE)
        bearer = [("authorization", f"Bearer {session.access_token}")]
        _, call = ask.with_call(
            deposit.GetSuspenseRequest().SerializeToString(), metadata=bearer, timeout=10
        )
    reference = dict(call.trailing_metadata() or ())["x-request-id"]

    for process in ("edge", "deposit"):
        log = town.instance.log_file(process)
        assert wait_until(lambda log=log: f"request={reference}" in log.read_text())
