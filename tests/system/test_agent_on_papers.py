"""经办人 on receipts and vouchers (manual 四–七): the employer's agent for what the employer did, else who of the centre."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.collection.v1 import collection_service_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit

from services.kit.ids import new_id
from tests.system.city import City
from tests.system.deposit_city import (
    back_pay,
    back_payment_row,
    employer_with,
    move_clock,
    reverse,
    run_interest,
)
from tests.system.people import pay_in, remit
from tests.system.test_deposit_bank import allocate, report

EMPLOYERS, STAFFS, CENTRES = "李经办", "管理中心 tester", "管理中心"


def test_what_the_employer_did_names_its_agent(city: City) -> None:
    employer_no, (one,) = employer_with(city, "5000.00")
    pay_in(city, employer_no, 1_000_000)
    remit(city, employer_no, 201907)
    back_pay(city, employer_no, [back_payment_row(one, "1", 201907, 201907)], amount="1")

    for event in (
        collection.AccountsOpened,
        deposit.RemittancePosted,
        deposit.BackPaymentPosted,
    ):
        assert city.last_event(event, employer_no).header.agent_name == EMPLOYERS


def test_a_reversal_names_who_of_the_staff_did_it(city: City) -> None:
    """At once for a back payment and a payment; with collection's consent, in another transaction, for a remittance."""
    employer_no, (one,) = employer_with(city, "5000.00")
    payment = pay_in(city, employer_no, 1_000)
    july = pay_in(city, employer_no, 1_000_000) and remit(city, employer_no, 201907)
    row = back_payment_row(one, "1", 201907, 201907)
    back_payment = back_pay(city, employer_no, [row], amount="1")

    for business in (back_payment, july, payment):
        reverse(city, business.registration_no)

        told = city.last_event(deposit.BusinessReversed, employer_no)
        assert told.reversed_registration_no == business.registration_no
        assert told.header.agent_name == STAFFS


def test_a_payment_names_who_booked_it(city: City) -> None:
    employer_no, _ = employer_with(city)
    pay_in(city, employer_no, 1_000)
    assert city.last_event(deposit.BankPaymentRecorded, employer_no).header.agent_name == STAFFS

    report(city, employer_no, 1_000)
    assert city.last_event(deposit.BankPaymentRecorded, employer_no).header.agent_name == CENTRES

    reference = new_id()
    report(city, "999", 1_000, reference=reference)
    allocate(city, reference, employer_no)
    assert city.last_event(deposit.BankPaymentRecorded, employer_no).header.agent_name == STAFFS


def test_annual_interest_names_who_began_the_run(own_city: City) -> None:
    employer_no, _ = employer_with(own_city, "5000.00")
    pay_in(own_city, employer_no, 1_000_000)
    remit(own_city, employer_no, 201909)
    move_clock(own_city, 2020, 7, 1)
    run_interest(own_city, 2020)

    told = own_city.last_event(deposit.AnnualInterestPosted, employer_no)
    assert told.header.agent_name == STAFFS


def test_what_the_counter_did_names_the_staff(city: City) -> None:
    employer_no, _ = employer_with(city)
    request = collection_service_pb2.ChangeEmployerProfileRequest(
        employer_no=employer_no,
        profile=collection_service_pb2.EmployerProfile(address="桥西区1号"),
        fields=["address"],
    )
    reply = collection_service_pb2.ChangeEmployerProfileResponse
    city.call("collection", request, reply)
    city.settle()

    for event in (collection.EmployerRegistered, collection.ProfileChanged):
        assert city.last_event(event, employer_no).header.agent_name == STAFFS
