"""docs/errors.md: the closed list of reasons, as the services declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from google.rpc import code_pb2

from deploy.local.paths import ROOT
from services.kit.errors import Reason

PAGE = ROOT / "docs" / "errors.md"

#: Where reasons are declared, in the order of the page, with a sentence about each place.
CHAPTERS: Mapping[str, tuple[str, str]] = {
    "services.kit.errors": ("Any service", "What every call may be refused for."),
    "services.kit.sheets.errors": (
        "Excel files",
        "Why a file or one of its cells cannot be taken (导入).",
    ),
    "services.kit.worksheet.errors": (
        "Worksheets",
        "What can be wrong with a cell, a row or a whole list.",
    ),
    "services.kit.submissions.errors": (
        "Submissions",
        "Why a submission is not taken, not approved, or not any more (docs/submissions.md).",
    ),
    "services.edge.errors": ("edge", "What the front itself refuses before any service is asked."),
    "services.auth.errors": ("auth", "Login, sessions, certificates (manual 三, 九, 十)."),
    "services.collection.errors": (
        "collection",
        "Employers, accounts, the 归集 businesses (manual 五).",
    ),
    "services.deposit.errors": ("deposit", "Money, the 缴存 businesses, the books (manual 六)."),
    "services.query.errors": ("query", "What employers look up (manual 四)."),
    "services.receipt.errors": ("receipt", "Receipts and other documents (manual 五, 六, 七)."),
}

_HEAD = """\
# Errors

Generated from the code by `python -m deploy.docs`; do not edit.

Every refusal is a `google.rpc.Status`. Its `ErrorInfo` has the domain `hpf`, one of the reasons below, and in
`metadata` every value that the sentences name in braces; `LocalizedMessage` (zh-CN) is the sentence for the person.
`BadRequest` lists what is wrong with single fields (`rows[3].id_number`), each with a reason of its own;
`PreconditionFailure` comes with every FAILED_PRECONDITION; `RetryInfo` says after how long to try again.

At most 100 field errors travel, fewer when their texts are long; `metadata.field_errors` is then their number. On a
worksheet all of them stay readable on the rows and in its error workbook.

**Again** says whether the same call with the same `request_id` may succeed later: the refusal is then not kept as the
answer to that id. Any other refusal that a service decides on is kept: sending the change again gets it again.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    shown: set[Reason] = set()
    for module, (title, about) in CHAPTERS.items():
        own = [reason for reason in reasons_of(module) if reason not in shown]
        shown.update(own)
        parts += [f"\n## {title}\n\n{about}\n\n", *_table(own)]
    return "".join(parts)


def reasons_of(module: str) -> list[Reason]:
    """Every reason that a module declares or takes over from another, in its order, each once."""
    values = vars(import_module(module)).values()
    return list(dict.fromkeys(value for value in values if isinstance(value, Reason)))


def _table(reasons: list[Reason]) -> Iterator[str]:
    yield "| Reason | gRPC code | Chinese | Meaning | Again |\n|---|---|---|---|---|\n"
    for each in sorted(reasons, key=lambda reason: reason.code):
        code = code_pb2.Code.Name(each.kind.value)
        again = "no"
        if not each.is_final:
            again = f"after {each.retry_after_ms} ms" if each.retry_after_ms else "yes"
        yield f"| `{each.code}` | {code} | {_cell(each.zh)} | {_cell(each.en)} | {again} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
