"""A payment that was taken back by mistake, or typed wrongly, is put right: booked anew by staff, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.kit.consume import Outcome
from services.kit.ids import new_id
from services.receipt.domain import voucher_no
from services.receipt.store import documents
from tests.system.city import City, Refused
from tests.system.deposit_city import employer_with, find, move_clock, reverse, suspense_of
from tests.system.people import check_books, pay_in
from tests.system.read_side import check_read_side, story_of
from tests.system.test_deposit_bank import allocate, at_bank, delivered, message, report, waiting

DAY = "2019-09-20"
NOBODY = "99999999999"


def record(
    city: City,
    employer_no: str,
    fen: int,
    *,
    reference: str,
    replaces: str = "",
    day: str = DAY,
) -> pb.RecordBankPaymentResponse:
    """Staff record a payment; raises Refused."""
    request = pb.RecordBankPaymentRequest(
        employer_no=employer_no,
        bank_reference=reference,
        amount_fen=fen,
        value_date=day,
        replaces_registration_no=replaces,
    )
    return city.call("deposit", request, pb.RecordBankPaymentResponse)


def refusal(city: City, employer_no: str, fen: int, *, reference: str, replaces: str = "") -> str:
    with pytest.raises(Refused) as refused:
        record(city, employer_no, fen, reference=reference, replaces=replaces)
    return refused.value.reason


def test_what_was_taken_back_is_never_answered_as_if_it_stood(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()
    event = report(city, employer_no, 100_000, reference=reference)
    booked = city.last_event(events.BankPaymentRecorded, employer_no).header.registration_no
    taken_back = reverse(city, booked)

    answer = record(city, employer_no, 100_000, reference=reference)
    outcome = delivered(city, replace(event, event_id=new_id()))

    assert answer.business.registration_no == booked
    assert answer.reversed_by_registration_no == taken_back.registration_no
    assert outcome is Outcome.HANDLED
    assert suspense_of(city, employer_no) == 0
    assert len(city.events_of(events.BankPaymentRecorded, employer_no)) == 1


def test_a_payment_that_stands_is_answered_plainly(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()

    first, again = (record(city, employer_no, 5, reference=reference) for _ in range(2))

    assert first == again
    assert first.reversed_by_registration_no == ""


def test_a_reversal_by_mistake_is_put_right_by_booking_anew(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()
    old = pay_in(city, employer_no, 100_000, reference=reference).registration_no
    reverse(city, old)

    anew = record(city, employer_no, 100_000, reference=reference, replaces=old)
    again = record(city, employer_no, 100_000, reference=reference, replaces=old)
    plain = record(city, employer_no, 100_000, reference=reference)

    new = anew.business.registration_no
    assert new != old
    assert anew == again == plain
    assert anew.reversed_by_registration_no == ""
    assert suspense_of(city, employer_no) == at_bank(city, reference) == 100_000
    told = city.last_event(events.BankPaymentRecorded, employer_no)
    assert (told.header.registration_no, told.replaces_registration_no) == (new, old)
    assert find(city, old).replaced_by_registration_no == new
    assert find(city, new).replaces_registration_no == old
    assert refusal(city, employer_no, 1, reference=reference, replaces=old) == (
        "BANK_REFERENCE_REUSED"
    )
    assert check_books(city).clean


def test_a_payment_typed_wrongly_is_put_right_and_the_banks_letter_with_it(city: City) -> None:
    """10.00 of 2 September instead of 1000.00 of the 3rd, for the wrong employer."""
    wrong, right = employer_with(city)[0], employer_with(city)[0]
    reference = new_id()
    typed = record(city, wrong, 1_000, reference=reference, day="2019-09-02").business
    letter = message(right, 100_000, reference=reference, day="2019-09-03")
    assert delivered(city, letter) is Outcome.DEAD
    reverse(city, typed.registration_no)
    assert refusal(city, right, 100_000, reference=reference) == "BANK_REFERENCE_REUSED"

    record(
        city,
        right,
        100_000,
        reference=reference,
        day="2019-09-03",
        replaces=typed.registration_no,
    )
    replayed = delivered(city, letter)
    old_again = record(city, wrong, 1_000, reference=reference, day="2019-09-02")

    assert replayed is Outcome.HANDLED
    assert old_again.reversed_by_registration_no != ""
    assert (suspense_of(city, wrong), suspense_of(city, right)) == (0, 100_000)
    assert at_bank(city, reference) == 100_000
    assert check_books(city).clean


def test_a_reference_typed_in_the_wrong_case_is_put_right(city: City) -> None:
    employer_no, _ = employer_with(city)
    own = new_id()
    typed = record(city, employer_no, 700, reference=f"bk-{own}").business.registration_no
    reverse(city, typed)

    record(city, employer_no, 700, reference=f"BK-{own}", replaces=typed)

    letter = message(employer_no, 700, reference=f"BK-{own}")
    assert delivered(city, letter) is Outcome.HANDLED
    assert suspense_of(city, employer_no) == 700


def test_only_what_has_left_the_account_is_booked_anew(city: City) -> None:
    """It stands, it waits, it lies with another employer: each time the money is there."""
    employer_no, other = employer_with(city)[0], employer_with(city)[0]
    reference = new_id()
    old = pay_in(city, employer_no, 100, reference=reference).registration_no
    reasons = [refusal(city, employer_no, 100, reference=reference, replaces=old)]
    kept = reverse(city, old, to_unallocated=True)
    reasons.append(refusal(city, employer_no, 100, reference=reference, replaces=old))
    allocate(city, reference, other)
    reasons.append(refusal(city, employer_no, 100, reference=reference, replaces=old))
    reverse(city, city.last_event(events.BankPaymentRecorded, other).header.registration_no)
    reasons.append(refusal(city, employer_no, 100, reference=reference, replaces=old))
    assert set(reasons) == {"PAYMENT_STANDS"}
    reverse(city, kept.registration_no)

    record(city, employer_no, 100, reference=reference, replaces=old)

    assert (suspense_of(city, employer_no), suspense_of(city, other)) == (100, 0)
    assert at_bank(city, reference) == 100
    assert check_books(city).clean


def test_what_is_replaced_is_a_booking_of_the_same_reference(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()
    other = pay_in(city, employer_no, 100).registration_no
    reverse(city, other)
    unknown = refusal(city, employer_no, 100, reference=reference, replaces=other)
    pay_in(city, employer_no, 100, reference=reference)

    foreign = refusal(city, employer_no, 200, reference=reference, replaces=other)

    assert (unknown, foreign) == ("FIELD_INVALID", "FIELD_INVALID")


def test_a_payment_can_be_taken_back_and_booked_anew_as_often_as_people_err(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()
    numbers = [pay_in(city, employer_no, 100, reference=reference).registration_no]
    for fen in (200, 300):
        reverse(city, numbers[-1])
        anew = record(city, employer_no, fen, reference=reference, replaces=numbers[-1])
        numbers.append(anew.business.registration_no)

    assert suspense_of(city, employer_no) == at_bank(city, reference) == 300
    assert refusal(city, employer_no, 300, reference=reference, replaces=numbers[0]) == (
        "BANK_REFERENCE_REUSED"
    )
    assert check_books(city).clean


def test_what_was_booked_anew_is_put_aside_allocated_and_recalled_like_any_payment(
    city: City,
) -> None:
    wrong, right = employer_with(city)[0], employer_with(city)[0]
    reference = new_id()
    old = pay_in(city, wrong, 100, reference=reference).registration_no
    reverse(city, old)
    new = record(city, wrong, 100, reference=reference, replaces=old).business.registration_no

    kept = reverse(city, new, to_unallocated=True)
    (waits,) = waiting(city, reference)
    allocate(city, reference, right)
    allocated = city.last_event(events.BankPaymentRecorded, right)
    reverse(city, allocated.header.registration_no)
    reverse(city, kept.registration_no)

    assert waits.registration_no == new
    assert allocated.replaces_registration_no == ""
    assert city.last_event(events.BusinessReversed, "").reversed_registration_no == new
    assert (waiting(city, reference), at_bank(city, reference)) == ([], 0)
    assert check_books(city).clean


def test_a_payment_long_ago_is_booked_anew_with_its_own_value_date(own_city: City) -> None:
    """Two years later, when no payment is booked with such a date any more."""
    city = own_city
    employer_no, _ = employer_with(city)
    reference = new_id()
    old = pay_in(city, employer_no, 100, reference=reference).registration_no
    move_clock(city, 2021, 9, 20)
    reverse(city, old)
    with pytest.raises(Refused) as refused:
        record(city, employer_no, 100, reference=reference, replaces=old, day="2019-09-19")

    record(city, employer_no, 100, reference=reference, replaces=old)

    assert refused.value.reason == "VALUE_DATE_OUTSIDE"
    assert suspense_of(city, employer_no) == 100
    assert check_books(city).clean


def test_each_booking_has_a_voucher_and_only_what_was_taken_back_is_marked(
    new_store: Callable[[str], str], tmp_path: Path
) -> None:
    city = City(new_store, tmp_path, services=("collection", "deposit", "receipt"))
    employer_no, _ = employer_with(city)
    reference = new_id()
    old = pay_in(city, employer_no, 1_000, reference=reference).registration_no
    taken_back = reverse(city, old).registration_no
    new = record(
        city, employer_no, 100_000, reference=reference, replaces=old
    ).business.registration_no
    city.settle()

    with city.runtimes["receipt"].database.reading() as connection:
        first, second = (
            documents.load_document(connection, voucher_no(number)) for number in (old, new)
        )

    assert first is not None
    assert second is not None
    assert first.reversed_by == taken_back
    assert second.reversed_by is None
    check_read_side(city, story_of(city))
    city.close()


def test_a_payment_for_nobody_goes_back_to_those_that_wait(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()
    report(city, NOBODY, 100, reference=reference)
    (first,) = waiting(city, reference)
    reverse(city, first.registration_no)
    assert refusal(
        city, "99999999998", 100, reference=reference, replaces=first.registration_no
    ) == ("EMPLOYER_UNKNOWN")

    anew = record(city, NOBODY, 100, reference=reference, replaces=first.registration_no)

    (again,) = waiting(city, reference)
    assert again.registration_no == anew.business.registration_no
    told = city.last_event(events.BankPaymentUnallocated, "")
    assert told.replaces_registration_no == first.registration_no
    allocate(city, reference, employer_no)
    assert suspense_of(city, employer_no) == at_bank(city, reference) == 100
    assert check_books(city).clean
