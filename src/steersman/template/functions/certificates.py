"""X.509 certificates: authorities, self-signed ones, and ones signed by an authority."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.record import record
from steersman.template.functions.encoding import CorruptInput, decode_base64
from steersman.template.functions.private_keys import decode_pem, encode_pem, new_rsa_key, read_key, write_key
from steersman.template.functions.registry import FunctionError, function
from steersman.template.gofmt import default_format
from steersman.template.strconv import quote
from steersman.template.values import GoObject, from_utf8, wrap_int

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any, ClassVar

    from cryptography import x509

_RSA_BITS = 2048

# What Go's asn1 writes as a PrintableString; all other text becomes a UTF8String.
_PRINTABLE = pattern(r"[A-Za-z0-9'()+,./:=? -]*")
_NANOSECONDS_A_DAY = 24 * 3600 * 1_000_000_000


@record(frozen=True)
class Certificate(GoObject):
    """A certificate and its private key, both as PEM."""

    cert: str
    key: str

    go_type = "sprig.certificate"
    go_fields: ClassVar[Mapping[str, str]] = {"Cert": "cert", "Key": "key"}


@record(frozen=True)
class _Wanted:
    """What a certificate shall say of its subject."""

    name: str
    days: int
    addresses: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    is_authority: bool = False


@function("genCA", "string, int", "sprig.certificate")
def gen_ca(name: str, days: int) -> Certificate:
    return _self_signed(_Wanted(name, days, is_authority=True), new_rsa_key(_RSA_BITS))


@function("genCAWithKey", "string, int, string", "sprig.certificate")
def gen_ca_with_key(name: str, days: int, key: str) -> Certificate:
    return _self_signed(_Wanted(name, days, is_authority=True), _given_key(key))


@function("genSelfSignedCert", "string, []any, []any, int", "sprig.certificate")
def gen_self_signed_cert(name: str, ips: list[Any] | None, dns: list[Any] | None, days: int) -> Certificate:
    return _self_signed(_wanted(name, ips, dns, days), new_rsa_key(_RSA_BITS))


@function("genSelfSignedCertWithKey", "string, []any, []any, int, string", "sprig.certificate")
def gen_self_signed_cert_with_key(
    name: str, ips: list[Any] | None, dns: list[Any] | None, days: int, key: str
) -> Certificate:
    signee_key = _given_key(key)
    return _self_signed(_wanted(name, ips, dns, days), signee_key)


@function("genSignedCert", "string, []any, []any, int, sprig.certificate", "sprig.certificate")
def gen_signed_cert(
    name: str, ips: list[Any] | None, dns: list[Any] | None, days: int, authority: Certificate
) -> Certificate:
    return _signed(name, ips, dns, days, authority, new_rsa_key(_RSA_BITS))


@function("genSignedCertWithKey", "string, []any, []any, int, sprig.certificate, string", "sprig.certificate")
def gen_signed_cert_with_key(
    name: str, ips: list[Any] | None, dns: list[Any] | None, days: int, authority: Certificate, key: str
) -> Certificate:
    return _signed(name, ips, dns, days, authority, _given_key(key))


@function("buildCustomCert", "string, string", "sprig.certificate")
def build_custom_cert(certificate: str, key: str) -> Certificate:
    """A certificate and key that exist already, both PEM in base64; checked, but not against each other."""
    certificate_pem = _decoded(certificate, "certificate")
    key_pem = _decoded(key, "private key")
    _read_certificate(certificate_pem, "decodedCert")
    try:
        read_key(key_pem)
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from error
    return Certificate(certificate_pem, key_pem)


# --- what is given -------------------------------------------------------------------------------------------------


def _given_key(pem: str) -> Any:
    try:
        return read_key(pem)
    except FunctionError as error:
        raise FunctionError(f"parsing private key: {error}") from error


def _decoded(text: str, what: str) -> str:
    try:
        return from_utf8(decode_base64(text))
    except CorruptInput as error:
        raise FunctionError(f"unable to decode base64 {what}") from error


def _read_certificate(pem: str, variable: str) -> x509.Certificate:
    from cryptography import x509

    block = decode_pem(pem)
    if block is None:
        raise FunctionError("unable to decode certificate")
    try:
        return x509.load_der_x509_certificate(block[1])
    except ValueError as error:
        raise FunctionError(f"error parsing certificate: {variable}.Bytes: x509: malformed certificate") from error


def _wanted(name: str, ips: list[Any] | None, dns: list[Any] | None, days: int) -> _Wanted:
    return _Wanted(name, days, tuple(map(_address, ips or ())), tuple(map(_dns_name, dns or ())))


def _address(value: object) -> str:
    if not isinstance(value, str):
        raise FunctionError(f"error parsing ip: {default_format(value)} is not a string")
    try:
        address = ipaddress.ip_address(value)
    except ValueError as error:
        raise FunctionError(f"error parsing ip: {value}") from error
    if "%" in value:
        raise FunctionError(f"error parsing ip: {value}")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return value


def _dns_name(value: object) -> str:
    if not isinstance(value, str):
        raise FunctionError(f"error processing alternate dns name: {default_format(value)} is not a string")
    return value


# --- making --------------------------------------------------------------------------------------------------------


def _self_signed(wanted: _Wanted, key: Any) -> Certificate:
    name = _subject(wanted.name)
    return Certificate(_issue(wanted, key.public_key(), name, key, None), write_key(key))


def _signed(
    name: str, ips: list[Any] | None, dns: list[Any] | None, days: int, authority: Certificate, key: Any
) -> Certificate:
    issuer = _read_certificate(authority.cert, "decodedSignerCert")
    try:
        issuer_key = read_key(authority.key)
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from error
    wanted = _wanted(name, ips, dns, days)
    if issuer.public_key() != issuer_key.public_key():
        raise FunctionError("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey")
    return Certificate(_issue(wanted, key.public_key(), issuer.subject, issuer_key, issuer), write_key(key))


def _issue(
    wanted: _Wanted, public_key: Any, issuer_name: x509.Name, issuer_key: Any, issuer: x509.Certificate | None
) -> str:
    """The signed certificate as PEM, with the extensions that sprig and Go put in, in Go's order."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import dsa
    from cryptography.hazmat.primitives.serialization import Encoding

    if isinstance(issuer_key, dsa.DSAPrivateKey):
        raise FunctionError(
            "error creating certificate: x509: certificate private key does not implement crypto.Signer"
        )
    if isinstance(public_key, dsa.DSAPublicKey):
        raise FunctionError("error creating certificate: x509: unsupported public key type: *dsa.PublicKey")
    begin, end = _validity(wanted.days)
    builder = x509.CertificateBuilder(
        # the constructor, unlike the builder's setters, takes an end before the beginning, as Go does
        issuer_name=issuer_name,
        subject_name=_subject(wanted.name),
        public_key=public_key,
        serial_number=secrets.randbits(128) or 1,
        not_valid_before=begin,
        not_valid_after=end,
    )
    for extension, critical in _extensions(wanted, public_key, issuer):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(issuer_key, _hash_for(issuer_key))
    return encode_pem("CERTIFICATE", certificate.public_bytes(Encoding.DER))


