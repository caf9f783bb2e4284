"""The certificates that the server makes for itself."""

import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from penstock.server.certificates import Certificates

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def shaken(certificates: Certificates, name: str) -> None:
    """A TLS handshake with a server of that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        trust = ssl.create_default_context(cafile=str(certificates.authority))
        trust.wrap_socket(ours, server_hostname=name).close()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_clients_that_trust_the_authority_trust_the_server(tmp_path: Path, name: str) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.make(NOW)
    shaken(certificates, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(certificates, "example.com")


def test_the_authority_can_sign_for_loopback_only_and_its_key_is_gone(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.make(NOW)
    authority = x509.load_pem_x509_certificate(certificates.authority.read_bytes())
    names = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical
    assert [str(n.value) for n in names.value.permitted_subtrees or ()] == [
        "localhost",
        "127.0.0.1/32",
        "::1/128",
    ]
    text = b"".join(path.read_bytes() for path in certificates.folder.iterdir())
    assert text.count(b"PRIVATE KEY-----") == 2


def test_they_are_kept_until_a_month_before_their_end(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.make(NOW)
    first = certificates.authority.read_bytes()
    certificates.make(NOW + 360 * DAY)
    assert certificates.authority.read_bytes() == first
    certificates.make(NOW + 370 * DAY)
    assert certificates.authority.read_bytes() != first
    certificates.server.unlink()
    second = certificates.authority.read_bytes()
    certificates.make(NOW + 370 * DAY)
    assert certificates.authority.read_bytes() != second


def test_the_bundle_keeps_what_was_trusted_before(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.make(NOW)
    other = tmp_path / "company.pem"
    other.write_text("COMPANY")
    environ = {"REQUESTS_CA_BUNDLE": str(other)}
    assert certificates.write_bundle(environ) == certificates.bundle
    text = certificates.bundle.read_text()
    assert text == "COMPANY\n" + certificates.authority.read_text()
    # A shell in which ours is the bundle already goes back to what is under it.
    again = {"REQUESTS_CA_BUNDLE": str(certificates.bundle), "SSL_CERT_FILE": str(other)}
    certificates.write_bundle(again)
    assert certificates.bundle.read_text() == text
