"""Logging in (manual 三): the key signs a challenge, the hall sends a code by SMS, the code opens
the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from hpf.common.v1 import submission_pb2 as submission
from hpf.common.v1.submission_pb2 import SubmissionSignature

from client.calls import Caller
from client.usbkey import KeyCertificate, SigningAlgorithm, UsbKeys

_ON_THE_WIRE = {
    SigningAlgorithm.RSA_PKCS1_SHA256: auth.SIGNATURE_ALGORITHM_RSA_PKCS1_SHA256,
    SigningAlgorithm.RSA_PSS_SHA256: auth.SIGNATURE_ALGORITHM_RSA_PSS_SHA256,
    SigningAlgorithm.ECDSA_SHA256: auth.SIGNATURE_ALGORITHM_ECDSA_P256_SHA256,
    SigningAlgorithm.ECDSA_SHA384: auth.SIGNATURE_ALGORITHM_ECDSA_P384_SHA384,
}

_OF_SUBMISSIONS = {
    SigningAlgorithm.RSA_PKCS1_SHA256: submission.SUBMISSION_ALGORITHM_RSA_PKCS1_SHA256,
    SigningAlgorithm.RSA_PSS_SHA256: submission.SUBMISSION_ALGORITHM_RSA_PSS_SHA256,
    SigningAlgorithm.ECDSA_SHA256: submission.SUBMISSION_ALGORITHM_ECDSA_P256_SHA256,
    SigningAlgorithm.ECDSA_SHA384: submission.SUBMISSION_ALGORITHM_ECDSA_P384_SHA384,
}


class SigningKey(Protocol):
    """The unlocked USB key: its certificate and a signature. The PIN never comes here."""

    @property
    def certificate(self) -> bytes:
        """The holder's certificate, DER."""
        ...

    def sign(self, message: bytes) -> tuple[int, bytes]:
        """The `SignatureAlgorithm` used and the signature over `message`."""
        ...


@dataclass(frozen=True, slots=True)
class CodeSent:
    """An SMS code is on its way to the agent's mobile on file."""

    masked_mobile: str
    expires_at: datetime
    resend_after: datetime


class PluggedKey:
    """A key on a PKCS#11 token, with its PIN for as long as this object lives."""

    def __init__(self, keys: UsbKeys, chosen: KeyCertificate, *, pin: str) -> None:
        self._keys = keys
        self._chosen = chosen
        self._pin = pin

    @property
    def certificate(self) -> bytes:
        return self._chosen.der

    def sign(self, message: bytes) -> tuple[int, bytes]:
        """Sign a login challenge.

        Raises UsbKeyError for a wrong PIN, and for anything that is not a challenge.
        """
        algorithm, signature = self._keys.sign_login(
            self._chosen.token, message, pin=self._pin, key_id=self._chosen.key_id
        )
        return _ON_THE_WIRE[algorithm], signature

    def sign_submission(self, form: bytes) -> SubmissionSignature:
        """Sign a submission. Raises UsbKeyError for a wrong PIN, and for anything that is no submission."""
        algorithm, signature = self._keys.sign_submission(
            self._chosen.token, form, pin=self._pin, key_id=self._chosen.key_id
        )
        return SubmissionSignature(
            algorithm=_OF_SUBMISSIONS[algorithm],
            certificate=self._chosen.der,
            signature=signature,
        )


class PendingLogin:
    """A login whose code is on its way."""

    def __init__(
        self,
        caller: Caller,
        stub: AuthServiceStub,
        attempt_id: str,
        code_sent: CodeSent,
    ) -> None:
        self._caller = caller
        self._stub = stub
        self._attempt_id = attempt_id
        self.code_sent = code_sent

    def resend(self) -> CodeSent:
        """获取验证码 again; refused before `code_sent.resend_after`."""
        request = auth.ResendCodeRequest(attempt_id=self._attempt_id)
        self.code_sent = _code_sent(self._caller.public(self._stub.ResendCode, request))
        return self.code_sent

    def confirm(self, code: str) -> auth.Session:
        """The code ends the login; the session is kept."""
        request = auth.ConfirmCodeRequest(attempt_id=self._attempt_id, code=code)
        session: auth.Session = self._caller.public(self._stub.ConfirmCode, request).session
        self._caller.keep_session(session)
        return session


def start_login(caller: Caller, stub: AuthServiceStub, key: SigningKey) -> PendingLogin:
    """Prove possession of the key; the hall then sends a code by SMS."""
    started = caller.public(stub.StartLogin, auth.StartLoginRequest())
    algorithm, signature = key.sign(started.challenge)
    request = auth.AnswerChallengeRequest(
        attempt_id=started.attempt_id,
        certificate=key.certificate,
        algorithm=algorithm,  # type: ignore[arg-type]  # an enum value is an int on the wire
        signature=signature,
    )
    answered = caller.public(stub.AnswerChallenge, request)
    return PendingLogin(caller, stub, started.attempt_id, _code_sent(answered))


def _code_sent(reply: Any) -> CodeSent:
    return CodeSent(
        masked_mobile=reply.masked_mobile,
        expires_at=reply.code_expires_at.ToDatetime(tzinfo=UTC),
        resend_after=reply.resend_after.ToDatetime(tzinfo=UTC),
    )
