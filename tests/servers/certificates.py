"""A certificate authority made for one test run, and what it signs."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey
ENCODING, PLAIN = serialization.Encoding.PEM, serialization.NoEncryption()


def authority(folder: Path) -> tuple[Path, x509.Certificate, Key]:
    """Make an authority; its certificate is in the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = _certificate("Test authority", key, key, "Test authority", ca=True).sign(key, hashes.SHA256())
    path = folder / "authority.pem"
    path.write_bytes(made.public_bytes(ENCODING))
    return path, made, key


def server_context(folder: Path, signer: Key, host: str) -> ssl.SSLContext:
    """Return what a server shows that calls itself ``host``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    wanted = _certificate(host, key, signer, "Test authority").add_extension(x509.SubjectAlternativeName([name]), False)
    path = folder / f"{host}.pem"
    secret = key.private_bytes(ENCODING, serialization.PrivateFormat.PKCS8, PLAIN)
    path.write_bytes(secret + wanted.sign(signer, hashes.SHA256()).public_bytes(ENCODING))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _certificate(name: str, key: Key, signer: Key, issuer: str, *, ca: bool = False) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer)]
    own, others = x509.SubjectKeyIdentifier.from_public_key(key.public_key()), signer.public_key()
    made = x509.CertificateBuilder().subject_name(named[0]).issuer_name(named[1]).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).add_extension(own, False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(others), False)
    made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), True)
    return made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
