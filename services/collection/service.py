"""The table of collection: its calls and the events it follows."""

from __future__ import annotations

from hpf.auth.v1 import auth_events_pb2 as auth
from hpf.collection.v1 import collection_service_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.collection import sagas
from services.collection.handlers import (
    back_payment,
    balances,
    businesses,
    close_employer,
    profile_change,
    rate_change,
    reference,
    register_employer,
    remittance,
    reversal,
    schedule,
    transfer,
    worksheet,
)
from services.collection.settings import CollectionSettings
from services.collection.store import businesses as businesses_store
from services.kit import event_log
from services.kit.app import App, Backlog, Ticker, methods, subscribe
from services.kit.submissions import approving, evidence

_SERVICES = collection_service_pb2.DESCRIPTOR.services_by_name

APP = App(
    name="collection",
    settings=CollectionSettings,
    methods=methods(
        (
            _SERVICES["CollectionService"],
            {
                **worksheet.HANDLERS,
                **approving.HANDLERS,
                "SubmitWorksheet": worksheet.submit_worksheet,
                "GetBusiness": businesses.BUSINESSES.get_business,
                "WatchBusiness": businesses.BUSINESSES.watch_business,
                "GetOperation": businesses.get_operation,
                "ListOperations": businesses.BUSINESSES.list_operations,
                "PreviewRemittance": remittance.preview_remittance,
                "LookUpTargetEmployer": transfer.look_up_target_employer,
                "GetProfile": profile_change.get_profile,
                "ChangeProfile": profile_change.change_profile,
                "ChangeRates": rate_change.change_rates,
                "CloseEmployer": close_employer.close_employer,
            },
        ),
        (
            _SERVICES["CollectionAdminService"],
            {
                "ReadEvents": event_log.read_events,
                **evidence.HANDLERS,
                "RegisterEmployer": register_employer.register_employer,
                "ChangeEmployerProfile": profile_change.change_employer_profile,
                "ListPolicies": reference.list_policies,
                "SetPolicy": reference.set_policy,
                "ListCodes": reference.list_codes,
                "SetCode": reference.set_code,
            },
        ),
    ),
    subscriptions=(
        subscribe(
            "deposit",
            {
                deposit.RemittanceRequested: remittance.reserve_roster,
                deposit.RemittanceSettled: remittance.settle,
                deposit.BackPaymentRequested: back_payment.check_back_payment,
                deposit.BackPaymentSettled: back_payment.settle_back_payment,
                deposit.ReversalRequested: reversal.hold_for_reversal,
                deposit.ReversalSettled: reversal.settle,
                deposit.TransferSettled: transfer.settle,
                deposit.ClosingSettled: close_employer.settle,
                deposit.LedgerLinesPosted: balances.copy_balances,
            },
        ),
        subscribe("auth", {auth.AgentMobileChangeConfirmed: profile_change.on_mobile_confirmed}),
    ),
    backlogs=(Backlog("business", businesses_store.backlog),),
    tickers=(
        Ticker("ask again", 5.0, sagas.ask_again),
        approving.EXPIRY,
        Ticker("show what has begun", 60.0, schedule.show_what_has_begun),
    ),
)
