"""`steer verify`: is a packaged chart what its signer packaged?"""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.output import echo
from steersman.errors import SignatureError


@declare.command("verify")
@declare.argument("path", metavar="PATH")
@declare.option("--keyring", default="", help="keyring containing public keys (default: GnuPG's pubring.gpg)")
def command(path: str, keyring: str) -> None:
    """Verify that a packaged chart at PATH has a valid provenance file (PATH.prov)."""
    from pathlib import Path

    from steersman.chart.provenance import verify

    archive = Path(path)
    signature = archive.with_name(f"{archive.name}.prov")
    for file in (archive, signature):
        if file.is_dir():
            raise SignatureError(
                "unpacked charts cannot be verified", hint="`steer package --sign` makes one that can."
            )
        if not file.exists():
            raise SignatureError(f"stat {file}: no such file or directory")
    for line in verify(archive.read_bytes(), archive.name, signature.read_bytes(), keyring).lines():
        echo(line)
