"""Answers given to questions of another owner's business: a question asked twice gets the same answer."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from services.deposit.models import given_answer


def answer_given(connection: Connection, registration_no: str) -> bytes | None:
    """The serialized answer given before, or None."""
    found = connection.execute(
        select(given_answer.c.answer).where(given_answer.c.registration_no == registration_no)
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def keep_answer(
    connection: Connection, registration_no: str, *, employer_no: str, answer: bytes
) -> None:
    connection.execute(
        insert(given_answer).values(
            registration_no=registration_no, employer_no=employer_no, answer=answer
        )
    )
