"""Private keys: made, and read and written as PEM in the forms that Go uses for each kind."""

from __future__ import annotations

import base64

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.functions.registry import FunctionError, function
from steersman.template.values import from_utf8, utf8

if TYPE_CHECKING:
    from typing import Any

_PEM = pattern(
    rb"(?m)^-----BEGIN (?P<label>[^\r\n-]*)-----[ \t\r]*\n(?:[^\n:]+:[^\n]*\n)*\s*"
    rb"(?P<body>[A-Za-z0-9+/=\s]*?)\s*-----END (?P=label)-----",
)


def decode_pem(text: str) -> tuple[str, bytes] | None:
    """Label and content of the first PEM block, or None if there is none."""
    for found in _PEM.finditer(utf8(text)):
        try:
            return from_utf8(found["label"]), base64.b64decode(b"".join(found["body"].split()), validate=True)
        except ValueError:
            continue
    return None


def encode_pem(label: str, content: bytes) -> str:
    body = base64.b64encode(content).decode("ascii")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


@function("genPrivateKey", "string", "string")
def gen_private_key(kind: str) -> str:
    """A new key of kind `rsa` (4096 bits; also for an empty kind), `dsa`, `ecdsa` (P-256) or `ed25519`, as PEM."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519

    if kind in ("", "rsa"):
        return write_key(new_rsa_key(4096))
    if kind == "dsa":
        return write_key(dsa.generate_private_key(2048))
    if kind == "ecdsa":
        return write_key(ec.generate_private_key(ec.SECP256R1()))
    if kind == "ed25519":
        return write_key(ed25519.Ed25519PrivateKey.generate())
    return f"Unknown type {kind}"


def new_rsa_key(bits: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def write_key(key: Any) -> str:
    """RSA, DSA and EC keys in their traditional forms, all others as PKCS #8."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    traditional = isinstance(key, (rsa.RSAPrivateKey, dsa.DSAPrivateKey, ec.EllipticCurvePrivateKey))
    formats = serialization.PrivateFormat
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        formats.TraditionalOpenSSL if traditional else formats.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode("ascii")


_READING = {
    "PRIVATE KEY": "decoding PEM as PKCS#8",
    "RSA PRIVATE KEY": "parsing RSA private key from PEM",
    "EC PRIVATE KEY": "parsing EC private key from PEM",
    "DSA PRIVATE KEY": "parsing DSA private key from PEM",
}


def read_key(pem: str) -> Any:
    """The private key in a PEM text. Raises FunctionError with sprig's message."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    block = decode_pem(pem)
    if block is None:
        raise FunctionError("no PEM data in input")
    label, content = block
    if label != "PRIVATE KEY" and not label.endswith(" PRIVATE KEY"):
        raise FunctionError(f"no private key data in PEM block of type {label}")
    if label not in _READING:
        raise FunctionError(f"invalid private key type {label}")
    try:
        return load_pem_private_key(utf8(encode_pem(label, content)), password=None)
    except Exception as error:
        # of several types; Go would name the ASN.1 element in which it lost its way
        raise FunctionError(f"{_READING[label]}: asn1: structure error: the key's content cannot be read") from error
