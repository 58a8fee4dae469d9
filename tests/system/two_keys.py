"""A city whose employers want four eyes: what an agent submits waits, and another key approves it at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from google.protobuf.message import Message
from hpf.common.v1 import approval_pb2, business_pb2

from services.kit.app import Principal
from services.kit.ids import new_id
from services.kit.roles import Policy, Role
from tests.system.city import STAFF, City

_M = TypeVar("_M", bound=Message)


class TwoKeys(City):
    """Any test of a city holds here too: approval posts what a direct submission posts."""

    def call(
        self, service: str, request: Message, reply_class: type[_M], *, by: Principal = STAFF
    ) -> _M:
        name = type(request).__name__.removesuffix("Request")
        if not self.runtimes[service].app.methods[name].submits:
            return super().call(service, request, reply_class, by=by)
        handler = replace(
            by, certificate="CN=handler#1", roles=(Role.HANDLER,), policies=(Policy.APPROVAL,)
        )
        approver = replace(handler, certificate="CN=approver#1", roles=(Role.APPROVER,))
        reply = super().call(service, request, reply_class, by=handler)
        business: business_pb2.Business = reply.business  # type: ignore[attr-defined]  # of what submits
        assert business.state == business_pb2.BUSINESS_STATE_WAITING_APPROVAL
        approval = approval_pb2.ApproveSubmissionRequest(
            request_id=new_id(), waiting_no=business.registration_no
        )
        approved = super().call(
            service, approval, approval_pb2.ApproveSubmissionResponse, by=approver
        )
        business.CopyFrom(approved.business)
        return reply
