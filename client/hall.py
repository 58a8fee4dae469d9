"""The hall as an employer's program sees it: log in with the USB key; every screen is a method.

    hall = Hall("hall.example.cn:8443", ca_pem=ca)
    hall.login(key, code=ask_for_code)
    hall.worksheet("open_accounts").import_workbook(content)
    business = hall.submit_remittance(202611, due=hall.preview_remittance(202611))
    hall.download_receipt(business.registration_no, Path("receipt.pdf"))

Sends the same `request_id` on every try, renews the session, and reads what it wrote.
Refusals are `HallError`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.collection.v1.collection_service_pb2_grpc import CollectionServiceStub
from hpf.common.v1.business_pb2 import (
    BUSINESS_STATE_PENDING,
    BUSINESS_STATE_REJECTED,
    Business,
    ConsistencyToken,
)
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from hpf.deposit.v1.deposit_service_pb2_grpc import DepositServiceStub
from hpf.query.v1 import query_service_pb2 as query
from hpf.query.v1.query_service_pb2_grpc import QueryServiceStub
from hpf.receipt.v1.receipt_service_pb2_grpc import ReceiptServiceStub, VerificationServiceStub

from client.agent_access import AgentAccess
from client.approvals import Approvals
from client.calls import Caller
from client.downloads import Downloaded, Expected, Progress, no_progress, receive
from client.employer_businesses import EmployerBusinesses
from client.errors import InputError, hall_error, read_status
from client.following import Following
from client.login import CodeSent, PendingLogin, SigningKey, start_login
from client.papers import Papers
from client.session_store import MemoryStore, SessionStore
from client.submission import SubmissionKey, Submitter
from client.worksheet import Worksheet, business_named

#: A worksheet template or export of 2000 rows is below 1 MiB; nothing larger comes in one message.
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
#: How often a business that is still running is asked about.
OUTCOME_POLL_S = 0.3
_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    # Waiting and repeating are ours, with the refusal's own words about when.
    ("grpc.enable_retries", 0),
)


class Hall(EmployerBusinesses, Approvals, Following, Papers, AgentAccess):
    """One hall, one session. Not for several threads at once."""

    def __init__(
        self,
        target: str,
        *,
        ca_pem: bytes | None = None,
        store: SessionStore | None = None,
    ) -> None:
        """`target` is host:port; without `ca_pem` the system's CAs vouch for the hall."""
        credentials = grpc.ssl_channel_credentials(root_certificates=ca_pem)
        self._channel = grpc.secure_channel(target, credentials, options=_CHANNEL_OPTIONS)
        self._caller = Caller(self._channel, store or MemoryStore(), target=target)
        self._submitter = Submitter(self._caller)
        self._auth = AuthServiceStub(self._channel)
        self._collection = CollectionServiceStub(self._channel)
        self._deposit = DepositServiceStub(self._channel)
        self._query = QueryServiceStub(self._channel)
        self._receipt = ReceiptServiceStub(self._channel)
        self._verification = VerificationServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    # ------------------------------------------------------------ login (manual 三)

    def start_login(self, key: SigningKey) -> PendingLogin:
        """Prove possession of the key; the hall then sends a code by SMS."""
        return start_login(self._caller, self._auth, key)

    def login(self, key: SigningKey, *, code: Callable[[CodeSent], str]) -> auth.Session:
        """Log in whole; `code` is asked for the six digits."""
        pending = self.start_login(key)
        return pending.confirm(code(pending.code_sent))

    def sign_with(self, key: SubmissionKey | None) -> None:
        """Sign every submission from now on with the key that the session was opened with; None to stop."""
        self._submitter.key = key

    def session(self) -> auth.Session | None:
        """The session kept here, without asking the hall."""
        return self._caller.session()

    def ask_session(self) -> auth.Session:
        """The session as the hall has it, without tokens."""
        session: auth.Session = self._caller.call(
            self._auth.GetSession, auth.GetSessionRequest()
        ).session
        return session

    def logout(self) -> None:
        """End the session, here in any case."""
        try:
            self._caller.call(self._auth.Logout, auth.LogoutRequest())
        finally:
            self._caller.drop_session()

    # ------------------------------------------------------------ businesses (manual 五, 六)

    def worksheet(self, business: str) -> Worksheet:
        """The worksheet of a business, by key or Chinese title."""
        named = business_named(business)
        if named is None:
            raise InputError(f"没有名为“{business}”的业务清单")
        stubs = {"collection": self._collection, "deposit": self._deposit}
        return Worksheet(self._caller, stubs[named.owner], named, self._submitter)

    def preview_remittance(self, to_month: int = 0) -> collection.PreviewRemittanceResponse:
        """What would be due up to `to_month` (YYYYMM; 0 for the current month), month by month."""
        request = collection.PreviewRemittanceRequest(to_month=to_month)
        reply: collection.PreviewRemittanceResponse = self._caller.call(
            self._collection.PreviewRemittance, request
        )
        return reply

    def submit_remittance(
        self,
        to_month: int,
        *,
        due: collection.PreviewRemittanceResponse | None = None,
        request_id: str = "",
    ) -> Business:
        """汇缴 up to `to_month`. With the preview that somebody has confirmed as `due`, nothing is paid when
        something else is due by now; without it whatever is due is paid.

        The answer may still be PENDING: see `outcome`.
        """
        request = deposit.SubmitRemittanceRequest(
            request_id=request_id,
            to_month=to_month,
            expected_amount_fen=due.amount_fen if due else 0,
            expected_headcount=due.headcount if due else 0,
        )
        business: Business = self._submitter.submit(
            self._deposit.SubmitRemittance, request, owner="deposit"
        ).business
        return business

    def suspense_fen(self) -> int:
        """暂存款可用余额"""
        return int(
            self._caller.call(self._deposit.GetSuspense, deposit.GetSuspenseRequest()).available_fen
        )

    def outcome(self, business: Business, *, timeout_s: float = 60.0) -> Business:
        """Wait until a business is no longer PENDING. Raises its rejection; what is still
        running after `timeout_s`, or waits for approval, is returned as it is."""
        ends_at = time.monotonic() + timeout_s
        while business.state == BUSINESS_STATE_PENDING and time.monotonic() < ends_at:
            time.sleep(OUTCOME_POLL_S)
            business = self.business(business.registration_no)
        if business.state == BUSINESS_STATE_REJECTED:
            raise hall_error(read_status(business.rejection))
        return business

    # ------------------------------------------------------------ queries (manual 四)

    def must_see(self, *tokens: ConsistencyToken) -> None:
        """Reads from now on wait for these versions (of writes that others made)."""
        self._caller.remember(tokens)

    def employer(self) -> query.Employer:
        """单位基本信息查询"""
        employer: query.Employer = self._caller.call(
            self._query.GetEmployer, query.GetEmployerRequest()
        ).employer
        return employer

    def people(
        self,
        filter: query.PeopleFilter | None = None,
        *,
        page_size: int = 0,
        page_token: str = "",
        order: query.PeopleOrder = query.PEOPLE_ORDER_UNSPECIFIED,
    ) -> query.ListPeopleResponse:
        """个人基本信息查询, one page with the totals of the whole filter."""
        request = query.ListPeopleRequest(
            filter=filter, page_size=page_size, page_token=page_token, order=order
        )
        reply: query.ListPeopleResponse = self._caller.call(self._query.ListPeople, request)
        return reply

    def ledger(
        self,
        account_no: str,
        *,
        from_date: str = "",
        to_date: str = "",
        page_size: int = 0,
        page_token: str = "",
    ) -> query.ListLedgerResponse:
        """个人明细账查询, newest first."""
        request = query.ListLedgerRequest(
            account_no=account_no,
            from_date=from_date,
            to_date=to_date,
            page_size=page_size,
            page_token=page_token,
        )
        reply: query.ListLedgerResponse = self._caller.call(self._query.ListLedger, request)
        return reply

    def statement(
        self, *, from_date: str, to_date: str, page_size: int = 0, page_token: str = ""
    ) -> query.ListStatementResponse:
        """单位缴存明细查询, newest first."""
        request = query.ListStatementRequest(
            from_date=from_date,
            to_date=to_date,
            page_size=page_size,
            page_token=page_token,
        )
        reply: query.ListStatementResponse = self._caller.call(self._query.ListStatement, request)
        return reply

    def export_people(
        self,
        target: Path,
        *,
        filter: query.PeopleFilter | None = None,
        progress: Progress = no_progress,
    ) -> Downloaded:
        """导出 of the people as a workbook."""
        return self._caller.stream(
            self._query.ExportPeople,
            query.ExportPeopleRequest(filter=filter),
            lambda pieces: receive(pieces, target, describe=_export_head, progress=progress),
        )

    def export_query(
        self,
        target: Path,
        request: query.ExportQueryRequest,
        *,
        making: Progress = no_progress,
        progress: Progress = no_progress,
    ) -> Downloaded:
        """导出, 打印 or 复制 of a query, whole. `making` is told of rows while the file is made,
        `progress` of bytes while it arrives."""
        request.with_progress = True
        return self._caller.stream(
            self._query.ExportQuery,
            request,
            lambda pieces: receive(
                _made(pieces, making), target, describe=_export_head, progress=progress
            ),
        )


def _made(pieces: Iterator[query.ExportPiece], making: Progress) -> Iterator[query.ExportPiece]:
    """The pieces of the file; those that only tell how far it is are told on."""
    for piece in pieces:
        if piece.HasField("progress"):
            making(piece.progress.rows_done, piece.progress.rows)
        else:
            yield piece


def _export_head(piece: query.ExportPiece) -> Expected:
    return Expected(piece.file_name or "people.xlsx", piece.total_bytes)
