"""The check as a command, for other people's suites and for staff: `hpf key check`.

    python -m services.auth.certificates CERT… --trust DIR [--intermediates DIR] [--crl DIR] [--ocsp DIR]
                                          [--at 2025-06-02T00:00:00Z] [--json]

What it answers and how is in docs/certificate-check.md. `command_line.py` has its options.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.auth.certificates import (
    AuthoritySettings,
    Outcome,
    TrustStore,
    Verdict,
    check_certificate,
    read_trust_directory,
)
from services.auth.certificates.command_line import (
    EXIT_ACCEPTED,
    EXIT_NOT_ACCEPTED,
    EXIT_USAGE,
    wishes_from,
)
from services.auth.certificates.facts import facts_of, uscc_of
from services.auth.certificates.reading import Unreadable, der_parts, read_certificate
from services.auth.certificates.settings import SettingsError, parse_settings
from services.auth.certificates.trust_folder import TrustUnreadable, files_of

_OUTCOMES_ZH = {
    Outcome.ACCEPTED: "有效",
    Outcome.REVOKED: "已吊销",
    Outcome.REFUSED: "不接受",
    Outcome.UNDECIDED: "无法核实",
}


def main(argv: Sequence[str] | None = None) -> int:
    wishes = wishes_from(argv)
    try:
        trust = wishes.applied_to(
            read_trust_directory(
                wishes.trust,
                intermediates=wishes.intermediates,
                crls=wishes.crls,
                settings=_settings(wishes.settings),
            )
        )
        answers = list(_answers(wishes.ocsp))
        contents = [(path, path.read_bytes()) for path in wishes.certificates]
    except (OSError, TrustUnreadable, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    at = wishes.at or datetime.now(UTC)
    found, good = [], True
    for path, content in contents:
        der = _der(content)
        if wishes.holder_only:
            told, accepted = _holder(der, trust)
            sentence = f"{told['uscc'] or '没有找到统一社会信用代码'}"
        else:
            verdict = check_certificate(
                der, trust=trust, at=at, ocsp_answers=answers, policy=wishes.policy
            )
            told, accepted = verdict.as_json(), verdict.accepted
            sentence = _sentence(verdict)
        good = good and accepted
        found.append({"file": str(path), **told})
        if not wishes.json:
            before = f"{path}  " if len(contents) > 1 else ""
            sys.stdout.write(f"{before}{sentence}\n")
    if wishes.json:
        about = {"at": at.isoformat(), "trust_problems": list(trust.problems)}
        listed = [{**each, **about} for each in found]
        answer = listed[0] if len(listed) == 1 else listed
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    return EXIT_ACCEPTED if good else EXIT_NOT_ACCEPTED


def _settings(path: Path | None) -> AuthoritySettings | None:
    return parse_settings(path.read_text(encoding="utf-8")) if path else None


def _answers(place: Path | None) -> Iterator[bytes]:
    if place is not None and not place.exists():
        raise TrustUnreadable(f"{place} is not there")
    for path in files_of(place):
        yield _der(path.read_bytes())


def _der(content: bytes) -> bytes:
    """The first object of the file; what is none goes to the check, which says what is wrong with it."""
    try:
        return der_parts(content)[0]
    except Unreadable:
        return content


def _holder(der: bytes, trust: TrustStore) -> tuple[dict[str, object], bool]:
    """Whose certificate it says it is, by the settings of the CA that issued it, good or not."""
    try:
        certificate = read_certificate(der)
    except Unreadable as error:
        told: dict[str, object] = {"reason": str(error.reason), "uscc": None, "certificate": None}
        return told, False
    facts = facts_of(certificate)
    issuers = [each for each in trust.authorities if each.knows_issuer(certificate)]
    codes = {
        each.settings.name: uscc_of(certificate, each.settings.uscc)
        for each in issuers or trust.authorities
    }
    certain = set(codes.values())
    uscc = certain.pop() if len(certain) == 1 else None
    verdict = Verdict(Outcome.UNDECIDED, certificate=facts).as_json()
    return {
        "reason": None,
        "uscc": uscc,
        "by_authority": codes,
        "certificate": verdict["certificate"],
    }, uscc is not None


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
