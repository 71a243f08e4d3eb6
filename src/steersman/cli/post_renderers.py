"""What `--post-renderer` names: a plugin of that name, as with helm 4, or else a program, as with helm 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steersman.errors import UsageError


def post_renderer(name: str, arguments: Sequence[str]) -> Callable[[str], str]:
    """Manifests in, manifests out. Raises UsageError where there is neither, PluginError."""
    from shutil import which

    from steersman.chart import postrender

    if "/" in name:
        return postrender.command(name, arguments)
    from steersman.cli.declare import settings
    from steersman.cli.output import warn
    from steersman.cli.plugin_home import folders, variables
    from steersman.cli.settings import Settings
    from steersman.plugins.finding import find
    from steersman.plugins.manifest import POST_RENDERER
    from steersman.plugins.postrendering import post_renderer as by_plugin

    for plugin in find(folders(), warn, name=name, type=POST_RENDERER):
        return by_plugin(plugin, arguments, variables(settings() or Settings()))
    if which(name) is None:
        raise UsageError(
            f'invalid argument "{name}" for "--post-renderer" flag: plugin: {{Name:{name} Type:postrenderer/v1}} not found',
            hint="--post-renderer takes the name of such a plugin (`steer plugin list`), a program's path, or its name on PATH.",
        )
    return postrender.command(name, arguments)
