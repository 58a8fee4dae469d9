"""What differs by CA (`ca.toml`): which algorithms, whether revocation data is demanded, and where
the holder's unified social credit code sits (manual §3: the employer is known by its certificate).
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from services.auth.certificates.download import ADDRESS, host_of
from services.kit.signatures import DEFAULT_SM2_USER_ID, SignatureAlgorithm

# Long enough for any certificate's field, short enough that a bad pattern cannot run away.
MAX_USCC_FIELD_CHARS = 256
# A capital letter or digit, without I, O, S, V, Z (GB 32100).
USCC_PATTERN = r"(?<![0-9A-Z])([0-9A-HJ-NPQRTUWXY]{18})(?![0-9A-Z])"

Oid = Annotated[str, Field(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$", max_length=100)]


Address = Annotated[str, Field(pattern=f"^{ADDRESS}$", max_length=500)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$", max_length=255)]


class UsccWhere(StrEnum):
    """The two places CAs use; OU is a subject attribute (2.5.4.11)."""

    SUBJECT = "subject"
    EXTENSION = "extension"


class Demand(StrEnum):
    """How strictly a usage extension is asked for; where present it must always fit."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Asking(StrEnum):
    """When the CA's OCSP responder is asked about a certificate that is good in all else."""

    NEVER = "never"
    IF_NEEDED = "if_needed"  # where no list decides
    ALWAYS = "always"  # a list may be a day old; a list in hand counts nevertheless


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UsccPlace(_Settings):
    """Where the uscc sits: attribute or extension `oid`, cut out by `pattern` (its first group)."""

    where: UsccWhere = UsccWhere.SUBJECT
    oid: Oid = "2.5.4.97"  # organizationIdentifier
    pattern: str = USCC_PATTERN

    @field_validator("pattern")
    @classmethod
    def _compiles_with_one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        if groups != 1:
            raise ValueError("the pattern needs exactly one group")
        return pattern

    def cut_out(self, field: str) -> str | None:
        """The uscc in the text of the field, or None."""
        found = re.search(self.pattern, field[:MAX_USCC_FIELD_CHARS])
        return found.group(1) if found else None


class AuthoritySettings(_Settings):
    """One CA. Defaults follow RFC 5280 where it leaves a choice, and demand revocation data."""

    name: str = Field(min_length=1, max_length=100)
    # Digest and signature scheme, for the CA's own signatures and for its holders' challenges.
    algorithms: frozenset[SignatureAlgorithm] = frozenset(SignatureAlgorithm)
    # Whether a certificate without usable revocation data is turned away. If not, data that is in
    # hand still counts: "not required" means it may be missing, never that it may be ignored.
    crl_required: bool = True
    # Where the CA publishes its lists, and where it answers. Addresses in certificates (its own, and
    # those of its holders) are asked too, but only at these hosts and those of `fetch_hosts`:
    # `name` for the usual ports, or `name:port`.
    crl_urls: tuple[Address, ...] = ()
    ocsp_urls: tuple[Address, ...] = ()
    fetch_hosts: tuple[Host, ...] = ()
    ocsp: Asking = Asking.IF_NEEDED
    # How old an answer may be that does not repeat our nonce.
    ocsp_max_age_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 24 * 60
    # Whether it is demanded of intermediate CAs too; many CAs publish no CRL of their root.
    authority_crl_required: bool | None = None
    key_usage: Demand = Demand.OPTIONAL
    extended_key_usage: Demand = Demand.OPTIONAL
    # Policies (OID) that the holder's certificate must be issued under; empty for any or none. CAs
    # that sell to persons and to companies tell the classes apart by these.
    certificate_policies: frozenset[Oid] = frozenset()
    # RFC 5280 §6.1.1 (e)-(g). Without a word of its own, the first is demanded where policies are named.
    explicit_policy: bool | None = None
    inhibit_policy_mapping: bool = False
    inhibit_any_policy: bool = False
    # GM/T 0009-2012 has one default; 2023 recommends the empty one. All are tried.
    sm2_user_ids: tuple[str, ...] = (DEFAULT_SM2_USER_ID,)
    uscc: UsccPlace = UsccPlace()

    @field_validator("algorithms")
    @classmethod
    def _some_algorithm(
        cls, algorithms: frozenset[SignatureAlgorithm]
    ) -> frozenset[SignatureAlgorithm]:
        if not algorithms:
            raise ValueError("at least one algorithm is needed")
        return algorithms

    @model_validator(mode="after")
    def _some_user_id(self) -> AuthoritySettings:
        if not self.sm2_user_ids:
            raise ValueError("at least one SM2 user id is needed (it may be empty)")
        return self

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts (`name:port`) that may be asked on behalf of this CA; nothing else ever is."""
        configured = {host_of(url) for url in (*self.crl_urls, *self.ocsp_urls)} - {None}
        named = {
            place
            for host in self.fetch_hosts
            for place in ([host] if ":" in host else [f"{host}:80", f"{host}:443"])
        }
        return frozenset(place.lower() for place in configured | named if place)

    @property
    def ocsp_max_age(self) -> timedelta:
        return timedelta(minutes=self.ocsp_max_age_minutes)

    @property
    def demands_explicit_policy(self) -> bool:
        if self.explicit_policy is None:
            return bool(self.certificate_policies)
        return self.explicit_policy

    @property
    def demands_authority_crl(self) -> bool:
        if self.authority_crl_required is None:
            return self.crl_required
        return self.authority_crl_required


class SettingsError(ValueError):
    """A `ca.toml` that cannot be used; the message names the field."""


def parse_settings(text: str) -> AuthoritySettings:
    """Read the text of a `ca.toml`. Raises `SettingsError`."""
    try:
        return AuthoritySettings.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(str(error)) from error
