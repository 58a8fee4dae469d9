"""docs/events.md: a hand-written part, and below the mark every event with its fields, made from the protos.

What an event and a field mean is their comment in the proto; units follow from the ends of names.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.rpc import status_pb2

from deploy.docs.words import WORDS
from deploy.local.commands import run
from deploy.local.paths import ROOT
from deploy.protos.compiling import PROTOS, proto_files
from services.kit.events import routing_key

PAGE = ROOT / "docs" / "events.md"
MARK = "<!-- made from the protos by `python -m deploy.docs`; do not edit below -->\n"

#: What every owner of businesses tells.
SHARED = ("hpf.common.v1.BusinessFinished", "hpf.common.v1.SubmissionNoted")
OWNERS = ("collection", "deposit", "auth", "receipt", "query")

#: What the end of a field's name says about its unit.
UNITS = {
    "_fen": "fen",
    "_month": "month, YYYYMM",
    "_rate": "whole percent",
    "_rate_min": "whole percent",
    "_rate_max": "whole percent",
    "_on": "date, YYYY-MM-DD",
    "_date": "date, YYYY-MM-DD",
    "_sealed": "sealed text",
    "_bp": "basis points",
}

_MESSAGE, _FIELD = 4, 2  # numbers of these lists in a file's source information


@dataclass
class Protos:
    """Messages, enums and comments by full name, in the order of the files."""

    messages: dict[str, DescriptorProto] = field(default_factory=dict)
    enums: dict[str, EnumDescriptorProto] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)

    @classmethod
    def read(cls) -> Protos:
        found, files = cls(), _compiled().file
        for file in files:
            found._take(file)
        parts = {
            each.type_name.lstrip(".")
            for message in found.messages.values()
            for each in message.field
        }
        found.events = [
            f"{file.package}.{message.name}"
            for file in files
            if file.name.endswith("_events.proto")
            for message in file.message_type
            if f"{file.package}.{message.name}" not in parts
        ]
        return found

    def parts_of(self, names: list[str]) -> list[str]:
        """Messages that these are made of, directly or not, in the order of their names."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            for each in self.messages[waiting.pop()].field:
                part = each.type_name.lstrip(".")
                if part in self.messages and part not in found:
                    found.add(part)
                    waiting.append(part)
        return sorted(found, key=lambda name: name.rsplit(".", 1)[-1])

    def _take(self, file: FileDescriptorProto) -> None:
        for message in file.message_type:
            self.messages[f"{file.package}.{message.name}"] = message
        for enum in file.enum_type:
            self.enums[f"{file.package}.{enum.name}"] = enum
        for place in file.source_code_info.location:
            comment = place.leading_comments + place.trailing_comments
            if not comment.strip() or place.path[0] != _MESSAGE:
                continue
            message = file.message_type[place.path[1]]
            name = f"{file.package}.{message.name}"
            if len(place.path) == 4 and place.path[2] == _FIELD:
                name += f".{message.field[place.path[3]].name}"
            elif len(place.path) > 2:
                continue
            self.comments[name] = " ".join(comment.split())


def page() -> str:
    """The whole page: what was written by hand as it stands, then the catalogue."""
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    return written + MARK + "".join(_catalogue(Protos.read()))


def _catalogue(protos: Protos) -> Iterator[str]:
    yield "\n## Every event\n"
    for owner in OWNERS:
        own = [name for name in protos.events if name.startswith(f"hpf.{owner}.v1.")]
        if own:
            yield f"\n### From {owner}\n"
        for name in own:
            yield from _event(protos, name, sources=_sources(owner, name))
    yield "\n### From collection and deposit\n"
    both = ["collection", "deposit"]
    for name in SHARED:
        yield from _event(protos, name, sources=both)
    yield "\n## What events are made of\n"
    for name in protos.parts_of([*protos.events, *SHARED]):
        yield f"\n#### `{name.rsplit('.', 1)[-1]}`\n\n"
        yield from _meaning(protos, name)


def _sources(owner: str, name: str) -> list[str]:
    return ["bank"] if name == "hpf.deposit.v1.BankPaymentReported" else [owner]


def _event(protos: Protos, name: str, *, sources: list[str]) -> Iterator[str]:
    keys = " and ".join(f"`{routing_key(source, name)}`" for source in sources)
    yield f"\n#### {name.rsplit('.', 1)[-1]}\n\n"
    yield f"Routing key {keys}\n\n"
    yield from _meaning(protos, name)


def _meaning(protos: Protos, name: str) -> Iterator[str]:
    if name in protos.comments:
        yield f"{protos.comments[name]}\n\n"
    yield "| Field | Type | |\n|---|---|---|\n"
    for each in protos.messages[name].field:
        note = "; ".join(text.replace("|", "\\|") for text in _notes(protos, name, each))
        yield f"| `{each.name}` | {_type(each)} | {note} |\n"


def undescribed(protos: Protos) -> list[str]:
    """Messages and fields of the contract of which the page does not say what they mean."""
    told = [*protos.events, *SHARED]
    lacking = []
    for name in dict.fromkeys([*told, *protos.parts_of(told)]):
        if name not in protos.comments:
            lacking.append(name)
        fields = protos.messages[name].field
        lacking += [f"{name}.{each.name}" for each in fields if not _notes(protos, name, each)]
    return lacking


def _notes(protos: Protos, name: str, each: FieldDescriptorProto) -> list[str]:
    """What a field means: its own comment, else the word that its name is; and its unit."""
    meaning = protos.comments.get(f"{name}.{each.name}") or WORDS.get(each.name, "")
    return [text for text in (meaning, _unit(protos, each)) if text]


def _type(each: FieldDescriptorProto) -> str:
    short = FieldDescriptorProto.Type.Name(each.type).removeprefix("TYPE_").lower()
    if each.type_name:
        named = each.type_name.lstrip(".")
        short = named if named == status_pb2.Status.DESCRIPTOR.full_name else named.split(".")[-1]
    return f"list of {short}" if each.label == each.LABEL_REPEATED else short


def _unit(protos: Protos, each: FieldDescriptorProto) -> str:
    enum = protos.enums.get(each.type_name.lstrip("."))
    if enum is not None:
        prefix = enum.value[0].name.removesuffix("UNSPECIFIED")
        values = (f"{v.number} {v.name.removeprefix(prefix)}" for v in enum.value if v.number)
        return ", ".join(values)
    return next((unit for end, unit in UNITS.items() if each.name.endswith(end)), "")


def _compiled() -> FileDescriptorSet:
    """The protos with their comments, which plain descriptors leave out."""
    shared = Path(status_pb2.__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "set.binpb"
        protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{shared}"]
        wanted = ["--include_source_info", f"--descriptor_set_out={target}", *proto_files()]
        run([*protoc, *wanted])
        return FileDescriptorSet.FromString(target.read_bytes())
