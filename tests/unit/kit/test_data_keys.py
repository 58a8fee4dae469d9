"""The file of the data keys: read, added to, refused when it is not one."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from services.kit.data_keys import DataKeysUnusable, main, read_data_keys, read_vault
from services.kit.settings import KitSettings
from services.kit.vault import Vault

OLD, NEW, INDEX = b"o" * 32, b"n" * 32, b"i" * 32
ID_NUMBER = "130702199003071236"


def written(folder: Path, **changes: Any) -> Path:
    content = {
        "current": "k2",
        "keys": {"k1": text_of(OLD), "k2": text_of(NEW)},
        "index_key": text_of(INDEX),
        **changes,
    }
    file = folder / "data-keys.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def text_of(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    read = read_vault(KitSettings(data_keys_file=written(tmp_path)))
    known = Vault("k2", {"k1": OLD, "k2": NEW}, INDEX)
    assert read.open_text(known.seal_text(ID_NUMBER)) == ID_NUMBER
    assert read.index("id_number", ID_NUMBER) == known.index("id_number", ID_NUMBER)


@pytest.mark.parametrize(
    "changes",
    [
        {"current": "k3"},
        {"keys": {}},
        {"keys": {"k2": "not base64!"}},
        {"keys": {"k2": text_of(b"short")}},
        {"keys": {"k2": text_of(NEW), "index_key": text_of(OLD)}},
        {"index_key": ""},
        {"index_key": None},
        {"keys": None},
    ],
)
def test_a_file_that_is_none_stops_the_start(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(DataKeysUnusable) as refused:
        read_data_keys(written(tmp_path, **changes), KitSettings())
    assert text_of(NEW) not in str(refused.value)


def test_an_added_key_seals_from_then_on_and_the_old_ones_open(tmp_path: Path, capsys: Any) -> None:
    file = written(tmp_path)
    before = read_vault(KitSettings(data_keys_file=file))
    sealed = before.seal_text(ID_NUMBER)
    assert main(["add", str(file), "k3"]) == 0
    assert capsys.readouterr().out == "k1, k2, k3*\n"
    after = read_vault(KitSettings(data_keys_file=file))
    assert after.open_text(sealed) == ID_NUMBER
    assert after.seal_text(ID_NUMBER)[1:3] == b"k3"
    assert after.index("mobile", "1") == before.index("mobile", "1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["k1", "index_key"])
def test_a_name_that_is_taken_adds_nothing(tmp_path: Path, name: str) -> None:
    file = written(tmp_path)
    before = file.read_bytes()
    assert main(["add", str(file), name]) == 1
    assert file.read_bytes() == before
