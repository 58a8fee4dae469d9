"""What the pages promise is there: links lead to files and headings, commands and make targets exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from client.cli.main import cli
from deploy.local.paths import ROOT

#: Folders with files of ours; what is built or fetched lies beside them.
OURS = ("docs", "services", "client", "deploy", "tests", "benches", "protos")
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(page for folder in OURS for page in sorted((ROOT / folder).rglob("*.md"))),
]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
# A command as it is typed: at the beginning of code or of a line, or after && or ;
COMMAND = re.compile(r"(?:^|&&|;)\s*`?(?:\.venv/bin/)?hpf((?: +[^\s`|&;#]+)*)", re.MULTILINE)
TARGET = re.compile(r"(?:^|&&|;)\s*`?make +([a-z0-9-]+)", re.MULTILINE)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _codes(page: Path) -> list[str]:
    return CODE.findall(page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", each.lower()) for each in headings)
    return {each.strip().replace(" ", "-") for each in kept}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        to = (page.parent / target).resolve() if target else page
        if not to.exists() or (anchor and anchor not in _anchors(to)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_exist(page: Path) -> None:
    named = [words.split() for code in _codes(page) for words in COMMAND.findall(code)]
    assert [words for words in named if not _is_command(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_make_targets_exist(page: Path) -> None:
    known = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for code in _codes(page) for target in TARGET.findall(code)}
    assert named - known == set()


def test_decisions_are_numbered_in_order_without_doubles() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))


def test_every_decision_is_listed_under_its_number_and_title() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.*?) \|$", index, re.MULTILINE)
    titles = [page.read_text(encoding="utf-8").partition("\n")[0] for page in DECISIONS]

    assert [name for _, name, _ in listed] == [page.name for page in DECISIONS]
    assert [f"# {number} {title}" for number, _, title in listed] == titles


def test_decisions_that_the_code_names_exist() -> None:
    known = {page.name[:4] for page in DECISIONS}
    code = [path for folder in OURS for path in (ROOT / folder).rglob("*.py")]
    named = {
        (str(path.relative_to(ROOT)), number)
        for path in code
        for number in re.findall(r"docs/adr/(\d{4})", path.read_text(encoding="utf-8"))
    }
    assert {place for place in named if place[1] not in known} == set()
    assert named


def _is_command(words: list[str]) -> bool:
    """Whether the words name a command; `a|b` names two, and what follows a command is its own affair."""
    command: click.Command = cli
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            return True
        found = command.commands.get(word)
        if found is None:
            # `hpf worksheet seal show`: the group takes an argument first.
            return any(isinstance(each, click.Argument) for each in command.params)
        command = found
    return True
