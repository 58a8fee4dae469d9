"""Logging in (manual §3): challenge, answer, code. `confirm.py` has the last step.

A refusal that must leave a trace (a used-up challenge, a counted try) is returned, not raised.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.certificates import Verdict
from services.auth.challenge import NONCE_BYTES, challenge_bytes
from services.auth.domain.binding import Binding, BindingEnd, EmployerFile, refusal_of, takes_over
from services.auth.domain.login import AttemptState, LoginAttempt
from services.auth.domain.sms_code import mask_mobile
from services.auth.errors import ATTEMPT_OVER, LOGIN_REFUSED, MOBILE_NOT_ON_FILE
from services.auth.handlers.audit import audit, refused
from services.auth.handlers.bindings import Holder, bind, end
from services.auth.handlers.codes import mobile_of, send_login_code
from services.auth.handlers.trust import is_signed, judge
from services.auth.store import attempts, bindings, employers
from services.auth.wire import ALGORITHMS, timestamp
from services.kit.app import Call
from services.kit.errors import DomainError
from services.kit.ids import new_id


def start_login(call: Call, request: pb.StartLoginRequest) -> pb.StartLoginResponse:
    """A fresh challenge. Costs one row; nothing is looked up."""
    attempt_id = new_id()
    challenge = challenge_bytes(
        attempt_id=attempt_id,
        nonce=secrets.token_bytes(NONCE_BYTES),
        centre=call.runtime.kit.centre_name,
    )
    expires_at = call.now + call.settings.login_policy.challenge_life
    attempt = LoginAttempt(
        attempt_id=attempt_id,
        state=AttemptState.CHALLENGED,
        challenge=challenge,
        expires_at=expires_at,
        address=call.principal.address,
    )
    attempts.add_attempt(call.connection, attempt)
    return pb.StartLoginResponse(
        attempt_id=attempt_id, challenge=challenge, expires_at=timestamp(expires_at)
    )


def answer_challenge(
    call: Call, request: pb.AnswerChallengeRequest
) -> pb.AnswerChallengeResponse | DomainError:
    """Certificate, signature, employer, then the code. Any answer uses up the challenge."""
    attempt = attempts.lock_attempt(call.connection, request.attempt_id)
    if attempt is None:
        return refused(call, "answer", DomainError(ATTEMPT_OVER), cause="unknown")
    try:
        attempt.check_may_answer(call.now)
    except DomainError as refusal:
        return refused(call, "answer", refusal, attempt_id=attempt.attempt_id)
    attempts.save_attempt(call.connection, attempt.over())
    proven = _prove_holder(call, attempt, request)
    if isinstance(proven, DomainError):
        return proven
    admitted = _admit(call, attempt, proven)
    if isinstance(admitted, DomainError):
        return admitted
    binding, employer = admitted
    try:
        send_login_code(call, attempt, binding=binding, employer=employer)
    except DomainError as refusal:
        return refused(
            call,
            "answer",
            refusal,
            attempt_id=attempt.attempt_id,
            employer_no=employer.employer_no,
            certificate=binding.certificate,
        )
    audit(
        call,
        "answer",
        attempt_id=attempt.attempt_id,
        employer_no=employer.employer_no,
        certificate=binding.certificate,
    )
    expires_at, resend_after = _code_times(call)
    return pb.AnswerChallengeResponse(
        masked_mobile=_masked(call, binding, employer),
        code_expires_at=timestamp(expires_at),
        resend_after=timestamp(resend_after),
    )


def resend_code(call: Call, request: pb.ResendCodeRequest) -> pb.ResendCodeResponse | DomainError:
    """获取验证码 again: the earlier code is worth nothing from now on."""
    attempt = attempts.lock_attempt(call.connection, request.attempt_id)
    if attempt is None or attempt.binding_id is None:
        return refused(call, "resend", DomainError(ATTEMPT_OVER), cause="unknown")
    binding = bindings.binding_by_id(call.connection, attempt.binding_id)
    if binding is None:
        raise LookupError("an attempt points to a binding that is not there")
    whose = {
        "attempt_id": attempt.attempt_id,
        "employer_no": binding.employer_no,
        "certificate": binding.certificate,
    }
    employer = employers.load_employer(
        call.connection, binding.employer_no, vault=call.vault, lock=True
    )
    if employer is None or employer.is_closed or binding.ended_at is not None:
        return refused(call, "resend", DomainError(ATTEMPT_OVER), **whose)
    try:
        attempt.check_may_resend(call.settings.login_policy)
        send_login_code(call, attempt, binding=binding, employer=employer)
    except DomainError as refusal:
        return refused(call, "resend", refusal, **whose)
    audit(
        call,
        "resend",
        attempt_id=attempt.attempt_id,
        employer_no=binding.employer_no,
        certificate=binding.certificate,
    )
    expires_at, resend_after = _code_times(call)
    return pb.ResendCodeResponse(
        masked_mobile=_masked(call, binding, employer),
        code_expires_at=timestamp(expires_at),
        resend_after=timestamp(resend_after),
    )


def _code_times(call: Call) -> tuple[datetime, datetime]:
    """When the code just ordered expires, and when another may be asked for."""
    return (
        call.now + call.settings.login_policy.code_life,
        call.now + call.settings.sms_policy.resend_interval,
    )


def _masked(call: Call, binding: Binding, employer: EmployerFile) -> str:
    return mask_mobile(call.vault.open_text(mobile_of(binding, employer)))


def _prove_holder(
    call: Call, attempt: LoginAttempt, request: pb.AnswerChallengeRequest
) -> Verdict | DomainError:
    """The certificate is good and its key signed this attempt's challenge."""
    verdict, authority = judge(call, request.certificate)
    if not verdict.accepted or authority is None or verdict.certificate is None:
        cause = f"{verdict.outcome}/{verdict.reason}"
        return refused(
            call, "answer", refusal_of(verdict), cause=cause, attempt_id=attempt.attempt_id
        )
    signed = is_signed(
        authority,
        request.certificate,
        ALGORITHMS.get(request.algorithm),
        message=attempt.challenge,
        signature=request.signature,
    )
    if not signed:
        refusal = DomainError(LOGIN_REFUSED)
        return refused(call, "answer", refusal, cause="signature", attempt_id=attempt.attempt_id)
    return verdict


