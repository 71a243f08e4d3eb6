"""Packaging plugins, signed or not, and checking the signature of a packaged one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steersman.chart.provenance import sign_document
from steersman.chart.provenance import verify as verify_archive
from steersman.errors import PluginError, SignatureError
from steersman.plugins.archives import pack
from steersman.plugins.manifest import CLI, GETTER, SUBPROCESS, Commands, Plugin, load
from steersman.plugins.provenance import archive_name


def package(path: str, destination: str, *, signing: tuple[str, str, str] | None) -> Iterator[str]:
    """Write a plugin's archive, and its signature where `signing` says (keyring, key, passphrase); lines that tell of it.

    Nothing is written if it cannot be signed. Raises PluginError, SignatureError.
    """
    if not os.path.exists(path):
        raise PluginError(f"stat {path}: no such file or directory", hint="Name the plugin's folder.")
    if not os.path.isdir(path):
        raise PluginError("plugin package only supports directories, not tarballs")
    try:
        plugin = load(path)
    except PluginError as error:
        raise PluginError(f"invalid plugin directory: {error}", hint=error.hint) from error
    if signing is None:
        yield "WARNING: Skipping plugin signing. This is not recommended for plugins intended for distribution."
    archive = Path(os.path.normpath(os.path.join(destination, archive_name(plugin))))
    data = pack(Path(path), plugin.name)
    signature: bytes | None = None
    if signing is not None:
        keyring, key, passphrase = signing
        if not key:
            raise SignatureError(
                "private key not found",
                hint="--key is a part of the name of the key's user; --sign=false does not sign.",
            )
        signature = sign_document(data, archive.name, described(plugin), keyring, key, passphrase)
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        archive.write_bytes(data)
        if signature is not None:
            Path(f"{archive}.prov").write_bytes(signature)
            yield f"Successfully signed. Signature written to: {archive}.prov"
    except OSError as error:
        raise PluginError(f"failed to create tarball: {error.filename}: {(error.strerror or '').lower()}") from error
    yield f"Successfully packaged plugin and saved it to: {archive}"


def verify(path: str, keyring: str) -> list[str]:
    """Check a packaged plugin's signature; lines that tell of it. Raises PluginError, SignatureError."""
    signature = f"{path}.prov"
    if not os.path.exists(path):
        raise PluginError(f"stat {path}: no such file or directory")
    if os.path.isdir(path):
        raise PluginError(
            "directory verification not supported - only plugin tarballs can be verified",
            hint="Of an installed plugin, `steer plugin list` tells the provenance.",
        )
    if not path.endswith((".gz", ".tgz")):
        raise PluginError("plugin file must be a gzipped tarball (.tar.gz or .tgz)")
    if not os.path.exists(signature):
        missing = f"could not find provenance file {signature}: stat {signature}: no such file or directory"
        raise SignatureError(missing, hint="It must lie beside the archive.")
    data, name = Path(path).read_bytes(), os.path.basename(path)
    return verify_archive(data, name, Path(signature).read_bytes(), keyring).lines("Plugin")


def described(plugin: Plugin) -> dict[str, Any]:
    """What helm writes of a plugin above its signature: its manifest in the names of helm's own fields."""
    config: dict[str, Any] = {}
    if plugin.type == CLI:
        config = {
            "Usage": plugin.usage,
            "ShortHelp": plugin.short_help,
            "LongHelp": plugin.long_help,
            "IgnoreFlags": plugin.ignore_flags,
        }
    elif plugin.type == GETTER:
        config = {"Protocols": list(plugin.protocols)}
    running: dict[str, Any] = {}
    if plugin.runtime == SUBPROCESS:
        running = {
            "PlatformCommand": _commands(plugin.commands),
            "PlatformHooks": {event: _commands(commands) for event, commands in plugin.hooks.items()} or None,
            "ProtocolCommands": [
                {"Protocols": list(protocols), "PlatformCommand": _commands(commands)}
                for protocols, commands in plugin.downloads
            ]
            or None,
        }
    return {
        "APIVersion": plugin.api_version,
        "Name": plugin.name,
        "Type": plugin.type,
        "Runtime": plugin.runtime,
        "Version": plugin.version,
        "SourceURL": plugin.source_url,
        "Config": config,
        "RuntimeConfig": running,
    }


def _commands(commands: Commands) -> list[dict[str, Any]] | None:
    return [
        {"OperatingSystem": one.os, "Architecture": one.arch, "Command": one.command, "Args": list(one.args) or None}
        for one in commands
    ] or None
