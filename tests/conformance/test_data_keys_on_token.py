"""Data keys wrapped by a key on a token (SoftHSM2): each step a process of its own, as in an installation."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.programs import softhsm
from services.kit.vault import Vault

PIN, TOKEN = "87654321", "hpf"
PLAIN = Vault("k2", {"k1": b"o" * 32, "k2": b"n" * 32}, b"i" * 32)
#: What a service does with the keys it was given.
OPEN = """
import sys
from services.kit.data_keys import read_vault
from services.kit.settings import KitSettings
print(read_vault(KitSettings.read()).open_text(bytes.fromhex(sys.argv[1])))
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "data-keys.json"
    content = {
        "current": PLAIN.current,
        "keys": {name: encoded(key) for name, key in PLAIN.keys.items()},
        "index_key": encoded(PLAIN.index_key),
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


@pytest.fixture
def run(tmp_path: Path, keys_file: Path) -> Run:
    """Runs Python with a fresh token in reach."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    (tmp_path / "pin").write_text(PIN)
    programs = softhsm()
    environment = {
        **os.environ,
        "SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf"),
        "HPF_PKCS11_MODULE": str(programs.module),
        "HPF_DATA_KEYS_FILE": str(keys_file),
        "HPF_DATA_KEYS_PIN_FILE": str(tmp_path / "pin"),
    }
    make = [str(programs.util), "--module", str(programs.module), "--init-token", "--free"]
    make += ["--label", TOKEN, "--pin", PIN, "--so-pin", PIN]
    subprocess.run(make, env=environment, check=True, capture_output=True, timeout=30)

    def ran(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment | changes,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return ran


@pytest.fixture
def wrapped(run: Run, keys_file: Path) -> Run:
    place = ["--token", TOKEN, "--key", "kek"]
    done = run("-m", "services.kit.data_keys", "wrap", str(keys_file), *place, "--make")
    assert (done.returncode, done.stdout) == (0, "k1, k2* wrapped by hpf/kek\n"), done.stderr
    return run


def test_wrapped_keys_open_what_the_plain_ones_sealed(wrapped: Run, keys_file: Path) -> None:
    sealed = PLAIN.seal_text("130702199003071236").hex()
    assert wrapped("-c", OPEN, sealed).stdout.strip() == "130702199003071236"
    content = keys_file.read_text()
    assert [key for key in (*PLAIN.keys.values(), PLAIN.index_key) if encoded(key) in content] == []


def test_a_key_added_to_a_wrapped_file_is_wrapped_too(wrapped: Run, keys_file: Path) -> None:
    done = wrapped("-m", "services.kit.data_keys", "add", str(keys_file), "k3")
    assert done.stdout == "k1, k2, k3* wrapped by hpf/kek\n", done.stderr
    sealed = PLAIN.seal_text("18800001234").hex()
    assert wrapped("-c", OPEN, sealed).stdout.strip() == "18800001234"


def test_without_the_token_or_its_pin_nothing_starts(wrapped: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("00000000")
    (tmp_path / "none").mkdir()
    (tmp_path / "empty.conf").write_text(f"directories.tokendir = {tmp_path / 'none'}\n")
    for changes in (
        {"HPF_DATA_KEYS_PIN_FILE": str(tmp_path / "wrong")},
        {"SOFTHSM2_CONF": str(tmp_path / "empty.conf")},
        {"HPF_PKCS11_MODULE": "/nowhere.so"},
    ):
        done = wrapped(
            "-m", "services.kit.data_keys", "check", str(tmp_path / "data-keys.json"), **changes
        )
        assert done.returncode == 1, changes
        assert "hpf" in done.stderr
        assert "Traceback" not in done.stderr


def test_altered_and_swapped_keys_are_refused(wrapped: Run, keys_file: Path) -> None:
    good = json.loads(keys_file.read_text())
    first, second = good["keys"]["k1"], good["keys"]["k2"]
    flipped = bytearray(base64.b64decode(first))
    flipped[-1] ^= 1
    for keys in ({"k1": second, "k2": first}, {"k1": encoded(bytes(flipped)), "k2": second}):
        keys_file.write_text(json.dumps({**good, "keys": keys}))
        done = wrapped("-m", "services.kit.data_keys", "check", str(keys_file))
        assert (done.returncode, "does not unwrap key k1" in done.stderr) == (1, True), done.stderr


def test_a_wrapping_key_is_made_once(wrapped: Run, keys_file: Path) -> None:
    before = keys_file.read_bytes()
    place = ["--token", TOKEN, "--key", "kek", "--make"]
    done = wrapped("-m", "services.kit.data_keys", "wrap", str(keys_file), *place)
    assert (done.returncode, "already" in done.stderr) == (1, True)
    assert keys_file.read_bytes() == before
