"""Where plugins are, and which: the folders of HELM_PLUGINS, or `plugins` in Helm's data folder."""

from __future__ import annotations

import os

from steersman.chart.notice import notice
from steersman.errors import PluginError
from steersman.lazy import TYPE_CHECKING
from steersman.plugins.manifest import FILE_NAME, Plugin, load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Warn = Callable[[str], None]


def find(folders: Sequence[str], warn: Warn, *, name: str = "", type: str = "") -> list[Plugin]:
    """The plugins in these folders, folder by folder and by their folders' names; "" stands for any name or type.

    `warn` is told of each that cannot be read. Raises PluginError where two of one folder have the same name.
    """
    found = [plugin for folder in folders for plugin in load_all(folder, warn)]
    return [one for one in found if name in ("", one.name) and type in ("", one.type)]


def load_all(folder: str, warn: Warn) -> list[Plugin]:
    """The plugins in one folder. Raises PluginError where two have the same name."""
    try:
        names = sorted(os.listdir(folder), key=os.fsencode)
    except OSError:
        return []
    plugins: dict[str, Plugin] = {}
    for name in names:
        place = os.path.join(folder, name)
        path = os.path.join(place, FILE_NAME)
        if not os.path.lexists(path):
            continue
        try:
            plugin = load(place)
        except PluginError as error:
            warn(notice("failed to load plugin (ignoring)", plugin_yaml=path, error=error))
            continue
        if other := plugins.get(plugin.name):
            raise PluginError(
                f'two plugins claim the name "{plugin.name}" at "{other.folder}" and "{place}"',
                hint="Until one of the two folders is removed, no plugin is used.",
            )
        plugins[plugin.name] = plugin
    return list(plugins.values())
