"""复核: what waits for a second person's approval, wherever it was submitted."""

from __future__ import annotations

import json
from typing import Any

from hpf.collection.v1.collection_service_pb2_grpc import CollectionServiceStub
from hpf.common.v1 import approval_pb2 as pb
from hpf.common.v1.business_pb2 import BUSINESS_KIND_CLOSE_EMPLOYER, Business
from hpf.deposit.v1.deposit_service_pb2_grpc import DepositServiceStub

from client.calls import Caller
from client.errors import InputError
from client.submission import Submitter
from services.kit.submissions.canonical import sha256_hex

#: What a waiting number begins with, by owner.
_OWNERS = {"WC": "collection", "WD": "deposit"}


class Approvals:
    """Part of `Hall`; every refusal is a HallError."""

    _caller: Caller
    _submitter: Submitter
    _collection: CollectionServiceStub
    _deposit: DepositServiceStub

    def waiting_submissions(self, *, decided: bool = False) -> list[pb.WaitingSubmission]:
        """待复核, or those that were decided, of all businesses; the newest page of each owner, newest first."""
        found: list[pb.WaitingSubmission] = []
        for owner in _OWNERS.values():
            request = pb.ListWaitingSubmissionsRequest(decided=decided)
            found += self._caller.call(
                self._stub(owner).ListWaitingSubmissions, request
            ).submissions
        return sorted(found, key=lambda each: each.submitted_at.ToNanoseconds(), reverse=True)

    def waiting_submission(self, waiting_no: str) -> pb.GetWaitingSubmissionResponse:
        """One with all that was submitted; InputError when the list is not the one that the form names."""
        request = pb.GetWaitingSubmissionRequest(waiting_no=waiting_no)
        stub = self._stub(_owner_of(waiting_no))
        reply: pb.GetWaitingSubmissionResponse = self._caller.call(
            stub.GetWaitingSubmission, request
        )
        named = json.loads(reply.canonical)["content_sha256"]
        if named != (sha256_hex(reply.content) if reply.content else ""):
            raise InputError("收到的清单与提交时的摘要不符，不能复核，请联系管理部")
        return reply

    def approve(self, shown: pb.GetWaitingSubmissionResponse, *, request_id: str = "") -> Business:
        """复核通过 of what was shown, and of nothing else. The answer may still be PENDING: see `outcome`."""
        waiting_no = shown.submission.waiting_no
        owner = _owner_of(waiting_no)
        if shown.submission.kind == BUSINESS_KIND_CLOSE_EMPLOYER:
            # As `close_employer`: the receipt can be downloaded until the token expires.
            self._caller.renew_session()
        request = pb.ApproveSubmissionRequest(request_id=request_id, waiting_no=waiting_no)
        business: Business = self._submitter.submit(
            self._stub(owner).ApproveSubmission, request, owner=owner, content=shown.canonical
        ).business
        return business

    def reject(self, waiting_no: str, *, reason: str) -> pb.WaitingSubmission:
        """复核退回"""
        request = pb.RejectSubmissionRequest(waiting_no=waiting_no, reason=reason)
        stub = self._stub(_owner_of(waiting_no))
        ended: pb.WaitingSubmission = self._caller.call(stub.RejectSubmission, request).submission
        return ended

    def withdraw(self, waiting_no: str) -> pb.WaitingSubmission:
        """撤回"""
        request = pb.WithdrawSubmissionRequest(waiting_no=waiting_no)
        stub = self._stub(_owner_of(waiting_no))
        ended: pb.WaitingSubmission = self._caller.call(stub.WithdrawSubmission, request).submission
        return ended

    def _stub(self, owner: str) -> Any:
        return {"collection": self._collection, "deposit": self._deposit}[owner]


def _owner_of(waiting_no: str) -> str:
    owner = _OWNERS.get(waiting_no[:2].upper())
    if owner is None:
        raise InputError(f"“{waiting_no}”不是待复核编号，见 hpf approval list")
    return owner
