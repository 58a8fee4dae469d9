"""`hpf verify --offline`: the signature of a file, judged without asking the hall."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from client.cli.main import REFUSED, USAGE, run
from services.receipt.rendering.document import DocumentKind
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.render import render
from services.receipt.rendering.signing import Pkcs11Signer
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES
from tests.conformance.documents.seal_token import SealToken, make_issuer


@pytest.fixture
def paper(fonts: FontSet, seal_token: SealToken, tmp_path: Path) -> Path:
    rendered = render(SAMPLES[DocumentKind.REMITTANCE](1), fonts=fonts, seal=SEAL)
    at = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
    path = tmp_path / "回单.pdf"
    path.write_bytes(Pkcs11Signer(seal_token.key()).sign(rendered, signed_at=at))
    return path


@pytest.fixture
def root(seal_token: SealToken, tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(seal_token.root.pem)
    return path


def test_file_of_the_centre_ends_with_0(
    paper: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(paper), "--offline", "--seal-ca", str(root)]) == 0
    assert "签章有效" in capsys.readouterr().err


def test_one_flipped_bit_ends_with_1(
    paper: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(paper.read_bytes())
    content[len(content) // 2] ^= 1
    paper.write_bytes(content)

    assert run(["verify", str(paper), "--offline", "--seal-ca", str(root)]) == REFUSED
    assert "签章无效" in capsys.readouterr().err


def test_another_centres_root_does_not_vouch(
    paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = tmp_path / "stranger.pem"
    certificate = make_issuer("别的根证书").certificate
    stranger.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    assert run(["verify", str(paper), "--offline", "--seal-ca", str(stranger)]) == REFUSED
    assert "不是本中心的" in capsys.readouterr().err


def test_what_is_no_certificate_is_told(
    paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no certificate")

    assert run(["verify", str(paper), "--offline", "--seal-ca", str(other)]) == USAGE
    assert "不是证书文件" in capsys.readouterr().err


def test_offline_needs_a_file(root: Path) -> None:
    assert run(["verify", "7K2M9QXA4T6P0111", "--offline", "--seal-ca", str(root)]) == USAGE
