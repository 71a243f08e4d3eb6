"""Post-renderer plugins: manifests in, manifests out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from steersman.chart.postrender import FAILED, taken
from steersman.errors import PluginError, PostRenderError
from steersman.plugins.manifest import Plugin
from steersman.plugins.platforms import words
from steersman.plugins.running import environment, prepared, started


def post_renderer(plugin: Plugin, arguments: Sequence[str], said: Mapping[str, str]) -> Callable[[str], str]:
    """A function from all manifests to what the plugin makes of them. It raises PostRenderError.

    What the plugin says on standard error is shown only if it fails.
    """

    def run(manifests: str) -> str:
        known = environment(plugin, said)
        try:
            command = prepared(plugin, lambda: words(plugin.commands, known, arguments))
            process = started(
                plugin, command, env=known, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except PluginError as error:
            raise PostRenderError(_failed(plugin, str(error)), hint=error.hint) from error
        output, complaint = process.communicate(manifests.encode("utf-8", "surrogateescape"))
        if process.returncode != 0:
            sys.stderr.write(complaint.decode("utf-8", "replace"))
            raise PostRenderError(
                _failed(plugin, f'plugin "{plugin.name}" exited with error'),
                hint=f"It ended with exit code {process.returncode}; what it said is above.",
            )
        return taken(output, plugin.name)

    return run


def _failed(plugin: Plugin, why: str) -> str:
    return f'{FAILED}failed to invoke post-renderer plugin "{plugin.name}": {why}'
