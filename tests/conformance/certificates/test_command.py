"""The check as a command, and the directory it trusts: as other suites call it from outside."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from services.auth.certificates import TrustFolder
from services.auth.certificates.__main__ import main
from services.auth.certificates.trust_folder import TrustUnreadable, read_trust_directory

AT = "2025-06-02T00:00:00Z"


@pytest.fixture
def folders(lab: Any, tmp_path: Path) -> Path:
    """roots/, intermediates/, crls/ and a holder."""
    for name, files in (
        ("roots", {"root.crt": lab.root.der}),
        ("intermediates", {"issuing.crt": lab.issuing.der}),
        ("crls", {"root.crl": lab.crl(lab.root), "issuing.crl": lab.crl(lab.issuing)}),
    ):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_bytes(content)
    (tmp_path / "holder.crt").write_bytes(lab.holder().der)
    return tmp_path


def run(folders: Path, *more: str, at: str = AT) -> int:
    return main(
        [
            str(folders / "holder.crt"),
            "--trust",
            str(folders / "roots"),
            "--intermediates",
            str(folders / "intermediates"),
            "--crl",
            str(folders / "crls"),
            "--at",
            at,
            "--json",
            *more,
        ]
    )


def test_an_accepted_certificate_exits_with_0(folders: Path, capsys: Any) -> None:
    assert run(folders) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["reason"], len(said["chain"])) == ("accepted", None, 3)


def test_an_undecided_one_exits_with_1_and_says_why(folders: Path, capsys: Any) -> None:
    (folders / "crls" / "issuing.crl").unlink()
    assert run(folders) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["reason"]) == ("undecided", "revocation_unknown")


def test_a_trust_directory_that_is_none_exits_with_2(folders: Path) -> None:
    (folders / "roots" / "root.crt").unlink()
    assert run(folders) == 2


def test_files_that_cannot_be_read_are_named(folders: Path, capsys: Any) -> None:
    (folders / "crls" / "noise.crl").write_bytes(b"noise")
    assert run(folders) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["trust_problems"] == ["noise.crl is left out: neither DER nor PEM"]


def write_authority(folder: Path, lab: Any, *, settings: str = 'name = "lab"\n') -> None:
    (folder / "crls").mkdir(parents=True)
    (folder / "intermediates").mkdir()
    (folder / "ca.pem").write_bytes(lab.root.der)
    (folder / "intermediates" / "issuing.der").write_bytes(lab.issuing.der)
    (folder / "ca.toml").write_text(settings, encoding="utf-8")


def test_a_list_that_is_put_into_the_folder_counts_without_restart(
    lab: Any, tmp_path: Path
) -> None:
    now = [0.0]
    write_authority(tmp_path / "lab", lab)
    folder = TrustFolder(tmp_path, monotonic=lambda: now[0])
    assert len(folder.current().authorities[0].crls) == 0
    (tmp_path / "lab" / "crls" / "issuing.crl").write_bytes(lab.crl(lab.issuing))
    now[0] = 0.5
    assert len(folder.current().authorities[0].crls) == 0
    now[0] = 1.0
    assert len(folder.current().authorities[0].crls) == 1


def test_a_broken_change_keeps_the_last_good_state(lab: Any, tmp_path: Path) -> None:
    now = [0.0]
    write_authority(tmp_path / "lab", lab)
    folder = TrustFolder(tmp_path, monotonic=lambda: now[0])
    good = folder.current()
    (tmp_path / "lab" / "ca.toml").write_text("name = ", encoding="utf-8")
    now[0] = 2.0
    assert folder.current() is good


def test_an_empty_folder_trusts_nobody_until_a_ca_is_put_in(lab: Any, tmp_path: Path) -> None:
    now = [0.0]
    folder = TrustFolder(tmp_path, monotonic=lambda: now[0])
    assert folder.current().authorities == ()
    write_authority(tmp_path / "lab", lab)
    now[0] = 2.0
    assert folder.current().authority_named("lab") is not None


@pytest.mark.parametrize(
    "settings",
    [
        "name = 1",
        'name = "x"\nunknown = true',
        'name = "x"\nalgorithms = ["rsa-pkcs1-sha1"]',
        'name = "x"\nalgorithms = []',
        'name = "x"\n[uscc]\npattern = "no group"',
        'name = "x"\n[uscc]\npattern = "("',
        'name = "x"\n[uscc]\noid = "not an oid"',
    ],
)
def test_settings_of_a_ca_that_cannot_be_meant_are_refused(
    lab: Any, tmp_path: Path, settings: str
) -> None:
    write_authority(tmp_path / "lab", lab, settings=settings)
    with pytest.raises(TrustUnreadable):
        read_trust_directory(tmp_path)


def test_a_file_that_is_being_written_is_not_read(lab: Any, tmp_path: Path) -> None:
    write_authority(tmp_path / "lab", lab)
    (tmp_path / "lab" / "crls" / ".issuing.crl.new").write_bytes(b"half")
    assert read_trust_directory(tmp_path).problems == []
    assert os.listdir(tmp_path / "lab" / "crls")
