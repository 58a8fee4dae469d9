"""The staff's side of the money: payments of the bank, corrections, annual interest, the books (manual 六, §4.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from google.protobuf.message import Message
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from client.calls import CALL_TIMEOUT_S

_Reply = TypeVar("_Reply", bound=Message)

#: The books of a large city are read several times over, some ten seconds for a million ledger lines.
CHECK_TIMEOUT_S = 1800.0


class DepositStaff(ABC):
    """Part of `Staff`; every refusal is a HallError."""

    @abstractmethod
    def _call(
        self,
        service: str,
        method: str,
        request: Any,
        reply_class: type[_Reply],
        *,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> _Reply:
        """One call over the bus, repeated safely."""

    # ------------------------------------------------------------ the bank

    def record_payment(
        self, request: deposit.RecordBankPaymentRequest
    ) -> deposit.RecordBankPaymentResponse:
        """Money that the bank reported; once for each bank reference."""
        return self._call(
            "deposit", "RecordBankPayment", request, deposit.RecordBankPaymentResponse
        )

    def unallocated_payments(
        self, *, page_token: str = ""
    ) -> deposit.ListUnallocatedPaymentsResponse:
        """Payments for an employer that is not there, oldest first."""
        request = deposit.ListUnallocatedPaymentsRequest(page_token=page_token)
        return self._call(
            "deposit", "ListUnallocatedPayments", request, deposit.ListUnallocatedPaymentsResponse
        )

    def allocate_payment(
        self, bank_reference: str, employer_no: str
    ) -> deposit.AllocatePaymentResponse:
        """Book an unallocated payment to the employer it was for."""
        request = deposit.AllocatePaymentRequest(
            bank_reference=bank_reference, employer_no=employer_no
        )
        return self._call("deposit", "AllocatePayment", request, deposit.AllocatePaymentResponse)

    def reconcile_bank(
        self, request: deposit.ReconcileBankRequest
    ) -> deposit.ReconcileBankResponse:
        """Compare the bank's file of a day with the books; nothing is changed."""
        return self._call("deposit", "ReconcileBank", request, deposit.ReconcileBankResponse)

    # ------------------------------------------------------------ books and corrections

    def check_books(self) -> deposit.CheckBooksResponse:
        """Verify every invariant of the books."""
        return self._call(
            "deposit",
            "CheckBooks",
            deposit.CheckBooksRequest(),
            deposit.CheckBooksResponse,
            timeout_s=CHECK_TIMEOUT_S,
        )

    def find_business(self, registration_no: str) -> deposit.FindBusinessResponse:
        """A business of any employer."""
        request = deposit.FindBusinessRequest(registration_no=registration_no)
        return self._call("deposit", "FindBusiness", request, deposit.FindBusinessResponse)

    def give_up_business(self, registration_no: str, *, reason: str) -> business_pb2.Business:
        """End a business whose answer from collection does not come; nothing is posted."""
        request = deposit.GiveUpBusinessRequest(registration_no=registration_no, reason=reason)
        return self._call(
            "deposit", "GiveUpBusiness", request, deposit.GiveUpBusinessResponse
        ).business

    def reverse_business(
        self, request: deposit.ReverseBusinessRequest
    ) -> deposit.ReverseBusinessResponse:
        """冲正. A remittance's is PENDING at first: ask with `find_business`."""
        return self._call("deposit", "ReverseBusiness", request, deposit.ReverseBusinessResponse)

    # ------------------------------------------------------------ annual interest

    def start_interest_run(self, request: deposit.StartInterestRunRequest) -> deposit.InterestRun:
        """Begin a trial or the run of a year; the run that was begun is reported instead."""
        return self._call(
            "deposit", "StartInterestRun", request, deposit.StartInterestRunResponse
        ).run

    def interest_run(self, run_no: int = 0) -> deposit.InterestRun:
        """How far a run is; 0 is the newest."""
        request = deposit.GetInterestRunRequest(run_no=run_no)
        return self._call("deposit", "GetInterestRun", request, deposit.GetInterestRunResponse).run

    def interest_shares(
        self, run_no: int = 0, *, page_token: str = ""
    ) -> deposit.ListInterestSharesResponse:
        """What a run came to, employer by employer."""
        request = deposit.ListInterestSharesRequest(run_no=run_no, page_token=page_token)
        return self._call(
            "deposit", "ListInterestShares", request, deposit.ListInterestSharesResponse
        )

    def account_interest(
        self, request: deposit.ListAccountInterestRequest
    ) -> deposit.ListAccountInterestResponse:
        """The interest of single accounts of one employer for a fund year."""
        return self._call(
            "deposit", "ListAccountInterest", request, deposit.ListAccountInterestResponse
        )

    def recount_products(self, employer_no: str) -> deposit.RecountProductsResponse:
        """Count the products of an employer's accounts anew from their ledgers, where both differ."""
        request = deposit.RecountProductsRequest(employer_no=employer_no)
        return self._call("deposit", "RecountProducts", request, deposit.RecountProductsResponse)

    def interest_rates(self) -> deposit.ListInterestRatesResponse:
        """Every rate, newest first."""
        return self._call(
            "deposit",
            "ListInterestRates",
            deposit.ListInterestRatesRequest(),
            deposit.ListInterestRatesResponse,
        )

    def set_interest_rate(self, valid_from: str, *, rate_bp: int) -> deposit.InterestRate:
        """The yearly rate from a day on, in basis points."""
        request = deposit.SetInterestRateRequest(valid_from=valid_from, rate_bp=rate_bp)
        return self._call(
            "deposit", "SetInterestRate", request, deposit.SetInterestRateResponse
        ).rate
