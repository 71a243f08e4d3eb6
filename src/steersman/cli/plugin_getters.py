"""Addresses of other protocols, fetched by this user's getter plugins."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from steersman.cli.declare import settings
from steersman.cli.output import warn
from steersman.cli.plugin_home import folders, variables
from steersman.cli.settings import Settings
from steersman.plugins.finding import find
from steersman.plugins.getters import download
from steersman.plugins.manifest import GETTER, Plugin

if TYPE_CHECKING:
    from steersman.protocols import Fetch


def fetcher(scheme: str) -> Fetch | None:
    """The first plugin that has the protocol, in the order of their folders. Raises PluginError."""
    for plugin in _getters(tuple(folders())):
        if scheme in plugin.protocols:
            return partial(_fetch, plugin)
    return None


def _fetch(plugin: Plugin, url: str, access: Any) -> bytes:
    return download(plugin, url, access, variables(settings() or Settings()))


@cache
def _getters(where: tuple[str, ...]) -> list[Plugin]:
    """Looked for once: what is wrong with a plugin is told once, too."""
    return find(where, warn, type=GETTER)
