"""Answers that nobody asks for again are forgotten; a signed request stays answered for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.kit import housekeeping
from services.kit.app import Method
from services.kit.ids import new_id
from services.kit.registry import app_of
from services.kit.tables import answered_request
from tests.store.kit.conftest import METHOD, NOW, Toy


def ask_days_ago(toy: Toy, days: int) -> tuple[str, str]:
    """A request that was answered so long ago: its employer and its id."""
    employer_no, request_id = toy.new_employer(), new_id()
    assert toy.ask(employer_no, request_id=request_id).code == 0
    with toy.runtime.database.transaction() as connection:
        connection.execute(
            update(answered_request)
            .where(answered_request.c.request_id == request_id)
            .values(answered_at=NOW - timedelta(days=days))
        )
    return employer_no, request_id


def kept(toy: Toy) -> set[str]:
    with toy.runtime.database.reading() as connection:
        return set(connection.execute(select(answered_request.c.request_id)).scalars())


def test_answers_are_forgotten_after_thirty_days(toy: Toy) -> None:
    _, old = ask_days_ago(toy, 31)
    young_employer, young = ask_days_ago(toy, 29)
    housekeeping.forget_answers(toy.runtime)
    assert old not in kept(toy)
    assert toy.ask(young_employer, request_id=young).code == 0
    assert toy.paid(young_employer) == [100]


def test_a_backlog_goes_in_batches_to_its_end(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    backlog = {ask_days_ago(toy, 100)[1] for _ in range(5)}
    housekeeping.forget_answers(toy.runtime)
    assert not backlog & kept(toy)


def test_a_signed_request_stays_answered(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    employer_no, request_id = ask_days_ago(toy, 4000)
    with monkeypatch.context() as signed:
        signed.setattr(Method, "is_signed", property(lambda method: method.name == METHOD))
        housekeeping.forget_answers(toy.runtime)
    assert toy.ask(employer_no, request_id=request_id).code == 0
    assert toy.paid(employer_no) == [100]


def test_every_submission_can_be_signed_and_so_is_never_forgotten() -> None:
    forgotten = {
        name
        for service in ("collection", "deposit")
        for name in housekeeping.forgettable_methods(app_of(service))
    }
    assert {"SaveWorksheet", "RecordBankPayment"} <= forgotten
    submissions = {"SubmitWorksheet", "SubmitRemittance", "ChangeRates", "CloseEmployer"}
    assert not forgotten & submissions
