"""What all tables of deposit hang on, and the numbers that never come twice."""

from __future__ import annotations

from sqlalchemy import MetaData, Sequence

from services.kit.tables import NAMING

metadata = MetaData(naming_convention=NAMING)

registration_sequence = Sequence("registration_sequence", metadata=metadata)
