"""Provenance: a packaged chart's signature (`NAME-VERSION.tgz.prov`), made and checked with OpenPGP.

The file is a cleartext-signed message of two YAML documents: the chart's metadata, and the archive's sha256.
Source: helm's docs/topics/provenance; helm 4.3.1 checks what is signed here and the other way round.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from steersman.chart.model import Metadata
from steersman.errors import SignatureError, YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any

_SEPARATOR = "\n...\n"


@record(frozen=True, slots=True)
class Verification:
    """Who signed, by what key, and the archive's digest that the signature vouches for."""

    signers: tuple[str, ...]
    fingerprint: str
    digest: str

    def lines(self, kind: str = "Chart") -> list[str]:
        """What helm prints of it; `kind` is Chart or Plugin."""
        return [
            *(f"Signed by: {signer}" for signer in self.signers),
            f"Using Key With Fingerprint: {self.fingerprint.upper()}",
            f"{kind} Hash Verified: {self.digest}",
        ]


def default_keyring() -> Path:
    import os

    folder = os.environ.get("GNUPGHOME")
    return (Path(folder) if folder else Path.home() / ".gnupg") / "pubring.gpg"


def verify(archive: bytes, file_name: str, provenance: bytes, keyring: str | Path) -> Verification:
    """Check a signature with the public keys in `keyring` ("": GnuPG's old public ring). Raises SignatureError."""
    pysequoia = _pysequoia()
    certificates = _read_keyring(pysequoia, Path(keyring or default_keyring()))
    if b"-----BEGIN PGP SIGNED MESSAGE-----" not in provenance:
        raise SignatureError("signature block not found")
    try:
        message = pysequoia.verify(bytes=provenance, store=lambda _ids: certificates)
    except Exception as error:
        raise SignatureError(
            f"openpgp: {_first_line(error)}", hint="Is the signer's public key in the keyring?"
        ) from error
    found = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    wanted = digests(bytes(message.bytes)).get(file_name)
    if wanted is None:
        raise SignatureError(f'provenance does not contain a SHA for a file named "{file_name}"')
    if wanted != found:
        raise SignatureError(f'sha256 sum does not match for {file_name}: "{wanted}" != "{found}"')
    signature = message.valid_sigs[0]
    signer = next((one for one in certificates if one.fingerprint == signature.certificate), None)
    return Verification(tuple(str(user) for user in signer.user_ids) if signer else (), signature.certificate, found)


def sign(
    archive: bytes, file_name: str, metadata: Metadata, keyring: str | Path, key: str, passphrase: str = ""
) -> bytes:
    """The provenance of a chart's archive, signed by the one key in the secret `keyring` whose user's name contains `key`.

    Raises SignatureError.
    """
    return sign_document(archive, file_name, metadata.document(), keyring, key, passphrase)


def sign_document(
    archive: bytes, file_name: str, document: dict[str, Any], keyring: str | Path, key: str, passphrase: str = ""
) -> bytes:
    """The same for an archive that `document` describes. Raises SignatureError."""
    pysequoia = _pysequoia()
    certificates = [one for one in _read_keyring(pysequoia, Path(keyring or default_keyring())) if _named(one, key)]
    exact = [one for one in certificates if any(str(user) == key for user in one.user_ids)]
    if len(exact or certificates) > 1:
        raise SignatureError(f'more than one key contain the id "{key}"')
    if not certificates:
        raise SignatureError("private key not found", hint="--key is a part of the name of the key's user.")
    certificate = (exact or certificates)[0]
    if not certificate.has_secret_keys:
        raise SignatureError("provided key is not a private key. Try providing a keyring with secret keys")
    digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    text = yaml.dump(document) + _SEPARATOR + yaml.dump({"files": {file_name: digest}})
    try:
        signer = certificate.secrets.signer(passphrase) if passphrase else certificate.secrets.signer()
        signed: bytes = pysequoia.sign(signer, text.encode(), mode=pysequoia.SignatureMode.CLEAR)
    except Exception as error:
        raise SignatureError(
            f"openpgp: {_first_line(error)}", hint="A key with a passphrase needs --passphrase-file."
        ) from error
    return signed


def _pysequoia() -> Any:
    try:
        import pysequoia
    except ImportError:
        raise SignatureError(
            "signatures need the package pysequoia", hint="Install steersman with the extra `sign`: steersman[sign]."
        ) from None
    return pysequoia


def _read_keyring(pysequoia: Any, path: Path) -> list[Any]:
    try:
        return list(pysequoia.Cert.split_bytes(path.read_bytes()))
    except OSError as error:
        raise SignatureError(
            f"failed to load keyring: open {path}: {(error.strerror or str(error)).lower()}",
            hint="gpg --export >pubring.gpg writes the keys of newer GnuPG to such a file.",
        ) from error
    except Exception as error:
        raise SignatureError(f"failed to load keyring: {path}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _named(certificate: Any, key: str) -> bool:
    return any(key in str(user) for user in certificate.user_ids)


def cleartext(provenance: bytes) -> bytes | None:
    """The text that a cleartext-signed message is about, unchecked; None if it is no such message."""
    if b"-----BEGIN PGP SIGNATURE-----" not in provenance or b"-----END PGP SIGNATURE-----" not in provenance:
        return None
    head, begin, rest = provenance.replace(b"\r\n", b"\n").partition(b"-----BEGIN PGP SIGNED MESSAGE-----\n")
    _armour, blank, text = rest.partition(b"\n\n")
    if not begin or not blank or head.strip():
        return None
    text = text.partition(b"\n-----BEGIN PGP SIGNATURE-----")[0]
    return b"\n".join(line.removeprefix(b"- ") for line in text.split(b"\n"))


def digests(message: bytes) -> dict[str, Any]:
    """The files that a signed message vouches for, with the digest of each. Raises SignatureError."""
    parts = message.decode("utf-8", "replace").split(_SEPARATOR)
    if len(parts) < 2:
        raise SignatureError("message block must have at least two parts")
    try:
        document = yaml.load(parts[1])
    except YamlError as error:
        raise SignatureError(str(error)) from error
    files = document.get("files") if isinstance(document, dict) else None
    return files if isinstance(files, dict) else {}
