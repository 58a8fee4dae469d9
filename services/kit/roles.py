"""What an employer's key may do, and what its employer's submissions need; both travel in the access token.

Set in auth, looked at where businesses are submitted (`services/kit/submissions`).
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What the holder of a key does for the employer."""

    HANDLER = "handler"  # 经办
    APPROVER = "approver"  # 复核


class Policy(StrEnum):
    """What every submission of an employer needs."""

    APPROVAL = "approval_required"
    SIGNATURE = "signature_required"
