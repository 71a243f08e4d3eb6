"""`plugin.yaml`: what a plugin says of itself, of either kind, as one `Plugin`.

Checked as helm 4.3.1 checks it. What is run by WebAssembly (`runtime: extism/v1`) is read and listed; it cannot be run here.
"""

from __future__ import annotations

import os

from steersman.chart.versions import is_strict_version
from steersman.errors import PluginError, YamlError
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.manifest import yaml
from steersman.manifest.yaml.jsonable import string_of
from steersman.record import field, record

if TYPE_CHECKING:
    from typing import Any

FILE_NAME = "plugin.yaml"
CLI, GETTER, POST_RENDERER = "cli/v1", "getter/v1", "postrenderer/v1"
SUBPROCESS, WASM = "subprocess", "extism/v1"
LEGACY = "legacy"

_NAME = pattern("[A-Za-z0-9_-]+")
_V1 = ("apiVersion", "name", "type", "runtime", "version", "sourceURL", "config", "runtimeConfig")
# The words that `config` may have, by the plugin's type.
_CONFIG: dict[str, tuple[str, ...]] = {
    CLI: ("usage", "shortHelp", "longHelp", "ignoreFlags"),
    GETTER: ("protocols",),
    POST_RENDERER: (),
    "test/v1": (),
}


@record(frozen=True, slots=True)
class PlatformCommand:
    """A command for one operating system and architecture, as Go names them; "" is any."""

    os: str
    arch: str
    command: str
    args: tuple[str, ...] = ()


Commands = tuple[PlatformCommand, ...]


@record(frozen=True, slots=True)
class Plugin:
    """A plugin that is installed in `folder`; where a field of one kind of manifest is missing in the other, it is empty."""

    folder: str
    api_version: str
    name: str
    type: str
    runtime: str
    version: str = ""
    source_url: str = ""
    usage: str = ""
    short_help: str = ""
    long_help: str = ""
    ignore_flags: bool = False
    protocols: tuple[str, ...] = ()
    commands: Commands = ()
    hooks: dict[str, Commands] = field(default_factory=dict)
    expands_hooks: bool = True
    """whether variables in the arguments of hooks are put in before a shell sees them"""
    downloads: tuple[tuple[tuple[str, ...], Commands], ...] = ()
    """the commands of a getter by their protocols"""

    @property
    def command(self) -> str:
        """The word that runs it: the first of `usage`, else its name."""
        return (self.usage.split() or [self.name])[0]


def load(folder: str) -> Plugin:
    """The plugin in a folder. Raises PluginError, in helm's words where it has some."""
    path = os.path.join(folder, FILE_NAME)
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PluginError(f'failed to read plugin at "{path}": open {path}: {why}') from error
    try:
        plugin = read(data, folder)
    except PluginError as error:
        raise PluginError(f'failed to load plugin "{folder}": {error}', hint=error.hint) from error
    binary = os.path.join(folder, "plugin.wasm")
    if plugin.runtime == WASM and not os.path.exists(binary):
        raise PluginError(f'wasm binary missing for extism/v1 plugin: "{binary}"')
    return plugin


def read(data: bytes, folder: str = "") -> Plugin:
    """The plugin that a plugin.yaml describes. Raises PluginError."""
    try:
        raw = yaml.load(data, FILE_NAME, numbers="yaml", strict=True)
    except YamlError as error:
        raise PluginError(f"failed to peek {FILE_NAME} API version: {error}") from error
    if not isinstance(raw, dict):
        raise PluginError(f"failed to peek {FILE_NAME} API version: it must be a table of keys and values")
    version = _text(raw, "apiVersion")
    if version == "":
        return _legacy(raw, folder)
    if version == "v1":
        return _v1(raw, folder)
    raise PluginError(f'invalid plugin apiVersion: "{version}"', hint='steer and helm 4 know "v1", and none at all.')


def _legacy(raw: dict[str, Any], folder: str) -> Plugin:
    name, version, command = (_text(raw, key) for key in ("name", "version", "command"))
    if not _NAME.fullmatch(name):
        raise PluginError(f'invalid plugin name "{name}": must contain only a-z, A-Z, 0-9, _ and -')
    if version and not is_strict_version(version):
        raise PluginError(f'invalid plugin version "{version}": must be valid semver')
    commands, plain_hooks = _commands(raw, "platformCommand"), _table(raw, "hooks")
    hooks = {event: _commands(_table(raw, "platformHooks"), event) for event in _table(raw, "platformHooks")}
    if commands and command:
        raise PluginError("both platformCommand and command are set")
    if hooks and plain_hooks:
        raise PluginError("both platformHooks and hooks are set")
    downloads = tuple(_downloader(number, entry) for number, entry in enumerate(_list(raw, "downloaders")))
    return Plugin(
        folder,
        LEGACY,
        name,
        GETTER if downloads else CLI,
        SUBPROCESS,
        version,
        short_help=_one_line(_text(raw, "usage")),
        long_help=_text(raw, "description"),
        ignore_flags=raw.get("ignoreFlags") is True,
        protocols=tuple(protocol for protocols, _ in downloads for protocol in protocols),
        commands=commands or ((PlatformCommand("", "", command),) if command else ()),
        hooks=hooks
        or {event: (PlatformCommand("", "", "sh", ("-c", _text(plain_hooks, event))),) for event in plain_hooks},
        expands_hooks=not plain_hooks,
        downloads=downloads,
    )


