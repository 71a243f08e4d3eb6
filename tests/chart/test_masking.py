"""Masking lets through what is random in helm's own output, and nothing else."""

from __future__ import annotations

import base64
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from .conftest import masking

COMMON = NameOID.COMMON_NAME
DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def certificate(
    name: str = "a.example", days: int = 365, serial: int = 1 << 126, oid: x509.ObjectIdentifier = COMMON
) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), serial, DAY, DAY + datetime.timedelta(days))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def private_key(size: int) -> str:
    key = rsa.generate_private_key(65537, size)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def encoded(text: str, times: int = 1) -> str:
    data = text.encode()
    for _ in range(times):
        data = base64.b64encode(data)
    return f"tls.crt: {data.decode()}\n"


def indented(text: str, indent: int) -> str:
    return "ca: |\n" + "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())


# A serial number of 15, of 16 and, with its highest bit set, of 17 bytes.
SHORT, LONG, LONGEST = (certificate(serial=1 << bits) for bits in (110, 126, 127))
OTHERS = [LONG, certificate(), certificate()]
SAME = certificate()

PASSWORDS = ["pw: h2Kd93jXx", "pw: Zk20Ckd3p", "pw: 0Dkw23Lpq", "pw: qq0Zlw3kD"]

EXPLAINED = {
    "the same": ("a: 1", ["a: 1"]),
    "a password": ("pw: 9xM2lQwe3", PASSWORDS),
    "a password of any signs": ("pw: '#x;y'", ["pw: 'a;b;'", "pw: '-(df'", "pw: '!!~+'"]),
    "a number with a digit less": ("port: 7", ["port: 12", "port: 91", "port: 44"]),
    "a longer serial": (encoded(LONGEST), list(map(encoded, OTHERS))),
    "a shorter serial": (encoded(SHORT), list(map(encoded, OTHERS))),
    "in lines": (indented(SHORT, 4), [indented(each, 4) for each in OTHERS]),
    "encoded twice": (encoded(SHORT, 2), [encoded(each, 2) for each in OTHERS]),
    "in JSON": (repr(SHORT), list(map(repr, OTHERS))),
    "with one that stays": (SHORT + encoded(SAME), [each + encoded(SAME) for each in OTHERS]),
    "documents in any order": (
        "---\n# Source: b\nb: 1\n---\n# Source: a\na: 1\n",
        ["---\n# Source: a\na: 1\n---\n# Source: b\nb: 1\n", "---\n# Source: b\nb: 1\n---\n# Source: a\na: 1\n"],
    ),
}

DIFFERENT = {
    "where helm's stay": ("a: 2", ["a: 1", "a: 1"]),
    "a key beside a password": ("pass: 9xM2lQwe3", PASSWORDS),
    "a password of another length": ("pw: 9xM2lQwe", PASSWORDS),
    "a sign that is in no password": ("pw: 9xM2lQw+=", PASSWORDS),
    "no password": ("pw: ", PASSWORDS),
    "punctuation around a password": ('pw: "9xM2lQwe3"', PASSWORDS),
    "the end of a line": ("pw: '#x;y'  ", ["pw: 'a;b;'", "pw: '-(df'", "pw: '!!~+'"]),
    "a word for a number": ("port: x", ["port: 12", "port: 91", "port: 44"]),
    "another name": (encoded(certificate("b.example")), list(map(encoded, OTHERS))),
    "a name of another kind": (encoded(certificate(oid=NameOID.PSEUDONYM)), list(map(encoded, OTHERS))),
    "another term": (encoded(certificate(days=366)), list(map(encoded, OTHERS))),
    "another indentation": (indented(SHORT, 2), [indented(each, 4) for each in OTHERS]),
    "encoded once more": (encoded(SHORT, 2), list(map(encoded, OTHERS))),
    "another kind": (encoded(private_key(1024)), list(map(encoded, OTHERS))),
    "no certificate": (encoded("x" * len(LONG)), list(map(encoded, OTHERS))),
    "one that stays": (SHORT + encoded(certificate()), [each + encoded(SAME) for each in OTHERS]),
    "a line less": ("a: 1", ["a: 1\nb: 2", "a: 1\nb: 2\nc: x"]),
}


@pytest.mark.parametrize("case", EXPLAINED)
def test_what_is_random_in_helm_is_let_through(case: str) -> None:
    ours, theirs = EXPLAINED[case]
    assert masking().first_difference(ours, theirs) == ""


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_real_difference_is_found(case: str) -> None:
    ours, theirs = DIFFERENT[case]
    assert masking().first_difference(ours, theirs) != ""


def test_the_size_of_a_key_is_compared() -> None:
    small = [encoded(private_key(1024)) for _ in range(4)]
    assert masking().first_difference(small[0], small[1:]) == ""
    assert masking().first_difference(encoded(private_key(1536)), small) != ""
