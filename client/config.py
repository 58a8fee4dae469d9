"""Where the hall is and where the key is: from the environment, else from a small TOML file.

    # ~/.config/hpf/config.toml            environment
    edge = "hall.example.cn:8443"          HPF_EDGE
    ca_file = "/etc/hpf/ca.pem"            HPF_CA_FILE
    pkcs11_module = "/usr/lib/…/….so"      HPF_PKCS11_MODULE
    pin_file = "~/.config/hpf/pin"         HPF_PIN_FILE (logs in, signs every submission)
    token = "USBKEY"                       HPF_TOKEN
    softhsm_conf = ""                      SOFTHSM2_CONF (soft tokens only)
    amqp_uri, namespace, bus_users, …      AMQP_URI, HPF_NAMESPACE, HPF_BUS_USERS, HPF_OPERATOR_URI (staff only)
    staff, sms_outbox                      HPF_STAFF, HPF_SMS_OUTBOX

HPF_CONFIG names another file. An unknown key is refused: a mistyped setting must not be silently
ignored.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from client.errors import InputError

VARIABLES = {
    "edge": "HPF_EDGE",
    "ca_file": "HPF_CA_FILE",
    "pkcs11_module": "HPF_PKCS11_MODULE",
    "token": "HPF_TOKEN",
    "pin_file": "HPF_PIN_FILE",
    "softhsm_conf": "SOFTHSM2_CONF",
    "session_file": "HPF_SESSION_FILE",
    "amqp_uri": "AMQP_URI",
    "namespace": "HPF_NAMESPACE",
    "bus_users": "HPF_BUS_USERS",
    "operator_uri": "HPF_OPERATOR_URI",
    "staff": "HPF_STAFF",
    "sms_outbox": "HPF_SMS_OUTBOX",
}


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Everything the command line needs to know. Empty text means "not set"."""

    edge: str = ""  # host:port of the hall
    ca_file: str = (
        ""  # PEM of the CA that the hall's TLS certificate comes from; empty: the system's
    )
    pkcs11_module: str = ""
    token: str = ""  # label of the USB key, when several are plugged in
    pin_file: str = ""  # file with the key's PIN; with one every submission is signed
    softhsm_conf: str = ""  # where SoftHSM2 keeps its tokens; real keys have none
    session_file: str = ""
    amqp_uri: str = ""  # staff only
    namespace: str = "hpf"  # staff only
    bus_users: str = "{part}"  # staff only: which broker user each part of the hall is
    operator_uri: str = ""  # who replays dead letters, where that is another broker user than staff
    staff: str = ""  # staff only: login name, written to the audit trail
    sms_outbox: str = ""  # local installations only

    def ca_pem(self) -> bytes | None:
        """The CA file's content, or None for the system's own CAs."""
        if not self.ca_file:
            return None
        try:
            return Path(self.ca_file).expanduser().read_bytes()
        except OSError as error:
            raise InputError(f"无法读取 CA 证书文件 {self.ca_file}：{error.strerror}") from error

    def broker(self) -> str:
        """The address of the bus, for the staff. Raises InputError when there is none, or none that may be used."""
        from services.kit.lines import LineInTheClear, checked_broker

        if not self.amqp_uri:
            raise InputError("不知道消息总线的地址：请设置 AMQP_URI 和 HPF_NAMESPACE")
        try:
            return checked_broker(self.amqp_uri)
        except LineInTheClear:
            zh = "AMQP_URI 指向另一台机器而没有加密：请使用 amqps://"
            raise InputError(zh) from None

    def session_path(self) -> Path:
        """Where the session is kept between commands."""
        if self.session_file:
            return Path(self.session_file).expanduser()
        return _home("XDG_STATE_HOME", ".local/state") / "session.json"

    def to_toml(self) -> str:
        """The settings that differ from the defaults, as the file would hold them."""
        default = ClientConfig()
        lines = [
            f"{each.name} = {json.dumps(getattr(self, each.name), ensure_ascii=False)}\n"
            for each in fields(self)
            if getattr(self, each.name) != getattr(default, each.name)
        ]
        return "".join(lines)


def read_config(environment: Mapping[str, str] = os.environ) -> ClientConfig:
    """Read the file, then let the environment win; InputError when the file cannot be used."""
    chosen = environment.get("HPF_CONFIG", "")
    path = Path(chosen).expanduser() if chosen else default_path()
    values = _read_file(path, required=bool(chosen))
    for name, variable in VARIABLES.items():
        if environment.get(variable):
            values[name] = environment[variable]
    return ClientConfig(**values)


def default_path() -> Path:
    return _home("XDG_CONFIG_HOME", ".config") / "config.toml"


def _read_file(path: Path, *, required: bool) -> dict[str, str]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise InputError(f"找不到配置文件 {path}") from None
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"配置文件 {path} 无法读取：{error}") from error
    unknown = sorted(set(found) - set(VARIABLES))
    if unknown:
        raise InputError(f"配置文件 {path} 含有未知的设置：{'、'.join(unknown)}")
    return {name: str(value) for name, value in found.items()}


def _home(variable: str, below_home: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / below_home) / "hpf"