def _downloader(number: int, entry: Any) -> tuple[tuple[str, ...], Commands]:
    if not isinstance(entry, dict) or not _text(entry, "command"):
        raise PluginError(f"downloader {number} has empty command")
    protocols = _texts(entry, "protocols")
    if not protocols:
        raise PluginError(f"downloader {number} has no protocols")
    if "" in protocols:
        raise PluginError(f"downloader {number} has empty protocol at index {protocols.index('')}")
    return protocols, (PlatformCommand("", "", _text(entry, "command")),)


def _v1(raw: dict[str, Any], folder: str) -> Plugin:
    for key in raw:
        if key not in _V1:
            raise PluginError(f"field {key} not found in {FILE_NAME} of apiVersion v1")
    name, version, kind, runtime = (_text(raw, key) for key in ("name", "version", "type", "runtime"))
    if not _NAME.fullmatch(name):
        raise PluginError("invalid plugin `name`")
    if not version:
        raise PluginError("plugin `version` is required")
    if not is_strict_version(version):
        raise PluginError(f'invalid plugin `version` "{version}": must be valid semver')
    for key, value in (("type", kind), ("runtime", runtime)):
        if not value:
            raise PluginError(f"`{key}` missing")
    try:
        config = _config(raw, kind)
        if runtime not in (SUBPROCESS, WASM):
            raise PluginError(f'unsupported plugin runtime type: "{runtime}"')
        how = _table(raw, "runtimeConfig")
        platform_hooks = _table(how, "platformHooks")
        downloads = _list(how, "protocolCommands") if runtime == SUBPROCESS else []
        plugin = Plugin(
            folder,
            "v1",
            name,
            kind,
            runtime,
            version,
            _text(raw, "sourceURL"),
            usage=_text(config, "usage"),
            short_help=_text(config, "shortHelp"),
            long_help=_text(config, "longHelp"),
            ignore_flags=config.get("ignoreFlags") is True,
            protocols=_texts(config, "protocols"),
            commands=_commands(how, "platformCommand"),
            hooks={event: _commands(platform_hooks, event) for event in platform_hooks},
            downloads=tuple(
                (_texts(one, "protocols"), _commands(one, "platformCommand"))
                for one in downloads
                if isinstance(one, dict)
            ),
        )
    except PluginError as error:
        raise PluginError(f"failed to convert MetadataV1 to Metadata: {error}", hint=error.hint) from error
    if kind == GETTER and not plugin.protocols:
        raise PluginError("config validation failed: getter has no protocols")
    if kind == GETTER and "" in plugin.protocols:
        raise PluginError(f"config validation failed: getter has empty protocol at index {plugin.protocols.index('')}")
    return plugin


def _config(raw: dict[str, Any], kind: str) -> dict[str, Any]:
    if kind not in _CONFIG:
        raise PluginError(f'unknown plugin type "{kind}"')
    config = _table(raw, "config")
    for key in config:
        if key not in _CONFIG[kind]:
            raise PluginError(f"field {key} not found in config of type {kind}")
    return config


def _commands(raw: dict[str, Any], key: str) -> Commands:
    found = []
    for one in _list(raw, key):
        if not isinstance(one, dict):
            raise PluginError(f"`{key}` must be a list of tables with `command`")
        texts = (_text(one, "os"), _text(one, "arch"), _text(one, "command"))
        found.append(PlatformCommand(*texts, _texts(one, "args")))
    return tuple(found)


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    text = "" if value is None else string_of(value)
    if text is None:
        raise PluginError(f"`{key}` must be a string")
    return text


def _texts(raw: dict[str, Any], key: str) -> tuple[str, ...]:
    items = [string_of("" if item is None else item) for item in _list(raw, key)]
    if None in items:
        raise PluginError(f"`{key}` must be a list of strings")
    return tuple(item for item in items if item is not None)


def _list(raw: dict[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    if value is not None and not isinstance(value, list):
        raise PluginError(f"`{key}` must be a list")
    return value or []


def _table(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key)
    if value is not None and not isinstance(value, dict):
        raise PluginError(f"`{key}` must be a table")
    return value or {}


def _one_line(text: str) -> str:
    return "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or sign.isprintable())
