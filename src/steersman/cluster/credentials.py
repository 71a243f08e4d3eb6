"""How a client knows the server and the server its user: a CA of its own, one token, a kubeconfig that holds both.

The files are made once and kept with the state; they are readable by their owner alone.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import os
import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

USER = "steersman"
GROUP = "system:masters"
CONTEXT = "steersman"
_VALID = timedelta(days=3650)
_RENEW = timedelta(days=30)  # before the end


@dataclass(frozen=True, slots=True)
class Credentials:
    """PEM texts and the bearer token."""

    ca: str
    certificate: str
    key: str
    token: str

    def accepts(self, header: str) -> bool:
        """Whether an Authorization header names the user."""
        kind, _, token = header.partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self.token.encode())

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """TLS for the server; `folder` keeps the two files from which Python can read them."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.crt", folder / "server.key")
        context.set_alpn_protocols(["http/1.1"])
        return context


def obtain(folder: Path) -> Credentials:
    """Those kept in `folder`, made where they are missing or about to expire."""
    names = ("ca.crt", "server.crt", "server.key", "token")
    if all((folder / name).exists() for name in names) and _fresh(folder / "expires"):
        return Credentials(*((folder / name).read_text() for name in names))
    made = make()
    write_private(folder / "expires", (datetime.now(UTC) + _VALID - _RENEW).isoformat())
    for name, text in zip(names, (made.ca, made.certificate, made.key, made.token), strict=True):
        write_private(folder / name, text)
    return made


def _fresh(expires: Path) -> bool:
    """By a date kept beside the certificate: reading the certificate itself would load a library on every start."""
    try:
        return datetime.fromisoformat(expires.read_text()) > datetime.now(UTC)
    except (OSError, ValueError):
        return False


def make() -> Credentials:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    start = datetime.now(UTC) - timedelta(minutes=5)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = name("steersman-ca")

    def certificate(subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + _VALID)
        )

    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    ca = (
        certificate(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName(host) for host in ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")]
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1", "10.96.0.1")]
    server = (
        certificate(name("steersman-apiserver"), key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    return Credentials(
        ca.public_bytes(pem).decode(), server.public_bytes(pem).decode(), key_text, secrets.token_urlsafe(32)
    )


def write_kubeconfig(path: Path, server: str, credentials: Credentials) -> None:
    """The file that kubectl, helm and steer read; JSON is YAML too."""
    ca = base64.b64encode(credentials.ca.encode()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": ca}}],
        "users": [{"name": USER, "user": {"token": credentials.token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": USER, "namespace": "default"}}],
        "current-context": CONTEXT,
    }
    write_private(path, json.dumps(config, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.rename(path)
