"""How far an installed plugin is known to be what its author packaged, in helm's words. No keyring is asked here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from steersman.chart.provenance import cleartext, digests
from steersman.errors import SignatureError
from steersman.plugins.manifest import Plugin


def archive_name(plugin: Plugin) -> str:
    """The file name of the packaged plugin."""
    return f"{plugin.name}-{plugin.version}.tgz"


def status(plugin: Plugin) -> str:
    """What `plugin list` says of a plugin's signature; the archive that it came from lies beside its folder."""
    installed = Path(plugin.folder).with_name(plugin.name)
    if not os.path.lexists(installed):
        return "unknown"
    if installed.is_symlink():
        return "local dev"
    archive = installed.with_name(archive_name(plugin))
    signature = archive.with_name(f"{archive.name}.prov")
    if not archive.is_file() or not signature.is_file():
        return "unsigned"
    message = cleartext(signature.read_bytes())
    if message is None:
        return "invalid provenance"
    try:
        vouched = digests(message)
    except SignatureError:
        return "mismatched provenance"
    found = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    fits = any(archive.name in name and digest == found for name, digest in vouched.items())
    return "signed" if fits else "mismatched provenance"
