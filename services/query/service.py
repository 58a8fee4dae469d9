"""The table of query: its calls, and the events its read tables follow."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2
from hpf.receipt.v1 import receipt_events_pb2

from services.kit import jobs
from services.kit.app import App, Ticker, methods, subscribe
from services.kit.replays.following import replay_ticker
from services.query.events import OWNERS, messages_of
from services.query.handlers import (
    employer,
    export,
    ledger,
    people,
    projection,
    read_model,
    statement,
)
from services.query.handlers.consistency import check_versions
from services.query.pruning import prune_exports
from services.query.replay import COPIES
from services.query.settings import QuerySettings

APP = App(
    name="query",
    settings=QuerySettings,
    methods=methods(
        (
            query_service_pb2.DESCRIPTOR.services_by_name["QueryService"],
            {
                "GetEmployer": employer.get_employer,
                "ListPeople": people.list_people,
                "ListLedger": ledger.list_ledger,
                "ListStatement": statement.list_statement,
                "ExportQuery": export.export_query,
                "ExportPeople": export.export_people,
            },
        ),
        (
            query_service_pb2.DESCRIPTOR.services_by_name["QueryAdminService"],
            {
                "GetReadModel": read_model.get_read_model,
                "StartReplay": read_model.start_replay,
            },
        ),
    ),
    subscriptions=(
        *(
            subscribe(
                owner,
                dict.fromkeys(messages_of(owner), projection.project),
                others=projection.pass_by,
            )
            for owner in OWNERS
        ),
        subscribe("receipt", {receipt_events_pb2.QueryPrintMade: export.on_query_print_made}),
    ),
    backlogs=(jobs.BACKLOG,),
    tickers=(
        replay_ticker(COPIES),
        Ticker("prune exports", 300.0, prune_exports),
    ),
    before_read=check_versions,
)
