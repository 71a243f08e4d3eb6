"""Hashes that verify, and text that helm and we decrypt for each other."""

from __future__ import annotations

from pathlib import Path

import bcrypt as bcrypt_library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.template.functions import passwords

from .oracle import helm_renders


def test_bcrypt_verifies() -> None:
    hashed = passwords.bcrypt("pä55")
    assert hashed.startswith("$2a$10$")
    assert bcrypt_library.checkpw("pä55".encode(), hashed.encode())
    assert not bcrypt_library.checkpw(b"other", hashed.encode())


def test_htpasswd_verifies() -> None:
    user, _, hashed = passwords.htpasswd("user", "secret").partition(":")
    assert user == "user"
    assert bcrypt_library.checkpw(b"secret", hashed.encode())


@given(st.text(), st.text())
def test_decrypting_undoes_encrypting(password: str, text: str) -> None:
    assert passwords.decrypt_aes(password, passwords.encrypt_aes(password, text)) == text


def test_encrypting_twice_differs() -> None:
    assert passwords.encrypt_aes("p", "text") != passwords.encrypt_aes("p", "text")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "password", ["short", "exactly thirty-two bytes of text", "a password of more than thirty-two bytes", "é"]
)
def test_helm_and_we_decrypt_for_each_other(helm: Path, tmp_path: Path, password: str) -> None:
    ours = passwords.encrypt_aes(password, "made by us")
    snippets = [f'{{{{ decryptAES "{password}" "{ours}" }}}}', f'{{{{ encryptAES "{password}" "made by helm" }}}}']
    decrypted, theirs = helm_renders(helm, tmp_path, snippets)
    assert decrypted == "made by us"
    assert passwords.decrypt_aes(password, theirs) == "made by helm"
