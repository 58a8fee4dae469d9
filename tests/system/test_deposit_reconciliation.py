"""银行对账 over days: payments that the bank takes back later, bookings put right, statements of somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hpf.deposit.v1 import deposit_service_pb2 as pb

from tests.system.city import City, Refused
from tests.system.deposit_city import employer_with, find, move_clock, reverse
from tests.system.people import check_books, remit
from tests.system.test_deposit_bank import CAMT, ENTRY, reconcile, record_on
from tests.system.test_deposit_booked_anew import record

CAMT_053, CSV = pb.BANK_FILE_FORMAT_CAMT_053, pb.BANK_FILE_FORMAT_CSV
BACK = "<RvslInd>true</RvslInd><Sts>BOOK</Sts>"
NOT_IN_BOOKS = pb.BANK_DIFFERENCE_KIND_NOT_IN_BOOKS
NOT_AT_BANK = pb.BANK_DIFFERENCE_KIND_NOT_AT_BANK
TAKEN_BACK = pb.BANK_DIFFERENCE_KIND_TAKEN_BACK
NOT_TAKEN_BACK = pb.BANK_DIFFERENCE_KIND_NOT_TAKEN_BACK


def came(day: str, reference: str, yuan: str) -> str:
    return ENTRY.format(yuan=yuan, side="CRDT", day=day, reference=reference)


def went(day: str, reference: str, yuan: str) -> str:
    entry = ENTRY.format(yuan=yuan, side="DBIT", day=day, reference=reference)
    return entry.replace("<Sts>BOOK</Sts>", BACK)


def compared(city: City, day: str, *entries: str) -> list[tuple[int, str, int, int]]:
    """Every difference of a day; none exactly when the file and its totals agree."""
    reply = reconcile(city, day, CAMT.format(entries="".join(entries)), file_format=CAMT_053)
    assert reply.agrees is (reply.difference_count == 0)
    if reply.agrees:
        assert reply.bank_total_fen == reply.book_total_fen
    return [
        (each.kind, each.bank_reference, each.bank_fen, each.books_fen)
        for each in reply.differences
    ]


def test_a_payment_that_the_bank_took_back_later_agrees_on_both_days(own_city: City) -> None:
    city = own_city
    employer_no, _ = employer_with(city)
    (number,) = record_on(city, employer_no, "2019-09-18", {"LATE": 5_000})
    move_clock(city, 2019, 9, 22)
    assert compared(city, "2019-09-22", went("2019-09-22", "LATE", "50.00")) == [
        (TAKEN_BACK, "LATE", 5_000, 0)
    ]

    reverse(city, number)

    assert compared(city, "2019-09-18", came("2019-09-18", "LATE", "50.00")) == []
    assert compared(city, "2019-09-22", went("2019-09-22", "LATE", "50.00")) == []
    assert compared(city, "2019-09-22") == [(NOT_TAKEN_BACK, "LATE", 0, 5_000)]
    csv = "value_date,bank_reference,amount\n2019-09-22,LATE,-50.00\n2019-09-22,rent,-9.00\n"
    reply = reconcile(city, "2019-09-22", csv, file_format=CSV)
    assert reply.agrees
    assert (reply.bank_entries, reply.bank_total_fen) == (1, -5_000)
    assert (reply.book_entries, reply.book_total_fen) == (1, -5_000)


def test_staff_who_are_late_say_when_the_bank_took_the_payment_back(own_city: City) -> None:
    city = own_city
    employer_no, _ = employer_with(city)
    (number,) = record_on(city, employer_no, "2019-09-18", {"LATE": 5_000})
    move_clock(city, 2019, 9, 25)
    refused = []
    for day in ("2019-09-17", "2019-09-26", "20190920"):
        with pytest.raises(Refused) as error:
            reverse(city, number, recalled_on=day)
        refused.append(error.value.reason)

    reverse(city, number, recalled_on="2019-09-20")

    assert refused == ["RECALL_DATE_OUTSIDE", "RECALL_DATE_OUTSIDE", "DATE_INVALID"]
    assert compared(city, "2019-09-20", went("2019-09-20", "LATE", "50.00")) == []
    assert compared(city, "2019-09-25") == []


def test_a_payment_that_the_bank_never_had_counts_on_no_day(own_city: City) -> None:
    city = own_city
    employer_no, _ = employer_with(city)
    (number,) = record_on(city, employer_no, "2019-09-18", {"TYPO": 5_000})
    assert compared(city, "2019-09-18") == [(NOT_AT_BANK, "TYPO", 0, 5_000)]
    move_clock(city, 2019, 9, 22)

    reverse(city, number, recalled_on="2019-09-18")

    assert compared(city, "2019-09-18") == []
    assert compared(city, "2019-09-22") == []
    assert compared(city, "2019-09-18", came("2019-09-18", "TYPO", "50.00")) == [
        (NOT_IN_BOOKS, "TYPO", 5_000, 0)
    ]


def test_a_payment_with_a_value_date_ahead_is_taken_back_on_it(own_city: City) -> None:
    city = own_city
    employer_no, _ = employer_with(city)
    (number,) = record_on(city, employer_no, "2019-09-23", {"AHEAD": 5_000})

    reverse(city, number)

    assert compared(city, "2019-09-20") == []
    assert compared(city, "2019-09-23") == []


def test_what_was_booked_anew_counts_once_and_its_mistakes_never(own_city: City) -> None:
    city = own_city
    employer_no, _ = employer_with(city)
    (typed,) = record_on(city, employer_no, "2019-09-17", {"ANEW": 500})
    move_clock(city, 2019, 9, 21)
    reverse(city, typed)
    move_clock(city, 2019, 9, 22)
    anew = record(
        city, employer_no, 5_000, reference="ANEW", day="2019-09-18", replaces=typed
    ).business.registration_no

    assert compared(city, "2019-09-18", came("2019-09-18", "ANEW", "50.00")) == []
    assert [compared(city, day) for day in ("2019-09-17", "2019-09-21", "2019-09-22")] == [
        [],
        [],
        [],
    ]
    reverse(city, anew)
    assert compared(city, "2019-09-18", came("2019-09-18", "ANEW", "50.00")) == []
    assert compared(city, "2019-09-22", went("2019-09-22", "ANEW", "50.00")) == []
    assert check_books(city).clean


def test_a_payment_put_aside_stays_at_the_bank(own_city: City) -> None:
    city = own_city
    employer_no, _ = employer_with(city)
    (number,) = record_on(city, employer_no, "2019-09-18", {"ASIDE": 5_000})

    kept = reverse(city, number, to_unallocated=True)

    assert compared(city, "2019-09-18", came("2019-09-18", "ASIDE", "50.00")) == []
    assert compared(city, "2019-09-20") == []
    reverse(city, kept.registration_no)
    assert compared(city, "2019-09-20", went("2019-09-20", "ASIDE", "50.00")) == []


def test_part_of_a_payment_taken_back_is_a_difference_in_money(own_city: City) -> None:
    day = "2019-09-18"
    entries = came(day, "PART", "100.00"), went(day, "PART", "40.00")

    assert compared(own_city, day, *entries) == [
        (NOT_IN_BOOKS, "PART", 10_000, 0),
        (TAKEN_BACK, "PART", 4_000, 0),
    ]


def test_only_a_payment_whose_money_leaves_has_a_day_of_its_recall(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    (number,) = record_on(city, employer_no, "2019-09-18", {f"recall-{employer_no}": 110_000})
    remitted = remit(city, employer_no, 201907)
    with pytest.raises(Refused) as of_remittance:
        reverse(city, remitted.registration_no, recalled_on="2019-09-18")
    reverse(city, remitted.registration_no)
    with pytest.raises(Refused) as of_kept:
        reverse(city, number, to_unallocated=True, recalled_on="2019-09-18")

    assert (of_remittance.value.reason, of_kept.value.reason) == (
        "NOTHING_RECALLED",
        "NOTHING_RECALLED",
    )
    assert find(city, number).reversed_by_registration_no == ""


def test_the_statement_of_another_account_is_refused_where_ours_is_known(city: City) -> None:
    deposit = city.runtimes["deposit"]
    settings = deposit.settings.model_copy(update={"bank_account": "6222 0001"})
    city.runtimes["deposit"] = replace(deposit, settings=settings)
    ours, somebodys = (
        CAMT.format(entries=f"<Acct><Id><Othr><Id>{number}</Id></Othr></Id></Acct>")
        for number in ("62220001", "62220002")
    )

    assert reconcile(city, "2019-08-31", ours, file_format=CAMT_053).agrees
    with pytest.raises(Refused) as refused:
        reconcile(city, "2019-08-31", somebodys, file_format=CAMT_053)
    assert refused.value.reason == "BANK_FILE_INVALID"


def test_more_money_than_a_reply_can_say_is_no_fault_of_ours(city: City) -> None:
    lines = "".join(f"2019-08-31,R{n},9999999999999.99\n" for n in range(9_300))

    with pytest.raises(Refused) as refused:
        reconcile(city, "2019-08-31", f"value_date,bank_reference,amount\n{lines}", file_format=CSV)

    assert refused.value.reason == "BANK_FILE_INVALID"
