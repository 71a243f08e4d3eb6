"""Fetching by a getter plugin: `secrets://…`, `s3://…` and whatever else its protocols are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from steersman.chart.repo.fetch import MAX_ANSWER, Access
from steersman.errors import PluginError
from steersman.plugins.manifest import Plugin
from steersman.plugins.platforms import words
from steersman.plugins.running import environment, prepared, started


def download(plugin: Plugin, url: str, access: Access, said: Mapping[str, str]) -> bytes:
    """What the plugin prints for an address; `said` are helm's variables. Raises PluginError."""
    scheme = url.partition(":")[0]
    commands = next((commands for protocols, commands in plugin.downloads if scheme in protocols), None)
    credentials = {
        "HELM_PLUGIN_USERNAME": access.username,
        "HELM_PLUGIN_PASSWORD": access.password,
        "HELM_PLUGIN_PASS_CREDENTIALS_ALL": str(access.pass_credentials).lower(),
    }
    known = {**environment(plugin, said), **credentials}

    def command() -> list[str]:
        if commands is None:
            raise PluginError(f'no downloader found for protocol "{scheme}"')
        # Arguments are given as they stand; the program is one of the plugin's own folder.
        program, *arguments = words(commands, known, expand=False)
        place = os.path.join(plugin.folder, program)
        return [place, *arguments, access.cert_file, access.key_file, access.ca_file, url]

    process = started(plugin, prepared(plugin, command), env=known, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        with process.stdout:
            data = process.stdout.read(MAX_ANSWER + 1)
        if len(data) <= MAX_ANSWER:
            code = process.wait()
    finally:
        process.kill()
        process.wait()
    if len(data) > MAX_ANSWER:
        raise PluginError(f'plugin "{plugin.name}": {url}: the answer is larger than {MAX_ANSWER} bytes')
    if code != 0:
        raise PluginError(
            f'plugin "{plugin.name}" failed to invoke: plugin "{plugin.name}" exited with error',
            exit_code=code,
            hint=f"It was to fetch {url}, and ended with exit code {code}; what it said is above.",
        )
    return data
