"""The bank's side: payments that find nobody, their allocation, and the comparison with the bank's daily file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import text

from services.kit.consume import Outcome, process
from services.kit.events import Event, event_type
from services.kit.ids import new_id
from tests.system.city import City, Refused
from tests.system.deposit_city import employer_with, find, reverse, suspense_of
from tests.system.people import check_books, pay_in, remit


def report(
    city: City, employer_no: str, fen: int, *, reference: str = "", day: str = "2019-09-20"
) -> Event:
    """The bank's message, as its connector sends it, heard."""
    event = message(employer_no, fen, reference=reference, day=day)
    city.publish(event)
    city.settle()
    return event


def message(employer_no: str, fen: int, *, reference: str = "", day: str = "2019-09-20") -> Event:
    """The bank's message."""
    payment = events.BankPaymentReported(
        employer_no=employer_no,
        bank_reference=reference or new_id(),
        amount_fen=fen,
        value_date=day,
        payer_name="某付款人",
    )
    return Event(
        event_id=new_id(),
        type=event_type(payment),
        source="bank",
        subject=employer_no,
        version=1,
        occurred_at=datetime(2019, 9, 20, tzinfo=UTC),
        correlation_id="",
        causation_id="",
        traceparent="",
        body=payment.SerializeToString(),
    )


def delivered(city: City, event: Event) -> Outcome:
    """What becomes of a message of the bank."""
    runtime = city.runtimes["deposit"]
    bank = next(each for each in runtime.app.subscriptions if each.source == "bank")
    return process(runtime, bank, event.headers(), event.body, user_id="bank")


def waiting(city: City, reference: str) -> list[pb.UnallocatedPayment]:
    request = pb.ListUnallocatedPaymentsRequest(page_size=500)
    reply = city.call("deposit", request, pb.ListUnallocatedPaymentsResponse)
    return [each for each in reply.payments if each.bank_reference == reference]


def allocate(city: City, reference: str, employer_no: str) -> None:
    request = pb.AllocatePaymentRequest(bank_reference=reference, employer_no=employer_no)
    city.call("deposit", request, pb.AllocatePaymentResponse)


def test_a_reported_payment_is_booked_once_however_often_it_comes(city: City) -> None:
    employer_no, _ = employer_with(city)
    event = report(city, employer_no, 100_000)
    city.publish(replace(event, event_id=new_id()))
    city.settle()

    assert suspense_of(city, employer_no) == 100_000
    assert len(city.events_of(events.BankPaymentRecorded, employer_no)) == 1


def test_a_payment_is_the_same_in_whatever_width_its_reference_is_written(city: City) -> None:
    employer_no, _ = employer_with(city)

    report(city, employer_no, 100_000, reference="BK-731")
    report(city, employer_no, 100_000, reference=" BK-731\n")
    report(city, employer_no, 100_000, reference="ＢＫ－７３１")

    assert suspense_of(city, employer_no) == 100_000
    (recorded,) = city.events_of(events.BankPaymentRecorded, employer_no)
    assert recorded.bank_reference == "BK-731"


@pytest.mark.parametrize("written", [" {}", "{}\u3000", "\t{}\n"])
def test_an_employer_number_is_found_whatever_stands_around_it(city: City, written: str) -> None:
    employer_no, _ = employer_with(city)
    wide = employer_no.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})

    report(city, written.format(employer_no), 100_000, reference=f"{employer_no}-1")
    report(city, written.format(wide), 100_000, reference=f"{employer_no}-2")
    report(city, employer_no, 100_000, reference=f"{employer_no}-2")

    assert suspense_of(city, employer_no) == 200_000


@pytest.mark.parametrize("day", ["2018-09-18", "2019-10-01", "0001-01-01", "2099-12-31"])
def test_a_value_date_far_from_today_is_refused_and_the_message_kept(city: City, day: str) -> None:
    employer_no, _ = employer_with(city)

    with pytest.raises(Refused) as refused:
        record_on(city, employer_no, day, {new_id(): 100_000})
    outcome = delivered(city, message(employer_no, 100_000, day=day))

    assert refused.value.reason == "VALUE_DATE_OUTSIDE"
    assert outcome is Outcome.DEAD
    assert suspense_of(city, employer_no) == 0


