"""Daily products that a trial of the annual interest has found wrong, counted anew from the ledger (manual §4.4)."""

from __future__ import annotations

from datetime import timedelta

from hpf.deposit.v1 import deposit_events_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit.errors import EMPLOYER_UNKNOWN
from services.deposit.store import funds, product
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError

# What one event may carry (docs/events.md); an employer with more is called for again.
ACCOUNTS_MAX = 2000


def recount_products(call: Call, request: pb.RecountProductsRequest) -> pb.RecountProductsResponse:
    """Only where kept product and ledger differ; told as an event with both. Raises EMPLOYER_UNKNOWN."""
    employer = funds.lock_employer(call.connection, request.employer_no)
    if employer is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    tomorrow = business_date(call.now) + timedelta(days=1)
    wrong = product.mismatched(call.connection, [employer.employer_no], end_day=tomorrow)
    before = {each.account_no: each.product_yuan_days for each in wrong[:ACCOUNTS_MAX]}
    after = product.recount(call.connection, list(before))
    if before:
        call.emit(
            deposit_events_pb2.ProductsRecounted(
                accounts=[
                    deposit_events_pb2.RecountedProduct(
                        account_no=account_no,
                        before_yuan_days=yuan_days,
                        after_yuan_days=after[account_no],
                    )
                    for account_no, yuan_days in before.items()
                ],
                by=call.principal.key,
            ),
            subject=employer.employer_no,
        )
    return pb.RecountProductsResponse(accounts=len(before), more=len(wrong) > ACCOUNTS_MAX)
