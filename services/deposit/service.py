"""The table of deposit: its calls, the events it follows, what it looks after by itself."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2, deposit_service_pb2

from services.deposit import sagas
from services.deposit.handlers import (
    back_payment,
    bank_payment,
    businesses,
    closing,
    employers,
    give_up,
    interest,
    interest_run,
    products,
    reconciliation,
    remittance,
    reversal,
    roster,
    saga,
    transfer,
    unallocated,
)
from services.deposit.settings import DepositSettings
from services.deposit.store import businesses as businesses_store
from services.kit import event_log
from services.kit.app import App, Backlog, Ticker, methods, subscribe
from services.kit.submissions import approving, evidence

_SERVICES = deposit_service_pb2.DESCRIPTOR.services_by_name

APP = App(
    name="deposit",
    settings=DepositSettings,
    methods=methods(
        (
            _SERVICES["DepositService"],
            {
                "SubmitRemittance": remittance.submit_remittance,
                **back_payment.WORKSHEET,
                **approving.HANDLERS,
                "SubmitWorksheet": back_payment.submit_worksheet,
                "GetBusiness": businesses.BUSINESSES.get_business,
                "WatchBusiness": businesses.BUSINESSES.watch_business,
                "ListOperations": businesses.BUSINESSES.list_operations,
                "GetSuspense": businesses.get_suspense,
            },
        ),
        (
            _SERVICES["DepositAdminService"],
            {
                "ReadEvents": event_log.read_events,
                **evidence.HANDLERS,
                "RecordBankPayment": bank_payment.record_bank_payment,
                "CheckBooks": businesses.check_books,
                "GiveUpBusiness": give_up.give_up_business,
                "FindBusiness": reversal.find_business,
                "ReverseBusiness": reversal.reverse_business,
                "ListUnallocatedPayments": unallocated.list_unallocated_payments,
                "AllocatePayment": unallocated.allocate_payment,
                "ReconcileBank": reconciliation.reconcile_bank,
                "StartInterestRun": interest.start_interest_run,
                "GetInterestRun": interest.get_interest_run,
                "ListInterestShares": interest.list_interest_shares,
                "ListAccountInterest": interest.list_account_interest,
                "SetInterestRate": interest.set_interest_rate,
                "ListInterestRates": interest.list_interest_rates,
                "RecountProducts": products.recount_products,
            },
        ),
    ),
    subscriptions=(
        subscribe(
            "collection",
            {
                **dict.fromkeys(employers.carriers(), employers.take_over),
                collection.RosterReserved: roster.on_roster_reserved,
                collection.RosterRefused: saga.on_roster_refused,
                collection.RosterReleased: roster.on_roster_released,
                collection.BackPaymentChecked: back_payment.on_back_payment_checked,
                collection.TransferRequested: transfer.on_transfer_requested,
                collection.ClosingRequested: closing.on_closing_requested,
            },
        ),
        subscribe(
            "bank", {deposit_events_pb2.BankPaymentReported: bank_payment.on_payment_reported}
        ),
    ),
    backlogs=(Backlog("business", businesses_store.backlog),),
    tickers=(
        Ticker("ask again", 5.0, sagas.ask_again),
        approving.EXPIRY,
        Ticker("interest", 1.0, interest_run.work),
    ),
)
