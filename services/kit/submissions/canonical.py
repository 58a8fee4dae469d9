"""The canonical form of a submission: the bytes that its signature is made of, the same in every language.

One line of JSON after RFC 8785 (sorted keys, no spaces, UTF-8). Here that is what `json` writes: there are no floats
in our protos, and the keys are names of proto fields and columns, ASCII, for which the RFC's order by UTF-16 units is
Python's. docs/submissions.md has the rules for whoever writes another client.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

PURPOSE = "hpf-submission/1"
#: Stand on their own in the form, or cannot be part of what they sign.
_LEFT_OUT = ("request_id", "signature")


def canonical_form(
    method: str, *, employer_no: str, request: Message, content_sha256: str = ""
) -> bytes:
    """The form of one request. `method` is `hpf.deposit.v1.DepositService/SubmitRemittance`.

    Fields that have their default value are left out, so that a field added to the proto later changes no form that
    does not use it. `content_sha256` (hex) stands for what is submitted besides the request: a list's rows.
    """
    fields = MessageToDict(request, preserving_proto_field_name=True)
    return canonical_json(
        {
            "purpose": PURPOSE,
            "method": method,
            "employer_no": employer_no,
            "request_id": fields.get("request_id", ""),
            "request": {name: value for name, value in fields.items() if name not in _LEFT_OUT},
            "content_sha256": content_sha256,
        }
    )


def is_submission(text: bytes) -> bool:
    """Whether a text is the canonical form of a submission, and so nothing else that a key might be made to sign."""
    try:
        content = json.loads(text)
        return (
            isinstance(content, dict)
            and content.get("purpose") == PURPOSE
            and canonical_json(content) == text
        )
    except (ValueError, RecursionError):
        return False


def list_content(header: Mapping[str, str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A list as its clerk sees it: the values above it, and the cells of each row in their order. Empty cells are
    absent."""
    return canonical_json({"header": dict(header), "rows": [dict(cells) for cells in rows]})


def canonical_json(content: Mapping[str, object]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def method_path(descriptor: MethodDescriptor) -> str:
    """A method as the form names it, and as gRPC calls it but for the first slash."""
    return f"{descriptor.containing_service.full_name}/{descriptor.name}"
