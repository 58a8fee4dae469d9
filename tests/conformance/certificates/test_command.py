"""The check as a command, and the directory it trusts: as other suites call it from outside."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from services.auth.certificates import CheckReason, Outcome, TrustFolder
from services.auth.certificates.__main__ import main
from services.auth.certificates.check import NOT_LOOKED_UP
from services.auth.certificates.trust_folder import TrustUnreadable, read_trust_directory
from tests.conformance.certificates.laboratory import USCC, name_of

ROOT = Path(__file__).resolve().parents[3]

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


def test_what_was_not_looked_up_is_said(folders: Path, capsys: Any) -> None:
    assert run(folders, "--no-crl-required") == 0
    assert json.loads(capsys.readouterr().out)["detail"] == ""
    for name in ("issuing.crl", "root.crl"):
        (folders / "crls" / name).unlink()
    assert run(folders, "--no-crl-required") == 0
    assert json.loads(capsys.readouterr().out)["detail"] == NOT_LOOKED_UP


def test_a_trust_directory_that_is_none_exits_with_2(folders: Path) -> None:
    (folders / "roots" / "root.crt").unlink()
    assert run(folders) == 2


def test_files_that_cannot_be_read_are_named(folders: Path, capsys: Any) -> None:
    (folders / "crls" / "noise.crl").write_bytes(b"noise")
    assert run(folders) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["trust_problems"] == ["noise.crl is left out: neither DER nor PEM"]


POLICY = "1.2.156.1"


def test_the_policy_inputs_of_rfc_5280_reach_the_validation(
    lab: Any, folders: Path, capsys: Any
) -> None:
    """The usual certificates are under no policy at all: good unless one is asked for."""
    assert run(folders, "--policy", POLICY, "--no-explicit-policy") == 0
    assert run(folders, "--policy", POLICY) == 1
    assert run(folders, "--explicit-policy") == 1


def test_mapping_and_any_policy_can_be_inhibited(lab: Any, folders: Path, capsys: Any) -> None:
    theirs = "1.2.156.2"
    mapped = x509.PolicyMappings(
        [{"issuer_domain_policy": POLICY, "subject_domain_policy": theirs}]
    )
    issuing = lab.make(
        "Issuing",
        issuer=lab.root,
        ca=True,
        key=lab.issuing.key,
        change={"certificate_policies": under(POLICY), "policy_mappings": (True, mapped)},
    )
    (folders / "intermediates" / "issuing.crt").write_bytes(issuing.der)
    holder = lab.holder(change={"certificate_policies": under(theirs)})
    (folders / "holder.crt").write_bytes(holder.der)
    assert run(folders, "--policy", POLICY) == 0
    assert run(folders, "--policy", POLICY, "--inhibit-mapping") == 1

    issuing = lab.make(
        "Issuing",
        issuer=lab.root,
        ca=True,
        key=lab.issuing.key,
        change={"certificate_policies": under("2.5.29.32.0")},
    )
    (folders / "intermediates" / "issuing.crt").write_bytes(issuing.der)
    assert run(folders, "--policy", theirs) == 0
    assert run(folders, "--policy", theirs, "--inhibit-any-policy") == 1


def under(policy: str) -> Any:
    return (False, x509.CertificatePolicies([{"policy_identifier": policy}]))


def test_the_purpose_can_be_another_one(lab: Any, folders: Path, capsys: Any) -> None:
    server = (False, x509.ExtKeyUsageSyntax(["server_auth"]))
    holder = lab.holder(change={"extended_key_usage": server})
    (folders / "holder.crt").write_bytes(holder.der)
    assert run(folders) == 1
    assert run(folders, "--purpose", "server_auth") == 0
    assert run(folders, "--purpose", "any") == 0
    assert run(folders, "--purpose", "any", "--key-usage", "key_encipherment") == 1


def test_a_ca_certificate_is_an_end_only_if_asked_for(lab: Any, folders: Path, capsys: Any) -> None:
    (folders / "holder.crt").write_bytes(lab.issuing.der)
    assert run(folders) == 1
    assert run(folders, "--allow-ca", "--purpose", "any", "--key-usage", "any") == 0


def test_several_files_are_answered_one_by_one(lab: Any, folders: Path, capsys: Any) -> None:
    bad = folders / "noise.crt"
    bad.write_bytes(b"noise")
    assert run(folders, str(bad)) == 1
    said = json.loads(capsys.readouterr().out)
    assert [(Path(each["file"]).name, each["outcome"]) for each in said] == [
        ("holder.crt", "accepted"),
        ("noise.crt", "refused"),
    ]


def test_single_files_and_pem_serve_as_well_as_folders(
    lab: Any, folders: Path, capsys: Any
) -> None:
    pem = b"".join(
        load_der_x509_certificate(made.der).public_bytes(serialization.Encoding.PEM)
        for made in (lab.make("Other", ca=True), lab.root)
    )
    (folders / "roots.pem").write_bytes(pem)
    (folders / "ca.toml").write_text('name = "named"', encoding="utf-8")
    arguments = [
        *(str(folders / "holder.crt"), "--at", AT, "--json"),
        *("--trust", str(folders / "roots.pem")),
        *("--settings", str(folders / "ca.toml")),
        *("--intermediates", str(folders / "intermediates" / "issuing.crt")),
        *("--crl", str(folders / "crls")),
    ]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["authority"] == "named"


def test_the_holders_code_is_read_apart_from_the_path(lab: Any, folders: Path, capsys: Any) -> None:
    named = name_of("Holder", organization_identifier=f"NTRCN-{USCC}")
    (folders / "holder.crt").write_bytes(lab.holder(subject=named).der)
    (folders / "crls" / "issuing.crl").unlink()
    assert run(folders, "--holder-only", at="2099-01-01") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["uscc"], said["by_authority"]) == (USCC, {"roots": USCC})
    (folders / "holder.crt").write_bytes(lab.holder().der)
    assert run(folders, "--holder-only") == 1


@pytest.mark.parametrize("option", ["--intermediates", "--crl", "--ocsp", "--settings"])
def test_a_place_that_is_not_there_exits_with_2(folders: Path, option: str) -> None:
    assert run(folders, option, str(folders / "nowhere")) == 2


def test_every_outcome_and_reason_is_explained() -> None:
    page = (ROOT / "docs" / "certificate-check.md").read_text(encoding="utf-8")
    words: list[str] = [*Outcome, *CheckReason]
    assert [each for each in words if f"`{each}`" not in page] == []


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
