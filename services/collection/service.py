"""The table of collection: its calls and the events it follows."""

from __future__ import annotations

from hpf.collection.v1 import collection_service_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.collection.handlers import businesses, register_employer, remittance, worksheet
from services.collection.settings import CollectionSettings
from services.kit.app import App, methods, subscribe

_SERVICES = collection_service_pb2.DESCRIPTOR.services_by_name

APP = App(
    name="collection",
    settings=CollectionSettings,
    methods=methods(
        (
            _SERVICES["CollectionService"],
            {
                **worksheet.HANDLERS,
                "SubmitWorksheet": worksheet.submit_worksheet,
                "GetBusiness": businesses.get_business,
                "PreviewRemittance": remittance.preview_remittance,
            },
        ),
        (
            _SERVICES["CollectionAdminService"],
            {"RegisterEmployer": register_employer.register_employer},
        ),
    ),
    subscriptions=(
        subscribe(
            "deposit",
            {
                deposit.RemittanceRequested: remittance.reserve_roster,
                deposit.RemittanceSettled: remittance.settle,
            },
        ),
    ),
)
