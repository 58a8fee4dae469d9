"""What a receipt and its prints are. Pure.

The first print is rendered when the business is posted, each further one when somebody asks for it: they differ in
nothing but the count printed on them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import IntEnum

# Crockford's base 32: no letter that is taken for a digit, so the code can be read out.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VERIFICATION_CODE_CHARS = 16
_CODE_BYTES = VERIFICATION_CODE_CHARS * 5 // 8

#: Kind of the job that renders one print.
RENDER = "render"

#: Purposes of keyed digests: of the registration number, to make the code; of the code, to find it again.
CODE = "verification_code"
CODE_INDEX = "verification_code_index"


class State(IntEnum):
    """As in `ReceiptState` of the proto."""

    PENDING = 1
    READY = 2
    FAILED = 3


def verification_code(digest: bytes) -> str:
    """Sixteen characters from a keyed digest of the registration number: 80 bits, the same whenever made again."""
    number = int.from_bytes(digest[:_CODE_BYTES], "big")
    places = range(VERIFICATION_CODE_CHARS - 1, -1, -1)
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in places)


@dataclass(frozen=True, slots=True)
class Print:
    """The `print_no`th print of a receipt, counted from 1."""

    registration_no: str
    print_no: int

    @property
    def key(self) -> str:
        """Of the job that renders it."""
        return f"{self.registration_no}/{self.print_no}"

    def blob(self, sha256: str) -> str:
        """Where its file is. Rendered again with another outcome it is another file."""
        return f"receipts/{self.registration_no}/{self.print_no}-{sha256[:16]}.pdf"

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Print:
        return cls(**json.loads(content))
