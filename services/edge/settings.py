"""What the edge is told by its environment: where it listens, its keys, and every limit it holds callers to."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.kit.settings import EnvironmentSettings


class EdgeSettings(EnvironmentSettings):
    """Read from `EDGE_…`. Without TLS the edge starts on a loopback address only, and only when told to."""

    model_config = SettingsConfigDict(env_prefix="EDGE_", extra="ignore", frozen=True)

    listen: str = Field("127.0.0.1:7443", description="address and port; port 0 takes a free one")
    insecure: bool = Field(False, description="serve without TLS, on a loopback address only")
    tls_cert_file: Path | None = Field(None, description="PEM certificate chain of the edge")
    tls_key_file: Path | None = Field(None, description="PEM private key of the certificate")
    tls_client_ca_file: Path | None = Field(
        None, description="PEM CAs; when given, a client must show a certificate of one of them"
    )
    session_public_key_file: Path = Field(
        description="PEM Ed25519 key that access tokens verify with"
    )
    reflection: bool = Field(True, description="describe the methods to any gRPC client")
    trusted_proxies: str = Field(
        "", description="addresses, split by commas, whose x-forwarded-for names the peer"
    )

    caller_calls: int = Field(
        8, ge=1, description="calls at once of one employer, or of one address without a session"
    )
    concurrent_calls: int = Field(
        256, ge=1, le=10_000, description="calls at once; more are refused, not queued"
    )
    open_streams: int = Field(
        192,
        ge=1,
        le=10_000,
        description="downloads and watches at once; fewer than calls, so that short calls always find room",
    )
    caller_open_streams: int = Field(
        8, ge=1, description="downloads and watches of one employer that may be open"
    )
    request_bytes: int = Field(
        3 * 1024 * 1024, ge=1024, description="largest request: a workbook of 2 MB and its envelope"
    )
    reply_bytes: int = Field(
        4 * 1024 * 1024, ge=1024, description="largest reply; files are streamed"
    )
    deadline_s: float = Field(30.0, gt=0, description="longest wait for an answer, and the default")
    stream_deadline_s: float = Field(300.0, gt=0, description="longest time for a download")
    grace_s: float = Field(30.0, ge=0, description="time that running calls get when stopping")

    session_calls_per_s: float = Field(50.0, gt=0, description="steady rate of one session")
    session_burst: int = Field(200, ge=1, description="calls that one session may make at once")
    public_calls_per_s: float = Field(
        5.0, gt=0, description="steady rate of one address on methods that need no session"
    )
    public_burst: int = Field(30, ge=1, description="such calls that one address may make at once")

    @property
    def proxies(self) -> frozenset[str]:
        return frozenset(each.strip() for each in self.trusted_proxies.split(",") if each.strip())

    @model_validator(mode="after")
    def _speaks_tls_or_to_itself(self) -> Self:
        if self.tls_cert_file and self.tls_key_file:
            return self
        if not self.insecure:
            raise ValueError("EDGE_TLS_CERT_FILE and EDGE_TLS_KEY_FILE are required")
        host = self.listen.rsplit(":", 1)[0].strip("[]")
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("EDGE_INSECURE is for loopback addresses only")
        return self
