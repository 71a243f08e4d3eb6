"""Passwords: hashing (bcrypt, htpasswd), deriving (Master Password), and AES under a password."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.encoding import CorruptInput, b64enc, decode_base64
from steersman.template.functions.registry import FunctionError, function
from steersman.template.values import from_utf8, utf8

if TYPE_CHECKING:
    from typing import Any

_BCRYPT_COST = 10
_BCRYPT_MAX = 72


@function("bcrypt", "string", "string")
def bcrypt(password: str) -> str:
    """A salted hash that `htpasswd -v` and PostgreSQL's crypt understand; the error's text for a password too long."""
    import bcrypt as library

    data = utf8(password)
    if len(data) > _BCRYPT_MAX:
        return f"failed to encrypt string with bcrypt: bcrypt: password length exceeds {_BCRYPT_MAX} bytes"
    return library.hashpw(data, library.gensalt(_BCRYPT_COST, prefix=b"2a")).decode("ascii")


@function("htpasswd", "string, string", "string")
def htpasswd(user: str, password: str) -> str:
    """A line for Apache's password file."""
    return f"invalid username: {user}" if ":" in user else f"{user}:{bcrypt(password)}"


# --- Master Password -----------------------------------------------------------------------------------------------

_SEED = b"com.lyndir.masterpassword"

# One letter a character: vowel or consonant, upper or lower case; a letter, digit, sign, or any of them.
_CHARACTERS = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}
_TEMPLATES = {
    "maximum": "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno",
    "long": """
        CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv
        CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv
        CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno
        """,
    "medium": "CvcnoCvc CvcCvcno",
    "short": "Cvcn",
    "basic": "aaanaaan aannaaan aaannaaa",
    "pin": "nnnn",
}


@function("derivePassword", "uint32, string, string, string, string", "string")
def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """The password that the Master Password algorithm gives for a site (https://masterpassword.app, version 3)."""
    if kind not in _TEMPLATES:
        return f"cannot find password template {kind}"
    salt = _SEED + _with_length(user)
    key = hashlib.scrypt(utf8(password), salt=salt, n=32768, r=8, p=2, dklen=64, maxmem=128 * 1024 * 1024)
    message = _SEED + _with_length(site) + (counter % 2**32).to_bytes(4, "big")
    seed = hmac.digest(key, message, "sha256")
    templates = _TEMPLATES[kind].split()
    template = templates[seed[0] % len(templates)]
    alphabets = (_CHARACTERS[letter] for letter in template)
    return "".join(alphabet[byte % len(alphabet)] for alphabet, byte in zip(alphabets, seed[1:], strict=False))


def _with_length(text: str) -> bytes:
    data = utf8(text)
    return len(data).to_bytes(4, "big") + data


# --- AES -----------------------------------------------------------------------------------------------------------

_BLOCK = 16
_KEY = 32


def _cipher(password: str, vector: bytes) -> Any:
    """AES-256 in CBC mode; the key is the password itself, cut or filled with zeros."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(utf8(password)[:_KEY].ljust(_KEY, b"\0")), modes.CBC(vector))


@function("encryptAES", "string, string", "string")
def encrypt_aes(password: str, text: str) -> str:
    """`text` encrypted, in base64, the random initial vector in front."""
    if not text:
        return ""
    data = utf8(text)
    missing = _BLOCK - len(data) % _BLOCK
    vector = secrets.token_bytes(_BLOCK)
    encryptor = _cipher(password, vector).encryptor()
    encrypted = encryptor.update(data + bytes([missing]) * missing) + encryptor.finalize()
    return b64enc(from_utf8(vector + encrypted))


@function("decryptAES", "string, string", "string")
def decrypt_aes(password: str, encrypted: str) -> str:
    """What `encryptAES` made under the same password. A wrong one gives garbage, or an error where padding goes wrong."""
    if not encrypted:
        return ""
    try:
        data = decode_base64(encrypted)
    except CorruptInput as error:
        raise FunctionError(str(error)) from error
    vector, data = data[:_BLOCK], data[_BLOCK:]
    if len(vector) < _BLOCK:
        capacity = len(encrypted.rstrip("=")) * 3 // 4
        raise FunctionError(f"runtime error: slice bounds out of range [:{_BLOCK}] with capacity {capacity}")
    if len(data) % _BLOCK:
        raise FunctionError("crypto/cipher: input not full blocks")
    if not data:
        raise FunctionError("runtime error: index out of range [-1]")
    decryptor = _cipher(password, vector).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    end = len(padded) - padded[-1]
    if end < 0:
        raise FunctionError(f"runtime error: slice bounds out of range [:{end}]")
    return from_utf8(padded[:end])
