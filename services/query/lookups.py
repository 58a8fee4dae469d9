"""What a screen and its list both begin with: the employer, and the person whose ledger is asked for."""

from __future__ import annotations

from typing import Any

from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection, Row

from services.kit.errors import READ_MODEL_BEHIND, DomainError
from services.kit.vault import Vault
from services.query import wire
from services.query.domain import PROFILE_CODES
from services.query.errors import ACCOUNT_UNKNOWN
from services.query.store import codes, employers, people


def employer_of(connection: Connection, employer_no: str) -> Row[Any]:
    """All columns of an employer. Raises READ_MODEL_BEHIND while its registration is still on the way here."""
    row = employers.load_employer(connection, employer_no)
    if row is None:
        raise DomainError(READ_MODEL_BEHIND)
    return row


def shown(connection: Connection, row: Row[Any], *, vault: Vault) -> pb.Employer:
    """The employer as the screen shows it."""
    headcounts = employers.headcounts(connection, row.employer_no)
    codes_given = {name: str(row._mapping[name]) for name in PROFILE_CODES}
    titles = codes.titles(connection, codes_given)
    return wire.employer_message(row, headcounts, titles=titles, vault=vault)


def person_of(connection: Connection, *, account_no: str, employer_no: str) -> Row[Any]:
    """A person of that employer.

    Raises ACCOUNT_UNKNOWN; READ_MODEL_BEHIND while the account's opening is still on the way here.
    """
    return known(people.load_person(connection, account_no=account_no, employer_no=employer_no))


def known(person: Row[Any] | None) -> Row[Any]:
    """A person who is there. Raises as `person_of`."""
    if person is None:
        raise DomainError(ACCOUNT_UNKNOWN)
    if not person.registered:
        raise DomainError(READ_MODEL_BEHIND)
    return person