@pytest.mark.parametrize("day", ["20190920", "2019-W38-5", "2019-9-20", " 2019-09-20", ""])
def test_a_value_date_has_one_form(city: City, day: str) -> None:
    employer_no, _ = employer_with(city)

    with pytest.raises(Refused) as refused:
        record_on(city, employer_no, day, {new_id(): 100_000})

    assert refused.value.reason == "DATE_INVALID"
    assert delivered(city, message(employer_no, 100_000, day=day)) is Outcome.DEAD


def test_a_dead_letter_is_handled_when_its_value_date_has_come_near(city: City) -> None:
    employer_no, _ = employer_with(city)
    ahead = message(employer_no, 100_000, day="2019-10-08")

    early = delivered(city, ahead)
    city.clock.moment = datetime(2019, 9, 28, 2, tzinfo=UTC)
    replayed = delivered(city, ahead)

    assert (early, replayed) == (Outcome.DEAD, Outcome.HANDLED)
    assert suspense_of(city, employer_no) == 100_000


def test_a_payment_that_is_booked_is_recognised_however_late_it_comes_again(city: City) -> None:
    employer_no, _ = employer_with(city)
    event = report(city, employer_no, 100_000)
    city.clock.moment = datetime(2031, 1, 2, 2, tzinfo=UTC)

    outcome = delivered(city, replace(event, event_id=new_id()))

    assert outcome is Outcome.HANDLED
    assert suspense_of(city, employer_no) == 100_000


@pytest.mark.parametrize("reference", ["BK 732", "BK-732\u200b", "号-732", "B" * 65, "BK\x00732"])
def test_what_is_no_reference_is_refused_and_nothing_is_booked(city: City, reference: str) -> None:
    employer_no, _ = employer_with(city)

    with pytest.raises(Refused) as refused:
        pay_in(city, employer_no, 100_000, reference=reference)

    assert refused.value.reason in {"BANK_REFERENCE_INVALID", "FIELD_INVALID"}
    assert suspense_of(city, employer_no) == 0


@pytest.mark.parametrize(
    ("reference", "fen", "day"),
    [
        ("bk-733", 100_000, "2019-04-01"),
        ("BK-733", 100_000, "2019-04-02"),
        ("BK-733", 100_001, "2019-04-01"),
    ],
    ids=["another case", "another day", "another amount"],
)
def test_a_reference_that_stands_for_something_else_is_neither_booked_nor_swallowed(
    city: City, reference: str, fen: int, day: str
) -> None:
    employer_no, _ = employer_with(city)
    own = new_id()
    record_on(city, employer_no, "2019-04-01", {f"BK-733{own}": 100_000})

    with pytest.raises(Refused) as refused:
        record_on(city, employer_no, day, {f"{reference}{own}": fen})

    assert refused.value.reason == "BANK_REFERENCE_REUSED"
    assert suspense_of(city, employer_no) == 100_000


