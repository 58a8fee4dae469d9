"""What a document and its prints are. Pure.

The first print is rendered when the business is posted, each further one when somebody asks for it: they differ in
nothing but the count printed on them.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from enum import IntEnum

from services.kit.ids import with_check_digit

# Crockford's base 32: no letter that is taken for a digit, so the code can be read out.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VERIFICATION_CODE_CHARS = 16
_CODE_BYTES = VERIFICATION_CODE_CHARS * 5 // 8

#: Kind of the job that renders one print.
RENDER = "render"

#: Purposes of keyed digests: of the document's number, to make the code; of the code, to find it again.
CODE = "verification_code"
CODE_INDEX = "verification_code_index"


class Paper(IntEnum):
    """As in `Paper` of the proto."""

    RECEIPT = 1
    CERTIFICATE = 2
    VOUCHER = 3


class State(IntEnum):
    """As in `ReceiptState` of the proto. UNISSUED: nobody has asked for this voucher yet."""

    UNISSUED = 0
    PENDING = 1
    READY = 2
    FAILED = 3


# Which document of a business it is; a receipt has the business's own number. 转入, 凭证, 证明.
_JOINING_PREFIX = "ZR"
_VOUCHER_PREFIX = "PZ"
_CERTIFICATE_PREFIX = "ZM"


def joining_receipt_no(registration_no: str) -> str:
    """Of the receipt that a transfer gives the employer whom the people join."""
    return _JOINING_PREFIX + registration_no


def voucher_no(registration_no: str) -> str:
    return _VOUCHER_PREFIX + registration_no


def certificate_no(day: date, number: int) -> str:
    """`ZM20200424` and the certificate's serial number with its check digit."""
    return f"{_CERTIFICATE_PREFIX}{day:%Y%m%d}{with_check_digit(f'{number:07d}')}"


def verification_code(digest: bytes) -> str:
    """Sixteen characters from a keyed digest of the document's number: 80 bits, the same whenever made again."""
    number = int.from_bytes(digest[:_CODE_BYTES], "big")
    places = range(VERIFICATION_CODE_CHARS - 1, -1, -1)
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in places)


def code_as_printed(typed: str) -> str:
    """A code as a person types it, made what was printed: Crockford reads O as 0, I and L as 1."""
    return re.sub(r"[\s-]", "", typed).upper().translate(str.maketrans("OIL", "011"))


# A file of ours carries its code twice, each time behind this mark (`rendering.page`), so that one damaged place
# leaves the other. A file with more of them was not made by us.
_CODES_IN_FILE = re.compile(rb"code:([0-9A-HJKMNP-TV-Z]{%d})" % VERIFICATION_CODE_CHARS)
_CODES_IN_FILE_MAX = 8


def codes_in_file(content: bytes) -> list[str]:
    """The verification codes that a file says it carries, each once."""
    found = _CODES_IN_FILE.findall(content)[:_CODES_IN_FILE_MAX]
    return list(dict.fromkeys(code.decode() for code in found))


def mask_name(name: str) -> str:
    """Two characters at each end of a long name, one of a short one: 张家****公司."""
    shown = 2 if len(name) > 4 else 1
    if len(name) <= shown:
        return "*" * len(name)
    return name[:shown] + "****" + (name[-shown:] if len(name) > 2 * shown else "")


def mask_number(number: str) -> str:
    """The last four characters."""
    return "****" + number[-4:] if len(number) > 4 else "****"


@dataclass(frozen=True, slots=True)
class Print:
    """The `print_no`th print of a document, counted from 1."""

    document_no: str
    print_no: int

    @property
    def key(self) -> str:
        """Of the job that renders it."""
        return f"{self.document_no}/{self.print_no}"

    def blob(self, sha256: str) -> str:
        """Where its file is. Rendered again with another outcome it is another file."""
        return f"receipts/{self.document_no}/{self.print_no}-{sha256[:16]}.pdf"

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Print:
        return cls(**json.loads(content))
