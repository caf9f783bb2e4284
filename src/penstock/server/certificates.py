"""The certificate that this server shows over TLS, and the authority that clients trust for it.

The authority signs one certificate, for this machine's loopback names only, and its key is then
thrown away: whoever trusts it trusts nothing else, and nobody can make more with it.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.records import record
from penstock.store.home import make_private_folder

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
_VALID = datetime.timedelta(days=397)
_RENEWED_BEFORE = datetime.timedelta(days=30)
_SKEW = datetime.timedelta(days=1)
_COMMON_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


@record(kw_only=False)
class Certificates:
    """The files, in a folder of their own.

    `authority` is what to trust; `bundle` holds it after everything that this machine trusts, for
    clients that take one file for all servers (`REQUESTS_CA_BUNDLE`).
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate of the authority."""
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """It, and the authorities of this machine."""
        return self.folder / "bundle.pem"

    @property
    def server(self) -> Path:
        """The certificate that the server shows, and its key."""
        return self.folder / "server.pem"

    def make(self, now: datetime.datetime) -> None:
        """Make them where there are none, or where they end within a month."""
        if not self._is_valid(now):
            make_private_folder(self.folder)
            authority, certificate, key = _made(now)
            self._write(self.authority, authority)
            self._write(self.server, key + certificate)

    def write_bundle(self, environ: Mapping[str, str]) -> Path:
        """Write `bundle` anew, after what programs of this environment trust; its path."""
        trusted = b""
        for path in _bundles(environ):
            if path != self.bundle and path.is_file():
                trusted = path.read_bytes().rstrip(b"\n") + b"\n"
                break
        self._write(self.bundle, trusted + self.authority.read_bytes())
        return self.bundle

    def _is_valid(self, now: datetime.datetime) -> bool:
        from cryptography import x509

        try:
            certificate = x509.load_pem_x509_certificate(self.authority.read_bytes())
            self.server.read_bytes()
        except (FileNotFoundError, ValueError):
            return False
        return now + _RENEWED_BEFORE < certificate.not_valid_after_utc

    def _write(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.replace(path)


def _made(now: datetime.datetime) -> tuple[bytes, bytes, bytes]:
    """The authority's certificate, the server's, and the server's key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _named(f"Penstock on {os.uname().nodename}"[:64])
    names = [
        *map(x509.DNSName, NAMES),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES),
    ]
    ranges = [
        *map(x509.DNSName, NAMES),
        *(x509.IPAddress(ipaddress.ip_network(address)) for address in ADDRESSES),
    ]
    authority = (
        _begun(issuer, issuer, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.NameConstraints(ranges, None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    server = (
        _begun(_named("localhost"), issuer, key.public_key(), now)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return authority.public_bytes(pem), server.public_bytes(pem), private


def _named(name: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _bundles(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where the certificates that are trusted may be, the first that is there counting."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        if environ.get(name):
            yield Path(environ[name])
    default = ssl.get_default_verify_paths().cafile
    if default is not None:
        yield Path(default)
    yield from map(Path, _COMMON_BUNDLES)
