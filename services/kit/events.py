"""Events as they travel: a protobuf body in an envelope of CloudEvents attributes (docs/events.md).

`Event` is the envelope; `event_type` and `routing_key` name a message class on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

CONTENT_TYPE = "application/protobuf"
SPEC_VERSION = "1.0"
_PREFIX = "cloudEvents_"

#: No id, name or number of ours is as long, and an index row of PostgreSQL (2.7 KB) holds that many of any character.
ATTRIBUTE_CHARS_MAX = 500
_VERSION_MAX = 2**63 - 1


class Poison(Exception):
    """A message that no later try can handle: undecodable, unknown, or breaking an invariant."""


class TooEarly(Exception):
    """An event came before one of the same subject that precedes it; it may be handled once that one has come."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event with its envelope. `subject` is the employer number it concerns, empty for the whole centre;
    `version` counts the subject's events of this source without gaps."""

    event_id: str
    type: str
    source: str
    subject: str
    version: int
    occurred_at: datetime
    correlation_id: str
    causation_id: str
    traceparent: str
    body: bytes

    def message(self) -> Message:
        """The body as its message class; raises Poison when it is not one."""
        try:
            descriptor = descriptor_pool.Default().FindMessageTypeByName(self.type)
            return message_factory.GetMessageClass(descriptor).FromString(self.body)
        except (KeyError, DecodeError) as error:
            raise Poison(f"event of type {self.type} cannot be read") from error

    def headers(self) -> dict[str, str]:
        return {
            _PREFIX + "specversion": SPEC_VERSION,
            _PREFIX + "id": self.event_id,
            _PREFIX + "type": self.type,
            _PREFIX + "source": self.source,
            _PREFIX + "subject": self.subject,
            _PREFIX + "time": self.occurred_at.astimezone(UTC).isoformat(),
            _PREFIX + "subjectversion": str(self.version),
            _PREFIX + "correlationid": self.correlation_id,
            _PREFIX + "causationid": self.causation_id,
            _PREFIX + "traceparent": self.traceparent,
        }

    @classmethod
    def from_message(cls, headers: Mapping[str, Any], body: bytes) -> Event:
        """Read an AMQP message; raises Poison when an attribute is missing or malformed."""
        try:
            return cls(
                event_id=_text(headers[_PREFIX + "id"]),
                type=_text(headers[_PREFIX + "type"]),
                source=_text(headers[_PREFIX + "source"]),
                subject=_subject(headers[_PREFIX + "subject"]),
                version=_version(headers[_PREFIX + "subjectversion"]),
                occurred_at=datetime.fromisoformat(_text(headers[_PREFIX + "time"])),
                correlation_id=_text(headers.get(_PREFIX + "correlationid", "")),
                causation_id=_text(headers.get(_PREFIX + "causationid", "")),
                traceparent=_text(headers.get(_PREFIX + "traceparent", "")),
                body=bytes(body),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise Poison("the message has no readable event attributes") from error


def _text(attribute: object) -> str:
    """An attribute that any store keeps and any log shows on its line; raises ValueError for another."""
    text = str(attribute)
    if len(text) > ATTRIBUTE_CHARS_MAX or not text.isprintable():
        raise ValueError("no attribute of an event")
    return text


def _subject(attribute: object) -> str:
    """Digits or nothing: followers keep a row per subject, and what no owner can have written would stay in it."""
    text = _text(attribute)
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError("no subject of an event")
    return text


def _version(attribute: object) -> int:
    version = int(_text(attribute))
    if not 0 <= version <= _VERSION_MAX:
        raise ValueError("no version of an event")
    return version


def event_type(message: type[Message] | Message) -> str:
    """The full name of the message class, such as `hpf.deposit.v1.RemittancePosted`."""
    return str(message.DESCRIPTOR.full_name)


def routing_key(source: str, type_name: str) -> str:
    """`deposit` and `hpf.deposit.v1.RemittancePosted` → `deposit.remittance_posted`."""
    name = type_name.rsplit(".", 1)[-1]
    return f"{source}." + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def every_key(source: str) -> str:
    """What a queue is bound with for every event of `source`, those of types to come too."""
    return f"{source}.*"
