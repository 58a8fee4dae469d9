"""What RFC 5280 demands of a certificate and the path engine lets pass.

The engine validates paths; it does not mind duplicate extensions, serial numbers of zero, missing
key identifiers or an end entity that may sign certificates. Each function answers with the first
`Finding`, or None. Source of each rule: RFC 5280, section in the comment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from asn1crypto import core, x509

from services.auth.certificates.engine_signatures import is_strong
from services.auth.certificates.limits import CheckPolicy
from services.auth.certificates.names import has_bad_name
from services.auth.certificates.settings import AuthoritySettings, Demand
from services.auth.certificates.verdict import CheckReason
from services.kit.signatures import UnknownAlgorithm, key_facts


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule. `detail` never quotes the certificate."""

    reason: CheckReason
    detail: str


# §4.2: the engine or this lint processes these; any other critical extension is refused.
_PROCESSED = frozenset(
    {
        "authority_key_identifier",
        "key_identifier",
        "key_usage",
        "certificate_policies",
        "policy_mappings",
        "subject_alt_name",
        "basic_constraints",
        "name_constraints",
        "policy_constraints",
        "extended_key_usage",
        "crl_distribution_points",
        "inhibit_any_policy",
        "freshest_crl",
    }
)
# §4.2.1.1, .2, §4.2.2, §4.2.1.8: conforming CAs must not mark these critical.
_NEVER_CRITICAL = frozenset(
    {
        "authority_key_identifier",
        "key_identifier",
        "authority_information_access",
        "subject_information_access",
        "subject_directory_attributes",
        "freshest_crl",
    }
)
# §4.2.1.10. Policy constraints must be critical too, but older CAs' are not, and both are obeyed.
_ALWAYS_CRITICAL = frozenset({"name_constraints"})


def lint_holder(certificate: x509.Certificate, *, policy: CheckPolicy) -> Finding | None:
    """The certificate that is shown to us."""
    return _first(
        (
            _lint_form,
            _lint_extensions,
            _lint_names_and_purposes,
            _lint_holder_role,
            _lint_key,
            _lint_key_identifiers,
        ),
        certificate,
        policy,
    )


def lint_intermediate(certificate: x509.Certificate, *, policy: CheckPolicy) -> Finding | None:
    """A CA certificate below the root."""
    return _first(
        (
            _lint_form,
            _lint_extensions,
            _lint_names_and_purposes,
            _lint_authority_role,
            _lint_name_constraints,
            _lint_extended_usage,
            _lint_key,
            _lint_key_identifiers,
        ),
        certificate,
        policy,
    )


def lint_root(certificate: x509.Certificate, *, policy: CheckPolicy) -> Finding | None:
    """A trusted CA certificate; an anchor of ours must be as well made as what hangs from it."""
    finding = _first(
        (
            _lint_form,
            _lint_extensions,
            _lint_names_and_purposes,
            _lint_authority_role,
            _lint_name_constraints,
            _lint_key,
        ),
        certificate,
        policy,
    )
    if finding:
        return finding
    basic = _extension(certificate, "basic_constraints")
    if basic is None or not basic["critical"].native:
        return Finding(CheckReason.BAD_BASIC_CONSTRAINTS, "not critical in the root")
    if certificate.key_identifier is None:
        return Finding(CheckReason.MISSING_KEY_IDENTIFIER, "the root has no subject key identifier")
    return None


def lint_usage(
    certificate: x509.Certificate, *, settings: AuthoritySettings, policy: CheckPolicy
) -> Finding | None:
    """Whether the holder's key is for logging in: digitalSignature, and clientAuth where purposes
    are named (§4.2.1.3, §4.2.1.12). A certificate that names nothing is for everything, unless the
    CA's settings demand that it does."""
    usage = certificate.key_usage_value
    if usage is None:
        if settings.key_usage is Demand.REQUIRED:
            return Finding(CheckReason.KEY_USAGE, "no key usage is named")
    elif policy.key_usage is not None and policy.key_usage not in usage.native:
        return Finding(CheckReason.KEY_USAGE, "the key is not for signing")
    purposes = certificate.extended_key_usage_value
    if purposes is None:
        if settings.extended_key_usage is Demand.REQUIRED:
            return Finding(CheckReason.EXTENDED_KEY_USAGE, "no purpose is named")
    elif policy.purpose is not None and policy.purpose not in purposes.native:
        return Finding(CheckReason.EXTENDED_KEY_USAGE, "the key is not for logging in")
    return None


