"""Settings of the command line: file, environment, mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.config import read_config
from client.errors import InputError


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hpf.toml"
    file.write_text('edge = "file:1"\ntoken = "某单位"\n', encoding="utf-8")

    config = read_config({"HPF_CONFIG": str(file), "HPF_EDGE": "environment:2"})

    assert (config.edge, config.token) == ("environment:2", "某单位")


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hpf.toml"
    file.write_text('egde = "mistyped:1"\n', encoding="utf-8")

    with pytest.raises(InputError, match="egde"):
        read_config({"HPF_CONFIG": str(file)})


def test_a_chosen_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="找不到配置文件"):
        read_config({"HPF_CONFIG": str(tmp_path / "none.toml")})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    config = read_config({"HPF_EDGE": "hall:8443", "HPF_STAFF": "张“三”\\"})
    file = tmp_path / "hpf.toml"
    file.write_text(config.to_toml(), encoding="utf-8")

    assert read_config({"HPF_CONFIG": str(file)}) == config
