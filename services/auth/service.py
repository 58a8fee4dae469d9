"""auth as a table: logins, sessions, certificates of employers (manual §2, §3, §10)."""

from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2, submission_events_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.auth.events import followed
from services.auth.handlers import (
    access,
    audit_trail,
    businesses,
    confirm,
    ended_tokens,
    login,
    mobile_change,
    own_certificates,
    sessions,
    staff,
    sweep,
)
from services.auth.handlers.trust import ask_authority
from services.auth.settings import AuthSettings
from services.kit.app import App, Ticker, methods, subscribe

APP = App(
    name="auth",
    settings=AuthSettings,
    methods=methods(
        (
            pb.DESCRIPTOR.services_by_name["AuthService"],
            {
                "StartLogin": login.start_login,
                "AnswerChallenge": login.answer_challenge,
                "ResendCode": login.resend_code,
                "ConfirmCode": confirm.confirm_code,
                "RefreshSession": sessions.refresh_session,
                "GetSession": sessions.get_session,
                "Logout": sessions.logout,
                "ConfirmMobileChange": mobile_change.confirm_mobile_change,
                "ResendMobileChangeCode": mobile_change.resend_mobile_change_code,
                "ListOwnBindings": own_certificates.list_own_bindings,
                "ReportOwnLoss": own_certificates.report_own_loss,
            },
        ),
        (
            pb.DESCRIPTOR.services_by_name["AuthAdminService"],
            {
                "BindCertificate": staff.bind_certificate,
                "UnbindCertificate": staff.unbind_certificate,
                "ReportLoss": staff.report_loss,
                "ListBindings": staff.list_bindings,
                "SetEmployerAccess": access.set_employer_access,
                "GetEmployerAccess": access.get_employer_access,
                "VerifyAuditTrail": audit_trail.verify_audit_trail,
                "ListAuditEntries": audit_trail.list_audit_entries,
                "ListEndedSessions": ended_tokens.list_ended_sessions,
                "NoteRefusedToken": ended_tokens.note_refused_token,
            },
        ),
    ),
    subscriptions=(
        subscribe(
            "collection",
            {
                **dict.fromkeys(followed(collection.DESCRIPTOR), businesses.on_event),
                business_pb2.BusinessFinished: businesses.on_finished,
                submission_events_pb2.SubmissionNoted: businesses.on_noted,
                collection.AgentMobileChangeAsked: mobile_change.on_asked,
            },
        ),
        subscribe(
            "deposit",
            {
                **dict.fromkeys(followed(deposit.DESCRIPTOR), businesses.on_event),
                business_pb2.BusinessFinished: businesses.on_finished,
                submission_events_pb2.SubmissionNoted: businesses.on_noted,
            },
        ),
    ),
    before_change=ask_authority,
    tickers=(
        Ticker("send_codes", 0.5, sweep.send_waiting),
        Ticker("fetch_revocations", 60.0, sweep.fetch_revocations),
        Ticker("forget", 3600.0, sweep.forget),
    ),
)
