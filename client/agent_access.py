"""What the agent does about access after logging in: confirm a new mobile (manual 五, 5), see and report certificates."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.auth.v1.auth_service_pb2_grpc import AuthServiceStub

from client.calls import Caller


class AgentAccess:
    """Part of `Hall`; every refusal is a HallError."""

    _caller: Caller
    _auth: AuthServiceStub

    def confirm_mobile_change(self, code: str) -> str:
        """The code sent to the old number; returns the registration number of the change."""
        request = auth.ConfirmMobileChangeRequest(code=code)
        reply = self._caller.call(self._auth.ConfirmMobileChange, request)
        return str(reply.change_no)

    def resend_mobile_change_code(self) -> auth.ResendMobileChangeCodeResponse:
        """Another code to the old number; the one before is void."""
        reply: auth.ResendMobileChangeCodeResponse = self._caller.call(
            self._auth.ResendMobileChangeCode, auth.ResendMobileChangeCodeRequest()
        )
        return reply

    def own_bindings(self, *, page_token: str = "") -> auth.ListOwnBindingsResponse:
        """The employer's certificates, ended ones too."""
        request = auth.ListOwnBindingsRequest(page_token=page_token)
        reply: auth.ListOwnBindingsResponse = self._caller.call(self._auth.ListOwnBindings, request)
        return reply

    def report_own_loss(self, issuer: str, serial: str) -> auth.ReportOwnLossResponse:
        """挂失 (manual 二): the certificate is shut out for good, its sessions end at once."""
        request = auth.ReportOwnLossRequest(issuer=issuer, serial=serial)
        reply: auth.ReportOwnLossResponse = self._caller.call(self._auth.ReportOwnLoss, request)
        return reply
