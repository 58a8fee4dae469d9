"""The options of `hpf key check`: every input that RFC 5280 §6.1.1 gives a path validation, and what we ask beyond."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import x509
from pydantic import ValidationError

from services.auth.certificates.limits import DEFAULT_POLICY, CheckPolicy
from services.auth.certificates.settings import AuthoritySettings
from services.auth.certificates.trust_store import TrustStore

EXIT_ACCEPTED, EXIT_NOT_ACCEPTED, EXIT_USAGE = 0, 1, 2
ANY = "any"

_EPILOG = """退出码：0 全部有效；1 至少一个已吊销、不接受或无法核实；2 命令行、受信任目录或文件有误。
一个证书输出一个 JSON 对象，几个证书输出数组；字段见 docs/certificate-check.md。"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """One command line, read."""

    certificates: tuple[Path, ...]
    trust: Path
    intermediates: Path | None
    crls: Path | None
    ocsp: Path | None
    settings: Path | None
    at: datetime | None
    json: bool
    holder_only: bool
    policy: CheckPolicy
    changes: dict[str, object]

    def applied_to(self, trust: TrustStore) -> TrustStore:
        """The same CAs under the settings that the command line changes."""
        if not self.changes:
            return trust
        changed = [
            replace(
                each,
                settings=AuthoritySettings.model_validate(
                    {**each.settings.model_dump(), **self.changes}
                ),
            )
            for each in trust.authorities
        ]
        return TrustStore(changed, trust.problems)


def wishes_from(argv: Sequence[str] | None) -> Wishes:
    """Ends the program with code 2 when the command line cannot be meant."""
    parser = _parser()
    given = parser.parse_intermixed_args(argv)
    changes = {
        name: value
        for name, value in (
            ("certificate_policies", given.policy and frozenset(given.policy)),
            ("explicit_policy", given.explicit_policy),
            ("inhibit_policy_mapping", given.inhibit_mapping or None),
            ("inhibit_any_policy", given.inhibit_any_policy or None),
            ("crl_required", given.crl_required),
        )
        if value is not None
    }
    try:
        AuthoritySettings.model_validate({"name": "x", **changes})
    except ValidationError as error:
        parser.error(str(error.errors()[0]["msg"]))
    return Wishes(
        certificates=tuple(given.certificate),
        trust=given.trust,
        intermediates=given.intermediates,
        crls=given.crl,
        ocsp=given.ocsp,
        settings=given.settings,
        at=given.at,
        json=given.json,
        holder_only=given.holder_only,
        policy=_check_policy(given),
        changes=changes,
    )


def _check_policy(given: argparse.Namespace) -> CheckPolicy:
    policy = replace(DEFAULT_POLICY, holder_may_be_authority=given.allow_ca)
    if given.key_usage is not None:
        policy = replace(policy, key_usage=None if given.key_usage == ANY else given.key_usage)
    if given.purpose is not None:
        policy = replace(policy, purpose=None if given.purpose == ANY else given.purpose)
    return policy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hpf key check",
        description="核对数字证书是否可用于登录",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("certificate", type=Path, nargs="+", help="证书文件（DER 或 PEM），可以有几个")
    add("--trust", type=Path, required=True, help="受信任的根证书：目录或文件")
    add("--intermediates", type=Path, help="中级证书：目录或文件")
    add("--crl", type=Path, help="吊销列表：目录或文件")
    add("--ocsp", type=Path, help="OCSP 应答：目录或文件（DER 或 PEM）")
    add("--settings", type=Path, help="ca.toml，用于没有 ca.toml 的受信任目录")
    add("--at", type=_moment, help="核对时刻，ISO 8601，无时区按 UTC；默认现在")
    add("--json", action="store_true", help="输出 JSON")
    add("--holder-only", action="store_true", help="只读出证书属于哪个单位，不核对有效性")
    rules = parser.add_argument_group("RFC 5280 第 6.1.1 节的输入（覆盖 ca.toml）")
    rules.add_argument("--policy", action="append", metavar="OID", help="接受的证书策略，可以重复")
    rules.add_argument(
        "--explicit-policy",
        action=argparse.BooleanOptionalAction,
        help="路径必须落在某个策略上；给了 --policy 时默认如此",
    )
    rules.add_argument("--inhibit-mapping", action="store_true", help="不许策略映射")
    rules.add_argument("--inhibit-any-policy", action="store_true", help="不处理 anyPolicy")
    rules.add_argument(
        "--crl-required",
        action=argparse.BooleanOptionalAction,
        help="没有可用的吊销信息时不接受（默认）",
    )
    uses = parser.add_argument_group("证书的用途（默认：用于登录）")
    usages = sorted(set(x509.KeyUsage._map.values()))
    uses.add_argument("--key-usage", choices=[ANY, *usages], metavar="USAGE", help="密钥用途或 any")
    purposes = sorted(set(x509.KeyPurposeId._map.values()))
    uses.add_argument(
        "--purpose", choices=[ANY, *purposes], metavar="PURPOSE", help="扩展密钥用途或 any"
    )
    uses.add_argument("--allow-ca", action="store_true", help="被核对的可以是 CA 证书")
    return parser


def _moment(text: str) -> datetime:
    """A time without zone is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