def test_a_payment_for_nobody_waits_and_is_allocated_once(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()

    report(city, "99999999999", 100_000, reference=reference)

    (payment,) = waiting(city, reference)
    assert (payment.amount_fen, payment.stated_employer_no) == (100_000, "99999999999")
    assert payment.reason == "EMPLOYER_UNKNOWN"
    assert check_books(city).clean
    allocate(city, reference, employer_no)
    assert waiting(city, reference) == []
    assert suspense_of(city, employer_no) == 100_000
    recorded = city.last_event(events.BankPaymentRecorded, employer_no)
    assert (recorded.bank_reference, recorded.amount_fen) == (reference, 100_000)
    with pytest.raises(Refused) as refused:
        allocate(city, reference, employer_no)
    assert refused.value.reason == "PAYMENT_NOT_UNALLOCATED"
    assert check_books(city).clean


def test_a_payment_booked_to_the_wrong_employer_moves_to_the_right_one(city: City) -> None:
    wrong, _ = employer_with(city)
    right, _ = employer_with(city)
    reference = new_id()
    payment = pay_in(city, wrong, 50_000, reference=reference)

    reverse(city, payment.registration_no, to_unallocated=True)
    allocate(city, reference, right)

    assert (suspense_of(city, wrong), suspense_of(city, right)) == (0, 50_000)
    assert check_books(city).clean


def test_an_allocation_that_is_taken_back_waits_again(city: City) -> None:
    wrong, _ = employer_with(city)
    reference = new_id()
    report(city, "99999999999", 70_000, reference=reference)
    allocate(city, reference, wrong)
    header = city.last_event(events.BankPaymentRecorded, wrong).header

    reverse(city, header.registration_no)

    assert [each.amount_fen for each in waiting(city, reference)] == [70_000]
    assert suspense_of(city, wrong) == 0
    assert check_books(city).clean


def test_only_a_payment_that_lies_with_an_employer_is_put_aside(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    pay_in(city, employer_no, 110_000)
    remitted = remit(city, employer_no, 201907)
    reference = new_id()
    report(city, "99999999999", 70_000, reference=reference)
    (payment,) = waiting(city, reference)
    reasons = []
    for number in (remitted.registration_no, payment.registration_no):
        with pytest.raises(Refused) as refused:
            reverse(city, number, to_unallocated=True)
        reasons.append(refused.value.reason)

    assert reasons == ["NOT_A_BANK_PAYMENT", "PAYMENT_UNALLOCATED_ALREADY"]
    assert find(city, remitted.registration_no).reversed_by_registration_no == ""
    assert waiting(city, reference) == [payment]


def test_an_allocation_taken_back_waits_again_whether_that_is_said_or_not(city: City) -> None:
    employer_no, _ = employer_with(city)
    reference = new_id()
    report(city, "99999999999", 70_000, reference=reference)
    allocate(city, reference, employer_no)
    allocated = city.last_event(events.BankPaymentRecorded, employer_no).header.registration_no

    reverse(city, allocated, to_unallocated=True)

    assert [each.amount_fen for each in waiting(city, reference)] == [70_000]
    assert check_books(city).clean


def test_an_unallocated_payment_can_go_back_to_the_bank(city: City) -> None:
    reference = new_id()
    report(city, "99999999999", 70_000, reference=reference)
    (payment,) = waiting(city, reference)

    reverse(city, payment.registration_no)

    assert waiting(city, reference) == []
    assert check_books(city).clean


def test_a_message_that_contradicts_an_earlier_one_is_kept_for_staff(city: City) -> None:
    employer_no, _ = employer_with(city)
    event = report(city, employer_no, 100_000)
    other = events.BankPaymentReported.FromString(event.body)
    other.amount_fen = 1
    again = replace(event, event_id=new_id(), body=other.SerializeToString())

    assert delivered(city, again) is Outcome.DEAD
    assert suspense_of(city, employer_no) == 100_000


def test_a_payment_that_was_put_aside_can_still_be_recalled_by_the_bank(city: City) -> None:
    """Booked to the wrong employer, kept to be allocated, allocated and taken back again; then the bank recalls it."""
    wrong, other = employer_with(city)[0], employer_with(city)[0]
    reference = new_id()
    payment = pay_in(city, wrong, 50_000, reference=reference)
    kept = reverse(city, payment.registration_no, to_unallocated=True)
    allocate(city, reference, other)
    with pytest.raises(Refused) as refused:
        reverse(city, kept.registration_no)
    reverse(city, city.last_event(events.BankPaymentRecorded, other).header.registration_no)

    recalled = reverse(city, kept.registration_no)
    with pytest.raises(Refused) as again:
        reverse(city, kept.registration_no)

    assert refused.value.reason == "PAYMENT_NOT_UNALLOCATED"
    assert again.value.reason == "ALREADY_REVERSED"
    assert (recalled.amount_fen, recalled.employer_no) == (50_000, "")
    told = city.last_event(events.BusinessReversed, "")
    assert told.header.registration_no == recalled.registration_no
    assert told.reversed_registration_no == payment.registration_no
    assert waiting(city, reference) == []
    assert (suspense_of(city, wrong), suspense_of(city, other)) == (0, 0)
    assert at_bank(city, reference) == 0
    assert check_books(city).clean


def at_bank(city: City, reference: str) -> int:
    """What the books say lies at the bank of one payment, in fen."""
    query = text(
        "SELECT coalesce(sum(amount_fen), 0) FROM journal_leg JOIN journal_entry USING (entry_no)"
        " WHERE account_code = '1001' AND bank_reference = :reference"
    )
    with city.runtimes["deposit"].database.engine.connect() as connection:
        return int(connection.execute(query, {"reference": reference}).scalar_one())


CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>
{entries}
</Stmt></BkToCstmrStmt></Document>"""
ENTRY = """<Ntry><Amt Ccy="CNY">{yuan}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts>
<ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef></Ntry>"""


def reconcile(city: City, day: str, content: str, *, file_format: int) -> pb.ReconcileBankResponse:
    request = pb.ReconcileBankRequest(value_date=day, format=file_format, content=content.encode())
    return city.call("deposit", request, pb.ReconcileBankResponse)


def record_on(city: City, employer_no: str, day: str, amounts: dict[str, int]) -> list[str]:
    """Payments of one value date; their registration numbers."""
    made = []
    for reference, fen in amounts.items():
        request = pb.RecordBankPaymentRequest(
            employer_no=employer_no, bank_reference=reference, amount_fen=fen, value_date=day
        )
        reply = city.call("deposit", request, pb.RecordBankPaymentResponse)
        made.append(reply.business.registration_no)
    return made


def test_what_the_bank_has_announced_or_taken_back_is_no_payment(city: City) -> None:
    employer_no, _ = employer_with(city)
    day = "2019-01-04"
    record_on(city, employer_no, day, {"p-early": 10_000, "p-back": 20_000})
    announced = "<Sts><Cd>PDNG</Cd></Sts>"
    back = "<RvslInd>true</RvslInd><Sts>BOOK</Sts>"
    entries = [
        ("p-early", "100.00", "CRDT", announced),
        ("p-tomorrow", "5.00", "CRDT", "<Sts>INFO</Sts>"),
        ("p-back", "200.00", "CRDT", "<Sts>BOOK</Sts>"),
        ("p-back", "200.00", "DBIT", back),
        ("p-came-and-went", "3.00", "CRDT", "<Sts>BOOK</Sts>"),
        ("p-came-and-went", "3.00", "DBIT", back),
        ("p-of-yesterday", "4.00", "DBIT", back),
        ("ours-returned", "9.00", "CRDT", back),
    ]
    content = CAMT.format(
        entries="".join(
            ENTRY.format(yuan=yuan, side=side, day=day, reference=reference).replace(
                "<Sts>BOOK</Sts>", state
            )
            for reference, yuan, side, state in entries
        )
    )

    reply = reconcile(city, day, content, file_format=pb.BANK_FILE_FORMAT_CAMT_053)

    assert [
        (each.kind, each.bank_reference, each.bank_fen, each.books_fen)
        for each in reply.differences
    ] == [
        (pb.BANK_DIFFERENCE_KIND_PENDING, "p-early", 10_000, 10_000),
        (pb.BANK_DIFFERENCE_KIND_TAKEN_BACK, "p-back", 20_000, 0),
        (pb.BANK_DIFFERENCE_KIND_TAKEN_BACK, "p-of-yesterday", 400, 0),
    ]
    # 200.00 and 3.00 came and went, 4.00 of yesterday went.
    assert (reply.bank_entries, reply.bank_total_fen) == (5, -400)


@pytest.mark.parametrize("file_format", ["csv", "camt"])
def test_every_difference_with_the_banks_file_is_named(city: City, file_format: str) -> None:
    employer_no, _ = employer_with(city)
    day = "2019-01-02" if file_format == "csv" else "2019-01-03"
    a, b, c, d = (f"{file_format}-{letter}" for letter in "abcd")
    *_, recalled = record_on(
        city, employer_no, day, {a: 10_000, b: 20_000, c: 30_000, f"{file_format}-r": 5}
    )
    reverse(city, recalled, recalled_on=day)
    rows = [(a, "100.00"), (b, "200.01"), (d, "1.00"), (a, "100.00")]
    if file_format == "csv":
        body = "".join(f"{day},{ref},{yuan}\n" for ref, yuan in rows)
        content = f"value_date,bank_reference,amount\n{body}2019-01-09,other,9.00\n"
        shown, kind = (3, 4, 5), pb.BANK_FILE_FORMAT_CSV
    else:
        entries = [
            ENTRY.format(yuan=yuan, side="CRDT", day=day, reference=ref) for ref, yuan in rows
        ]
        entries.append(ENTRY.format(yuan="7.00", side="DBIT", day=day, reference="fee"))
        content = CAMT.format(entries="".join(entries))
        shown, kind = (2, 3, 4), pb.BANK_FILE_FORMAT_CAMT_053

    reply = reconcile(city, day, content, file_format=kind)

    assert [
        (each.kind, each.bank_reference, each.bank_fen, each.books_fen, each.file_row)
        for each in reply.differences
    ] == [
        (pb.BANK_DIFFERENCE_KIND_AMOUNT, b, 20_001, 20_000, shown[0]),
        (pb.BANK_DIFFERENCE_KIND_NOT_IN_BOOKS, d, 100, 0, shown[1]),
        (pb.BANK_DIFFERENCE_KIND_REPEATED, a, 10_000, 10_000, shown[2]),
        (pb.BANK_DIFFERENCE_KIND_NOT_AT_BANK, c, 0, 30_000, 0),
    ]
    assert (reply.bank_entries, reply.bank_total_fen) == (4, 40_101)
    assert (reply.book_entries, reply.book_total_fen) == (3, 60_000)
    assert not reply.agrees


@pytest.mark.parametrize(
    "dated",
    [
        "<ValDt><DtTm>2019-03-01T09:30:00+08:00</DtTm></ValDt>",
        "<BookgDt><Dt>2019-03-01</Dt></BookgDt>",
        "<BookgDt><DtTm>2019-03-01T23:59:59</DtTm></BookgDt>",
    ],
)
def test_a_date_may_have_its_time_and_the_booking_date_stands_in(city: City, dated: str) -> None:
    entry = ENTRY.format(yuan="1.00", side="CRDT", day="", reference="dated")
    content = CAMT.format(entries=entry.replace("<ValDt><Dt></Dt></ValDt>", dated))

    same, other = (
        reconcile(city, day, content, file_format=pb.BANK_FILE_FORMAT_CAMT_053)
        for day in ("2019-03-01", "2019-03-02")
    )

    assert (same.bank_entries, same.bank_total_fen) == (1, 100)
    assert (other.bank_entries, other.bank_total_fen) == (0, 0)


def test_a_file_that_agrees_is_said_to_agree(city: City) -> None:
    employer_no, _ = employer_with(city)
    record_on(city, employer_no, "2019-02-01", {"agrees-1": 123})

    reply = reconcile(
        city,
        "2019-02-01",
        "\ufeffvalue_date,bank_reference,amount\n2019-02-01,agrees-1,1.23\n",
        file_format=pb.BANK_FILE_FORMAT_CSV,
    )

    assert reply.agrees
    assert reply.difference_count == 0


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n",
        "value_date,bank_reference,amount\n2019-02-01,x,1.234\n",
        "value_date,bank_reference,amount\n2019-02-31,x,1.23\n",
        "value_date,bank_reference,amount\n2019-02-01,,1.23\n",
        'value_date,bank_reference,amount\n2019-02-01,"x,1.23\n',
        "",
    ],
)
def test_a_file_that_cannot_be_read_is_refused(city: City, content: str) -> None:
    with pytest.raises(Refused) as refused:
        reconcile(city, "2019-02-01", content, file_format=pb.BANK_FILE_FORMAT_CSV)

    assert refused.value.reason == "BANK_FILE_INVALID"


def test_xml_with_entities_gives_nothing_away(city: City) -> None:
    bomb = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + CAMT.format(
        entries=ENTRY.format(yuan="1.00", side="CRDT", day="2019-02-01", reference="&x;")
    ).removeprefix('<?xml version="1.0" encoding="UTF-8"?>')

    with pytest.raises(Refused) as refused:
        reconcile(city, "2019-02-01", bomb, file_format=pb.BANK_FILE_FORMAT_CAMT_053)

    assert refused.value.reason == "BANK_FILE_INVALID"
