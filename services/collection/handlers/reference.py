"""The centre's own tables: policy rows with validity dates and code tables, maintained by staff; changes are events."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2
from hpf.collection.v1 import collection_service_pb2 as collection

from services.collection import wire
from services.collection.domain.policy import Policy, is_consistent
from services.collection.errors import CODE_LIST_UNKNOWN, POLICY_HAS_BEGUN, POLICY_INVALID
from services.collection.store import reference
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.days import day_of
from services.kit.errors import FIELD_INVALID, FIELD_REQUIRED, DomainError, FieldError
from services.kit.money import Rounding
from services.kit.plain_text import is_plain

#: Subject of events that concern the whole centre.
CENTRE = ""
# Titles stand in the columns of receipts.
_TITLE_CHARS_MAX = 40


def list_policies(
    call: Call, request: collection.ListPoliciesRequest
) -> collection.ListPoliciesResponse:
    found = reference.policies(call.connection)
    return collection.ListPoliciesResponse(
        policies=[wire.policy_row(day, policy) for day, policy in found]
    )


def set_policy(call: Call, request: collection.SetPolicyRequest) -> collection.SetPolicyResponse:
    """Raises POLICY_INVALID, POLICY_HAS_BEGUN, DATE_INVALID: what has begun is history."""
    row = request.policy
    valid_from = day_of(row.valid_from, field="policy.valid_from")
    if valid_from <= business_date(call.now):
        raise DomainError(POLICY_HAS_BEGUN)
    policy = _policy(row)
    reference.put_policy(call.connection, valid_from, policy)
    call.emit(
        collection_events_pb2.PolicyChanged(
            valid_from=valid_from.isoformat(), changed_by=call.principal.name
        ),
        subject=CENTRE,
    )
    return collection.SetPolicyResponse(policy=wire.policy_row(valid_from, policy))


def list_codes(call: Call, request: collection.ListCodesRequest) -> collection.ListCodesResponse:
    found = reference.code_lists(call.connection)
    if request.list:
        if request.list not in found:
            raise DomainError(CODE_LIST_UNKNOWN)
        found = {request.list: found[request.list]}
    return collection.ListCodesResponse(code_lists=wire.code_lists(found))


def set_code(call: Call, request: collection.SetCodeRequest) -> collection.SetCodeResponse:
    """Add, rename or retire an entry. Raises CODE_LIST_UNKNOWN, FIELD_REQUIRED, FIELD_INVALID."""
    if request.list not in reference.code_lists(call.connection):
        raise DomainError(CODE_LIST_UNKNOWN)
    entry = request.entry
    if not entry.code or not (entry.title or request.retire):
        field = FieldError("entry", FIELD_REQUIRED.code, "代码和名称不能为空")
        raise DomainError(FIELD_REQUIRED, fields=[field])
    if len(entry.title) > _TITLE_CHARS_MAX or not is_plain(entry.title):
        said = f"名称不超过 {_TITLE_CHARS_MAX} 个字，不含换行等不可显示的字符"
        raise DomainError(FIELD_INVALID, fields=[FieldError("entry", FIELD_INVALID.code, said)])
    if request.retire:
        reference.retire_code(call.connection, request.list, entry.code)
    else:
        reference.put_code(call.connection, request.list, entry.code, title_zh=entry.title)
    call.emit(
        collection_events_pb2.CodeChanged(
            list=request.list,
            code=entry.code,
            title=entry.title,
            retired=request.retire,
            changed_by=call.principal.name,
        ),
        subject=CENTRE,
    )
    entries = reference.code_lists(call.connection).get(request.list, {})
    return collection.SetCodeResponse(code_list=wire.code_lists({request.list: entries})[0])


def _policy(row: collection.PolicyRow) -> Policy:
    if row.rounding_fen not in {each.value for each in Rounding}:
        raise DomainError(POLICY_INVALID)
    policy = Policy(
        base_floor_fen=row.base_floor_fen,
        base_ceiling_fen=row.base_ceiling_fen,
        rate_floor=row.rate_floor,
        rate_ceiling=row.rate_ceiling,
        monthly_floor_fen=row.monthly_floor_fen,
        monthly_ceiling_fen=row.monthly_ceiling_fen,
        rounding=Rounding(row.rounding_fen),
        future_months_allowed=row.future_months_allowed,
        row_limit=row.row_limit,
    )
    if not is_consistent(policy):
        raise DomainError(POLICY_INVALID)
    return policy
