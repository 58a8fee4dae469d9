"""What every proto keeps besides the grammar that `make proto-check` knows: ids, access, money, personal data."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from hpf.common.v1 import business_pb2, options_pb2, submission_pb2

from tests.contract import protos

#: Money is int64; this one is a unit to round to: 1, 10 or 100 fen.
ROUNDING_UNIT = "hpf.collection.v1.PolicyRow.rounding_fen"

#: Ends of the names under which an id number or a mobile may stand in an event: unreadable without the data keys.
UNREADABLE = ("_sealed", "_masked")


def _option(method: MethodDescriptor, option: FieldDescriptor) -> int:
    return int(method.GetOptions().Extensions[option])


def _changes(method: MethodDescriptor) -> bool:
    return _option(method, options_pb2.effect) == options_pb2.EFFECT_CHANGES


def test_requests_that_change_something_begin_with_their_id() -> None:
    firsts = {
        method.full_name: method.input_type.fields_by_number[1]
        for method in protos.methods()
        if _changes(method)
    }
    text = FieldDescriptor.TYPE_STRING
    wrong = [name for name, f in firsts.items() if (f.name, f.type) != ("request_id", text)]
    assert wrong == []


def test_requests_that_only_read_have_no_id() -> None:
    assert [
        method.full_name
        for method in protos.methods()
        if not _changes(method) and "request_id" in method.input_type.fields_by_name
    ] == []


def test_staff_methods_stand_in_admin_services_and_nowhere_else() -> None:
    assert [
        method.full_name
        for method in protos.methods()
        if method.containing_service.name.endswith("AdminService")
        != (_option(method, options_pb2.access) == options_pb2.ACCESS_STAFF)
    ] == []


def test_replies_that_are_waited_for_begin_with_a_business() -> None:
    firsts = {
        method.full_name: method.output_type.fields_by_number[1]
        for method in protos.methods()
        if _option(method, options_pb2.awaits_outcome)
    }
    kind = business_pb2.Business.DESCRIPTOR
    wrong = [
        name for name, f in firsts.items() if f.name != "business" or f.message_type is not kind
    ]
    assert firsts
    assert wrong == []


def test_what_submits_can_be_signed_and_answers_with_a_business() -> None:
    submits = [each for each in protos.methods() if _option(each, options_pb2.submits)]
    assert submits
    assert [
        method.full_name
        for method in submits
        if _option(method, options_pb2.access) != options_pb2.ACCESS_EMPLOYER
        or not _changes(method)
        or method.input_type.fields_by_number[15].name != "signature"
        or method.input_type.fields_by_number[15].message_type
        is not submission_pb2.SubmissionSignature.DESCRIPTOR
        or method.output_type.fields_by_number[1].name != "business"
    ] == []


def test_no_business_of_an_employer_escapes_signature_and_approval() -> None:
    # Whatever an employer changes and gets a business for is submitted; approving such a thing is signed likewise.
    escaping = [
        method.name
        for method in protos.methods()
        if _option(method, options_pb2.access) == options_pb2.ACCESS_EMPLOYER
        and _changes(method)
        and method.output_type.fields_by_number.get(1) is not None
        and method.output_type.fields_by_number[1].message_type is business_pb2.Business.DESCRIPTOR
        and not _option(method, options_pb2.submits)
    ]
    assert set(escaping) == {"ApproveSubmission"}


def test_no_request_of_an_employer_says_whose_it_is() -> None:
    # Whose data a call concerns is in its session; the field of that name asks about another, public fact.
    named = {
        method.name
        for method in protos.methods()
        if _option(method, options_pb2.access) == options_pb2.ACCESS_EMPLOYER
        and "employer_no" in method.input_type.fields_by_name
    }
    assert named == {"LookUpTargetEmployer"}


def test_fields_have_the_types_that_their_names_promise() -> None:
    promised = {
        "_fen": FieldDescriptor.TYPE_INT64,
        "_month": FieldDescriptor.TYPE_INT32,
        "_sealed": FieldDescriptor.TYPE_BYTES,
        "_on": FieldDescriptor.TYPE_STRING,
        "_date": FieldDescriptor.TYPE_STRING,
    }
    assert [
        field.full_name
        for field in protos.fields()
        for end, kind in promised.items()
        if field.name.endswith(end) and field.type != kind and field.full_name != ROUNDING_UNIT
    ] == []


def test_no_field_is_a_floating_point_number() -> None:
    floating = (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE)
    assert [field.full_name for field in protos.fields() if field.type in floating] == []


def test_id_numbers_and_mobiles_are_in_no_event_in_the_clear() -> None:
    in_the_clear = [
        field.full_name
        for event in protos.events()
        for field in _all_fields(event)
        if ("id_number" in field.name or "mobile" in field.name)
        and not field.name.endswith(UNREADABLE)
    ]
    assert in_the_clear == []


def _all_fields(message: Descriptor) -> list[FieldDescriptor]:
    found: dict[str, FieldDescriptor] = {}
    waiting = [message]
    while waiting:
        for field in waiting.pop().fields:
            if field.full_name not in found:
                found[field.full_name] = field
                if field.message_type is not None:
                    waiting.append(field.message_type)
    return list(found.values())
