"""The check as a command, for other people's suites and for staff: `hpf key check`.

    python -m services.auth.certificates CERT --trust DIR [--intermediates DIR] [--crl DIR]
                                         [--ocsp DIR] [--at 2025-06-02T00:00:00Z] [--json]

Exit code 0: accepted. 1: revoked, refused or undecided. 2: the command line or the trust directory is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.auth.certificates import Outcome, Verdict, check_certificate, read_trust_directory
from services.auth.certificates.reading import Unreadable, der_parts
from services.auth.certificates.trust_folder import TrustUnreadable

EXIT_ACCEPTED, EXIT_NOT_ACCEPTED, EXIT_USAGE = 0, 1, 2

_OUTCOMES_ZH = {
    Outcome.ACCEPTED: "有效",
    Outcome.REVOKED: "已吊销",
    Outcome.REFUSED: "不接受",
    Outcome.UNDECIDED: "无法核实",
}


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        content = arguments.certificate.read_bytes()
        trust = read_trust_directory(
            arguments.trust, intermediates=arguments.intermediates, crls=arguments.crl
        )
        answers = [path.read_bytes() for path in _files(arguments.ocsp)]
    except (OSError, TrustUnreadable) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    try:
        leaf = der_parts(content)[0]
    except Unreadable:
        leaf = content  # the check says what is wrong with it
    at = arguments.at or datetime.now(UTC)
    verdict = check_certificate(leaf, trust=trust, at=at, ocsp_answers=answers)
    if arguments.json:
        found = {**verdict.as_json(), "at": at.isoformat(), "trust_problems": list(trust.problems)}
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(_sentence(verdict) + "\n")
    return EXIT_ACCEPTED if verdict.accepted else EXIT_NOT_ACCEPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.auth.certificates", description="核对数字证书是否可用于登录"
    )
    parser.add_argument("certificate", type=Path, help="证书文件（DER 或 PEM）")
    parser.add_argument("--trust", type=Path, required=True, help="受信任的根证书目录")
    parser.add_argument("--intermediates", type=Path, help="中级证书目录")
    parser.add_argument("--crl", type=Path, help="吊销列表目录")
    parser.add_argument("--ocsp", type=Path, help="OCSP 应答目录（DER）")
    parser.add_argument("--at", type=_moment, help="核对时刻，ISO 8601；默认现在")
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    return parser


def _moment(text: str) -> datetime:
    """A time without zone is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    return sorted(path for path in folder.iterdir() if path.is_file())


def _sentence(verdict: Verdict) -> str:
    words = [_OUTCOMES_ZH[verdict.outcome]]
    if verdict.authority:
        words.append(verdict.authority)
    if verdict.reason:
        words.append(f"{verdict.reason}（{verdict.detail}）")
    if verdict.certificate:
        words.append(f"有效期至 {verdict.certificate.not_after:%Y-%m-%d}")
    return "  ".join(words)


if __name__ == "__main__":
    sys.exit(main())
