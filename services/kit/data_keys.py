"""The file of the data keys, in the clear or wrapped by a key on a token: `python -m services.kit.data_keys`.

    {"current": "k1", "keys": {"k1": base64}, "index_key": base64}
    {"current": "k1", "keys": {"k1": base64}, "index_key": base64, "wrapped_by": {"token": "hpf", "key": "hpf-data"}}

    check FILE                          whether every key can be read; names them
    add FILE NAME                       a new data key, current from now on (docs/runbook.md says what follows)
    wrap FILE --token T --key K [--make]   the same keys under a key on a token; `--make` makes that first

The token's library is `HPF_PKCS11_MODULE`, its PIN `HPF_DATA_KEYS_PIN_FILE`. Whoever has the wrapped file, or a backup
of it, has nothing without the token; a running process holds the data keys in its memory, since each row needs them.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from services.kit.settings import KitSettings
from services.kit.vault import Vault

if TYPE_CHECKING:
    from services.kit.token_keys import WrappingKey

KEY_BYTES = 32
#: Under this name the index key is wrapped; no data key can have it.
_INDEX = "index_key"


class DataKeysUnusable(RuntimeError):
    """The file is not one of data keys; the message quotes none of it."""


@dataclass(frozen=True)
class DataKeys:
    """The file's content, opened. `wrapped_by` names token and key, or is None."""

    current: str
    keys: dict[str, bytes]
    index_key: bytes
    wrapped_by: tuple[str, str] | None = None

    @property
    def vault(self) -> Vault:
        return Vault(self.current, self.keys, self.index_key)


def read_vault(kit: KitSettings) -> Vault:
    """The keys of this process. Raises MissingSetting, DataKeysUnusable or TokenUnusable."""
    return read_data_keys(kit.data_keys, kit).vault


def read_data_keys(path: Path, kit: KitSettings) -> DataKeys:
    """The keys of a file. Raises DataKeysUnusable or TokenUnusable."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = {str(name): _decoded(key) for name, key in content["keys"].items()}
        current, index_key = str(content["current"]), _decoded(content["index_key"])
        place = content.get("wrapped_by")
        wrapped_by = (str(place["token"]), str(place["key"])) if place else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataKeysUnusable(f"{path.name} is not a file of data keys") from error
    if current not in keys or _INDEX in keys:
        raise DataKeysUnusable(f"{path.name} lacks its current key, or misnames one")
    if wrapped_by:
        opened = _wrapping_key(wrapped_by, kit).unwrap({**keys, _INDEX: index_key})
        index_key, keys = opened.pop(_INDEX), opened
    if any(len(key) != KEY_BYTES for key in (*keys.values(), index_key)):
        raise DataKeysUnusable(f"a key of {path.name} has not {KEY_BYTES} bytes")
    return DataKeys(current, keys, index_key, wrapped_by)


def write_data_keys(path: Path, known: DataKeys, kit: KitSettings) -> None:
    """Put the file in place, readable by its owner only; all of it or nothing."""
    named = {**known.keys, _INDEX: known.index_key}
    if known.wrapped_by:
        named = _wrapping_key(known.wrapped_by, kit).wrap(named)
    encoded = {name: base64.b64encode(key).decode() for name, key in named.items()}
    content: dict[str, object] = {_INDEX: encoded.pop(_INDEX)}
    content = {"current": known.current, "keys": encoded, **content}
    if known.wrapped_by:
        token, key = known.wrapped_by
        content["wrapped_by"] = {"token": token, "key": key}
    fresh = path.with_name(f".{path.name}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _wrapping_key(place: tuple[str, str], kit: KitSettings) -> WrappingKey:
    # Only who has keys on a token loads the native library; most processes have none.
    from services.kit.token_keys import WrappingKey

    token, key = place
    pin = kit.data_keys_pin.get_secret_value()
    return WrappingKey(Path(kit.pkcs11_module), token=token, label=key, pin=pin)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    kit, path = KitSettings.read(), arguments.file
    try:
        known = read_data_keys(path, kit)
        if arguments.verb == "add":
            if arguments.name in (*known.keys, _INDEX):
                raise DataKeysUnusable(f"there is a key {arguments.name} already")
            added = {**known.keys, arguments.name: secrets.token_bytes(KEY_BYTES)}
            known = replace(known, current=arguments.name, keys=added)
            write_data_keys(path, known, kit)
        elif arguments.verb == "wrap":
            known = replace(known, wrapped_by=(arguments.token, arguments.key))
            if arguments.make:
                _wrapping_key((arguments.token, arguments.key), kit).make()
            write_data_keys(path, known, kit)
    except (RuntimeError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    names = ", ".join(f"{name}*" if name == known.current else name for name in known.keys)
    place = f" wrapped by {'/'.join(known.wrapped_by)}" if known.wrapped_by else ""
    sys.stdout.write(f"{names}{place}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.kit.data_keys",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("check", "add", "wrap"):
        verb = verbs.add_parser(name)
        verb.add_argument("file", type=Path)
        if name == "add":
            verb.add_argument("name")
        if name == "wrap":
            verb.add_argument("--token", required=True)
            verb.add_argument("--key", required=True)
            verb.add_argument("--make", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