def _subject(name: str) -> x509.Name:
    import warnings

    from cryptography import x509
    from cryptography.x509.name import _ASN1Type
    from cryptography.x509.oid import NameOID

    if not name:
        return x509.Name([])
    with warnings.catch_warnings():
        # Go sets no limit to a common name's length, X.520 sets it at 64
        warnings.simplefilter("ignore")
        kind = _ASN1Type.PrintableString if _PRINTABLE.fullmatch(name) else _ASN1Type.UTF8String
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name, kind, _validate=False)])


def _validity(days: int) -> tuple[datetime, datetime]:
    """From now on, for `days`; the span wraps round as Go's Duration does, at 292 years: then it ended long ago."""
    from datetime import datetime, timedelta

    now = time.time_ns()
    end = now + wrap_int(days * _NANOSECONDS_A_DAY)
    epoch = datetime(1970, 1, 1)  # without a zone, as the builder keeps its times
    # 1950 is the first year that the library can write
    return epoch + timedelta(seconds=now // 10**9), max(datetime(1950, 1, 1), epoch + timedelta(seconds=end // 10**9))


def _extensions(wanted: _Wanted, public_key: Any, issuer: x509.Certificate | None) -> list[tuple[Any, bool]]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=wanted.is_authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    extensions: list[tuple[Any, bool]] = [
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.BasicConstraints(ca=wanted.is_authority, path_length=None), True),
    ]
    if wanted.is_authority:
        extensions.append((x509.SubjectKeyIdentifier(_key_identifier(public_key)), False))
    identifier = _issuer_identifier(wanted, issuer)
    if identifier is not None:
        extensions.append((x509.AuthorityKeyIdentifier(identifier, None, None), False))
    names = [*map(_alternative_dns, wanted.dns_names), *map(_alternative_address, wanted.addresses)]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), not wanted.name))
    return extensions


def _key_identifier(public_key: Any) -> bytes:
    """RFC 7093's first method: the first 160 bits of SHA-256 over the key, as Go 1.25 and later."""
    return hashlib.sha256(_public_bits(public_key)).digest()[:20]


def _public_bits(public_key: Any) -> bytes:
    """The content of subjectPublicKey, a BIT STRING at the end of SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    info: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    _, outer = _der_header(info, 0)
    algorithm_length, algorithm = _der_header(info, outer)
    _, bits = _der_header(info, algorithm + algorithm_length)
    return info[bits + 1 :]


def _der_header(data: bytes, at: int) -> tuple[int, int]:
    """Length and position of the content of the DER element at `at`."""
    length = data[at + 1]
    if length < 0x80:
        return length, at + 2
    size = length & 0x7F
    return int.from_bytes(data[at + 2 : at + 2 + size], "big"), at + 2 + size


def _issuer_identifier(wanted: _Wanted, issuer: x509.Certificate | None) -> bytes | None:
    """The issuer's key identifier, unless issuer and subject have one name."""
    from cryptography import x509

    if issuer is None or issuer.subject == _subject(wanted.name):
        return None
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _alternative_dns(name: str) -> Any:
    from cryptography import x509

    if not name.isascii():
        raise FunctionError(f"error creating certificate: x509: {quote(name)} cannot be encoded as an IA5String")
    return x509.DNSName(name)


def _alternative_address(address: str) -> Any:
    from cryptography import x509

    return x509.IPAddress(ipaddress.ip_address(address))


def _hash_for(key: Any) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {384: hashes.SHA384, 521: hashes.SHA512}.get(key.curve.key_size, hashes.SHA256)()
    return hashes.SHA256()