def _admit(
    call: Call, attempt: LoginAttempt, verdict: Verdict
) -> tuple[Binding, EmployerFile] | DomainError:
    """The employer that the certificate is bound to and whose code it carries."""
    facts = verdict.certificate
    if facts is None:
        raise ValueError("an accepted verdict has its facts")
    found = bindings.open_binding(
        call.connection, issuer=facts.issuer, serial_number=facts.serial_number
    ) or _renewal(call, verdict)
    cause = ""
    employer = None
    if found is None:
        cause = "not bound"
    else:
        employer = employers.load_employer(
            call.connection, found.employer_no, vault=call.vault, lock=True
        )
        if employer is None or employer.is_closed:
            cause = "employer closed"
        elif not facts.uscc or facts.uscc != employer.uscc:
            cause = "uscc differs"
    if found is None or employer is None or cause:
        return refused(
            call,
            "answer",
            DomainError(LOGIN_REFUSED),
            cause=cause,
            attempt_id=attempt.attempt_id,
            employer_no=found.employer_no if found else "",
            certificate=f"{facts.issuer}#{facts.serial_number}",
        )
    if not mobile_of(found, employer):
        refusal = DomainError(MOBILE_NOT_ON_FILE)
        return refused(
            call,
            "answer",
            refusal,
            attempt_id=attempt.attempt_id,
            employer_no=employer.employer_no,
            certificate=found.certificate,
        )
    return found, employer


def _renewal(call: Call, verdict: Verdict) -> Binding | None:
    """Manual §10: a new certificate of the same holder from the same CA takes over the binding."""
    facts, authority = verdict.certificate, verdict.authority
    if facts is None or facts.uscc is None or authority is None:
        return None
    if bindings.was_lost(call.connection, issuer=facts.issuer, serial_number=facts.serial_number):
        return None
    old = takes_over(
        facts,
        authority=authority,
        bindings=bindings.open_bindings_of_holder(
            call.connection, authority=authority, uscc=facts.uscc
        ),
        now=call.now,
        policy=call.settings.login_policy,
    )
    if old is None:
        return None
    end(call, old, reason=BindingEnd.RENEWED)
    # Role and holder stay: a renewed key is the same person's.
    holder = Holder(old.role, old.holder_name_sealed, old.holder_mobile_sealed)
    return bind(call, facts, authority=authority, employer_no=old.employer_no, holder=holder)