_Rule = Callable[[x509.Certificate, CheckPolicy], "Finding | None"]


def _first(
    rules: Iterable[_Rule], certificate: x509.Certificate, policy: CheckPolicy
) -> Finding | None:
    return next(filter(None, (rule(certificate, policy) for rule in rules)), None)


def _lint_form(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    content = certificate["tbs_certificate"]
    if content["version"].native != "v3":  # §4.1.2.1, and v1 has no basicConstraints
        return Finding(CheckReason.BAD_VERSION, "only version 3 is accepted")
    serial = content["serial_number"]
    if serial.native <= 0 or len(serial.contents) > policy.max_serial_octets:  # §4.1.2.2
        return Finding(CheckReason.BAD_SERIAL_NUMBER, "not positive, or longer than 20 octets")
    if content["signature"].dump() != certificate["signature_algorithm"].dump():  # §4.1.1.2
        return Finding(
            CheckReason.SIGNATURE_ALGORITHM_MISMATCH, "two algorithms in one certificate"
        )
    if not len(content["issuer"].chosen):  # §4.1.2.4
        return Finding(CheckReason.EMPTY_NAME, "the issuer has no name")
    validity = content["validity"]
    if not all(_is_good_time(validity[end]) for end in ("not_before", "not_after")):
        return Finding(CheckReason.BAD_VALIDITY_ENCODING, "not a time as RFC 5280 writes it")
    return None


def _is_good_time(moment: x509.Time) -> bool:
    """§4.1.2.5: to the second, in UTC, in one of two forms."""
    written = moment.chosen.contents
    digits = 12 if moment.name == "utc_time" else 14
    return len(written) == digits + 1 and written[:-1].isdigit() and written.endswith(b"Z")


def _lint_extensions(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    extensions = certificate["tbs_certificate"]["extensions"]
    if isinstance(extensions, core.Void):
        return None
    seen = set()
    for extension in extensions:
        name, critical = extension["extn_id"].native, extension["critical"].native
        if name in seen:  # §4.2
            return Finding(CheckReason.DUPLICATE_EXTENSION, "the same extension twice")
        seen.add(name)
        if critical and name in _NEVER_CRITICAL:
            return Finding(CheckReason.WRONG_CRITICALITY, f"{name} is critical")
        if not critical and name in _ALWAYS_CRITICAL:
            return Finding(CheckReason.WRONG_CRITICALITY, f"{name} is not critical")
        if critical and name not in _PROCESSED:
            return Finding(CheckReason.UNKNOWN_CRITICAL_EXTENSION, "an unknown critical extension")
    return None


def _lint_names_and_purposes(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    names = certificate.subject_alt_name_value
    if names is not None:
        if not 0 < len(names) <= policy.max_names:  # §4.2.1.6: not empty
            return Finding(CheckReason.BAD_NAME_ENCODING, "no or too many alternative names")
        if any(has_bad_name(name) for name in names):
            return Finding(CheckReason.BAD_NAME_ENCODING, "an alternative name is malformed")
    usages = certificate.extended_key_usage_value
    if usages is not None and not len(usages):  # §4.2.1.12
        return Finding(CheckReason.EXTENDED_KEY_USAGE, "an empty list of extended usages")
    return None


def _lint_holder_role(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    if certificate.ca and policy.holder_may_be_authority:
        return _lint_authority_role(certificate, policy)
    if certificate.ca:
        return Finding(CheckReason.AUTHORITY_AS_HOLDER, "a CA certificate cannot log in")
    usage = certificate.key_usage_value
    if usage is not None and "key_cert_sign" in usage.native:  # §4.2.1.3, .9
        return Finding(CheckReason.AUTHORITY_AS_HOLDER, "the holder may sign certificates")
    if certificate.name_constraints_value is not None:  # §4.2.1.10
        return Finding(CheckReason.BAD_NAME_CONSTRAINTS, "name constraints in a holder")
    basic = certificate.basic_constraints_value
    if basic is not None and basic["path_len_constraint"].native is not None:  # §4.2.1.9
        return Finding(CheckReason.BAD_BASIC_CONSTRAINTS, "a path length in a holder")
    if not len(certificate.subject.chosen):
        return _lint_nameless(certificate)
    return None


def _lint_nameless(certificate: x509.Certificate) -> Finding | None:
    """§4.2.1.6: a holder without a subject is named by a critical alternative name."""
    extension = _extension(certificate, "subject_alt_name")
    if extension is None or not extension["critical"].native:
        return Finding(CheckReason.EMPTY_NAME, "the holder has no name")
    return None


def _lint_authority_role(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    if not certificate.ca:  # §4.2.1.9
        return Finding(CheckReason.BAD_BASIC_CONSTRAINTS, "an issuer that is not a CA")
    if not len(certificate.subject.chosen):  # §4.1.2.6
        return Finding(CheckReason.EMPTY_NAME, "a CA without a name")
    usage = certificate.key_usage_value
    if usage is not None and "key_cert_sign" not in usage.native:
        return Finding(CheckReason.KEY_USAGE, "a CA that may not sign certificates")
    return None


def _lint_name_constraints(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    constraints = certificate.name_constraints_value
    if constraints is None:
        return None
    subtrees = [
        subtree
        for part in ("permitted_subtrees", "excluded_subtrees")
        if not isinstance(constraints[part], core.Void)
        for subtree in constraints[part]
    ]
    if not 0 < len(subtrees) <= policy.max_name_constraints:  # §4.2.1.10: not empty
        return Finding(CheckReason.BAD_NAME_CONSTRAINTS, "no or too many name constraints")
    for subtree in subtrees:
        if subtree["minimum"].native != 0 or subtree["maximum"].native is not None:
            return Finding(CheckReason.BAD_NAME_CONSTRAINTS, "a minimum or maximum is set")
        if has_bad_name(subtree["base"], constraint=True):
            return Finding(CheckReason.BAD_NAME_CONSTRAINTS, "a constraint is malformed")
    return None


def _lint_extended_usage(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    """An issuing CA that names purposes names the limits of what it issues."""
    usages = certificate.extended_key_usage_value
    if usages is None or policy.purpose is None:
        return None
    if not {policy.purpose, "any_extended_key_usage"} & set(usages.native):
        return Finding(CheckReason.EXTENDED_KEY_USAGE, "a CA for other purposes")
    return None


def _lint_key(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    try:
        facts = key_facts(certificate.public_key)
    except UnknownAlgorithm:
        return Finding(CheckReason.ALGORITHM_NOT_ALLOWED, "a key of no accepted kind")
    if not is_strong(facts, policy=policy):
        return Finding(CheckReason.WEAK_KEY, f"an RSA key of {facts.bits} bits")
    return None


def _lint_key_identifiers(certificate: x509.Certificate, policy: CheckPolicy) -> Finding | None:
    """§4.2.1.1: all but roots say which key signed them; §4.2.1.2: CAs name their own key."""
    if certificate.authority_key_identifier is None:
        return Finding(CheckReason.MISSING_KEY_IDENTIFIER, "no authority key identifier")
    if certificate.ca and certificate.key_identifier is None:
        return Finding(CheckReason.MISSING_KEY_IDENTIFIER, "a CA without subject key identifier")
    return None


def _extension(certificate: x509.Certificate, name: str) -> x509.Extension | None:
    extensions = certificate["tbs_certificate"]["extensions"]
    if isinstance(extensions, core.Void):
        return None
    return next((each for each in extensions if each["extn_id"].native == name), None)
