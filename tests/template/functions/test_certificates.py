"""Certificates and keys: they verify, they say what helm's say, and each side takes the other's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from steersman.template.functions import certificates
from steersman.template.functions.private_keys import gen_private_key

from .oracle import helm_renders

# RSA keys take long to make: where the kind of key does not matter it is another.
_KEY = gen_private_key("ecdsa")


def _load(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


@pytest.mark.parametrize(
    ("kind", "label", "expected", "bits"),
    [
        ("rsa", "RSA PRIVATE KEY", rsa.RSAPrivateKey, 4096),
        ("dsa", "DSA PRIVATE KEY", dsa.DSAPrivateKey, 2048),
        ("ecdsa", "EC PRIVATE KEY", ec.EllipticCurvePrivateKey, 256),
        ("ed25519", "PRIVATE KEY", ed25519.Ed25519PrivateKey, None),
    ],
)
def test_private_keys(kind: str, label: str, expected: type, bits: int | None) -> None:
    pem = gen_private_key(kind)
    assert pem.startswith(f"-----BEGIN {label}-----\n")
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, expected)
    assert getattr(key, "key_size", None) == bits


def test_authority_signs() -> None:
    authority = certificates.gen_ca("the authority", 30)
    signed = certificates.gen_signed_cert("service", ["10.0.0.1", "::1"], ["svc", "*.svc.local"], 7, authority)
    parent, child = _load(authority.cert), _load(signed.cert)
    parent.verify_directly_issued_by(parent)
    child.verify_directly_issued_by(parent)
    assert child.subject.rfc4514_string() == "CN=service"
    names = child.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["svc", "*.svc.local"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1", "::1"]
    now = datetime.now(UTC)
    assert abs(child.not_valid_before_utc - now) < timedelta(minutes=1)
    assert child.not_valid_after_utc - child.not_valid_before_utc == timedelta(days=7)
    assert load_pem_private_key(signed.key.encode(), None).public_key() == child.public_key()


@pytest.mark.parametrize("kind", ["ecdsa", "ed25519"])
def test_given_keys_are_used(kind: str) -> None:
    key = gen_private_key(kind)
    certificate = certificates.gen_self_signed_cert_with_key("x", None, ["a.b"], 1, key)
    assert certificate.key == key
    _load(certificate.cert).verify_directly_issued_by(_load(certificate.cert))


# A PrintableString for Go's asn1, or a UTF8String.
_NAMES = ["it's (ok)=?:/+,-. 1", "*.wild.card", "a_b", "a@b", "a&b", "é"]


def _says(pem: str) -> list[tuple[Any, ...]]:
    """All that a certificate says but keys, times and serial number."""
    certificate = _load(pem)
    shape: list[tuple[Any, ...]] = [
        (certificate.version, certificate.subject.public_bytes(), certificate.issuer.public_bytes()),
        (certificate.signature_algorithm_oid.dotted_string, certificate.serial_number.bit_length() <= 128),
        (certificate.not_valid_after_utc - certificate.not_valid_before_utc,),
    ]
    for extension in certificate.extensions:
        value: Any = extension.value
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = len(value.digest)
        elif isinstance(value, x509.AuthorityKeyIdentifier):
            value = len(value.key_identifier or b"")
        shape.append((extension.oid.dotted_string, extension.critical, value))
    return shape


@pytest.mark.oracle
def test_certificates_say_what_helms_say(helm: Path, tmp_path: Path) -> None:
    setting = (
        '{{ $k := genPrivateKey "ecdsa" }}{{ $ca := genCAWithKey "my ca" 30 $k }}'
        '{{ $edwards := genCAWithKey "ed" 3 (genPrivateKey "ed25519") }}'
    )
    expressions = [
        "$ca",
        'genSignedCertWithKey "svc" (list "10.0.0.1" "::1" "::ffff:1.2.3.4") (list "svc" "svc.ns") 7 $ca $k',
        'genSelfSignedCertWithKey "self" nil (list "a.b") 5 $k',
        'genSignedCertWithKey "" nil (list "only.san") 3 $edwards $k',
        'genSignedCertWithKey "my ca" nil nil 3 $ca $k',
        'genSelfSignedCertWithKey "past" nil nil -3 $k',
        'genCA "rsa" 365',
        *(f'genSelfSignedCertWithKey "{name}" nil nil 5 $k' for name in _NAMES),
    ]
    theirs = helm_renders(helm, tmp_path, [f"{setting}{{{{ ({each}).Cert }}}}" for each in expressions])
    ca = certificates.gen_ca_with_key("my ca", 30, _KEY)
    edwards = certificates.gen_ca_with_key("ed", 3, gen_private_key("ed25519"))
    ours = [
        ca,
        certificates.gen_signed_cert_with_key(
            "svc", ["10.0.0.1", "::1", "::ffff:1.2.3.4"], ["svc", "svc.ns"], 7, ca, _KEY
        ),
        certificates.gen_self_signed_cert_with_key("self", None, ["a.b"], 5, _KEY),
        certificates.gen_signed_cert_with_key("", None, ["only.san"], 3, edwards, _KEY),
        certificates.gen_signed_cert_with_key("my ca", None, None, 3, ca, _KEY),
        certificates.gen_self_signed_cert_with_key("past", None, None, -3, _KEY),
        certificates.gen_ca("rsa", 365),
        *(certificates.gen_self_signed_cert_with_key(name, None, None, 5, _KEY) for name in _NAMES),
    ]
    for expression, their, our in zip(expressions, theirs, ours, strict=True):
        assert _says(our.cert) == _says(their), expression


@pytest.mark.oracle
def test_helm_signs_with_our_authority(helm: Path, tmp_path: Path) -> None:
    authority = certificates.gen_ca_with_key("ours", 1, _KEY)
    given = f"(buildCustomCert {_encoded(authority.cert)} {_encoded(authority.key)})"
    snippet = f'{{{{ (genSignedCertWithKey "x" nil nil 1 {given} (genPrivateKey "ed25519")).Cert }}}}'
    _load(helm_renders(helm, tmp_path, [snippet])[0]).verify_directly_issued_by(_load(authority.cert))


@pytest.mark.oracle
def test_we_sign_with_helms_authority(helm: Path, tmp_path: Path) -> None:
    snippet = '{{ $c := genCAWithKey "theirs" 1 (genPrivateKey "ecdsa") }}{{ $c.Cert }}{{ $c.Key }}'
    pem = helm_renders(helm, tmp_path, [snippet])[0]
    cert, separator, key = pem.partition("-----BEGIN EC PRIVATE KEY-----")
    authority = certificates.build_custom_cert(_base64(cert), _base64(separator + key))
    signed = certificates.gen_signed_cert_with_key("x", None, None, 1, authority, _KEY)
    _load(signed.cert).verify_directly_issued_by(_load(cert))


def _base64(text: str) -> str:
    from steersman.template.functions.encoding import b64enc

    return b64enc(text)


def _encoded(text: str) -> str:
    return f'"{_base64(text)}"'


def test_a_span_too_long_for_go_ended_long_ago() -> None:
    certificate = _load(certificates.gen_ca_with_key("x", 365_000, _KEY).cert)
    assert certificate.not_valid_after_utc < datetime.now(UTC)
