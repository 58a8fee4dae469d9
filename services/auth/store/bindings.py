"""Bindings of certificates to employers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from services.auth.domain.binding import Binding, BindingEnd
from services.auth.models import binding
from services.kit.pages import Page
from services.kit.roles import Role


def add_binding(connection: Connection, new: Binding) -> Binding:
    """Keep a new binding; its id is given by the store."""
    values = {name: value for name, value in asdict(new).items() if name != "binding_id"}
    row = connection.execute(insert(binding).values(**values).returning(binding)).one()
    return _binding(row)


def open_binding(connection: Connection, *, issuer: str, serial_number: str) -> Binding | None:
    """The binding of a certificate that holds now."""
    row = connection.execute(
        _of(issuer, serial_number).where(binding.c.ended_at.is_(None)).with_for_update()
    ).one_or_none()
    return _binding(row) if row else None


def was_lost(connection: Connection, *, issuer: str, serial_number: str) -> bool:
    """Whether the certificate was ever reported lost."""
    query = _of(issuer, serial_number).where(binding.c.end_reason == BindingEnd.LOST)
    return connection.execute(query.limit(1)).first() is not None


def binding_by_id(connection: Connection, binding_id: int) -> Binding | None:
    row = connection.execute(
        select(binding).where(binding.c.binding_id == binding_id)
    ).one_or_none()
    return _binding(row) if row else None


def open_bindings_of_holder(connection: Connection, *, authority: str, uscc: str) -> list[Binding]:
    """Bindings that a renewed certificate of the same holder could continue."""
    rows = connection.execute(
        select(binding)
        .where(
            binding.c.authority == authority,
            binding.c.uscc == uscc,
            binding.c.ended_at.is_(None),
        )
        .order_by(binding.c.not_after)
        .with_for_update()
    )
    return [_binding(row) for row in rows]


def count_by_role(connection: Connection, employer_no: str, *, now: datetime) -> dict[Role, int]:
    """How many certificates that log in today each role has."""
    rows = connection.execute(
        select(binding.c.role, func.count())
        .where(
            binding.c.employer_no == employer_no,
            binding.c.ended_at.is_(None),
            binding.c.not_after > now,
        )
        .group_by(binding.c.role)
    )
    return {Role(role): count for role, count in rows}


def save_holder(connection: Connection, changed: Binding) -> None:
    """Keep the role and the holder of a binding."""
    connection.execute(
        update(binding)
        .where(binding.c.binding_id == changed.binding_id)
        .values(
            role=changed.role,
            holder_name_sealed=changed.holder_name_sealed,
            holder_mobile_sealed=changed.holder_mobile_sealed,
        )
    )


def end_binding(
    connection: Connection, binding_id: int, *, reason: BindingEnd, now: datetime
) -> Binding:
    row = connection.execute(
        update(binding)
        .where(binding.c.binding_id == binding_id)
        .values(ended_at=now, end_reason=str(reason))
        .returning(binding)
    ).one()
    return _binding(row)


def page_of_bindings(connection: Connection, *, employer_no: str, page: Page) -> Sequence[Binding]:
    """One page of all bindings, or of one employer's, oldest first."""
    query = select(binding).order_by(binding.c.binding_id)
    if employer_no:
        query = query.where(binding.c.employer_no == employer_no)
    if page.after is not None:
        query = query.where(binding.c.binding_id > int(page.after[0]))
    return [_binding(row) for row in connection.execute(query.limit(page.fetch))]


def _of(issuer: str, serial_number: str) -> Any:
    return select(binding).where(
        binding.c.issuer == issuer, binding.c.serial_number == serial_number
    )


def _binding(row: Row[Any]) -> Binding:
    values = dict(row._mapping)
    values["role"] = Role(values["role"])
    for name in ("holder_name_sealed", "holder_mobile_sealed"):
        values[name] = bytes(values[name])
    return Binding(**values)
