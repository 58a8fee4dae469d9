"""TLS of the edge: certificate and key from files, read again when they change, so renewal needs no restart."""

from __future__ import annotations

from pathlib import Path

import grpc

from services.edge.settings import EdgeSettings


def server_credentials(settings: EdgeSettings) -> grpc.ServerCredentials | None:
    """What the port is opened with; None without TLS (`EdgeSettings` allows that on loopback only)."""
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    files = _Files(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
    return grpc.dynamic_ssl_server_credentials(
        files.configuration(),
        files.configuration_if_changed,
        require_client_authentication=settings.tls_client_ca_file is not None,
    )


class _Files:
    def __init__(self, certificate: Path, key: Path, client_ca: Path | None) -> None:
        self._certificate, self._key, self._client_ca = certificate, key, client_ca
        self._stamps = self._read_stamps()

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        pair = (self._key.read_bytes(), self._certificate.read_bytes())
        client_ca = self._client_ca.read_bytes() if self._client_ca else None
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=client_ca)

    def configuration_if_changed(self) -> grpc.ServerCertificateConfiguration | None:
        """Asked by gRPC at every handshake; None keeps what is in use."""
        try:
            stamps = self._read_stamps()
            if stamps == self._stamps:
                return None
            configuration = self.configuration()
        except OSError:
            return None  # in the middle of being replaced; the next handshake asks again
        self._stamps = stamps
        return configuration

    def _read_stamps(self) -> tuple[int, ...]:
        files = (self._certificate, self._key, self._client_ca)
        return tuple(file.stat().st_mtime_ns for file in files if file is not None)
