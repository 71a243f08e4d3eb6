"""What a shell offers beside options and words from a list: releases, revisions, namespaces, contexts, charts.

A shell asks while a person types. So nothing here prints, starts a cluster, or fails: where there is no answer, there is none.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

from steersman.cli.settings import Settings
from steersman.errors import SteersmanError

if TYPE_CHECKING:
    import click

    from steersman.plugins.manifest import Plugin

Offer = Callable[[Settings, dict[str, Any]], list[str]]


def releases(settings: Settings, _: dict[str, Any]) -> list[str]:
    from steersman.cli.question import answer

    return [release.name for release in answer(settings, lambda client: client.list(on_damaged=lambda _: None))]


def revisions(settings: Settings, given: dict[str, Any]) -> list[str]:
    from steersman.cli.question import answer

    history = answer(settings, lambda client: client.history(str(given.get("name") or "")))
    return [str(release.version) for release in reversed(history)]


def namespaces(settings: Settings, _: dict[str, Any]) -> list[str]:
    from steersman.cli.connect import connect
    from steersman.kube.blocking_network import BlockingNetwork, run

    async def ask() -> list[str]:
        async with connect(settings, BlockingNetwork()) as kube:
            return [item["metadata"]["name"] for item in (await kube.list("v1", "Namespace")).items]

    return run(ask())


def contexts(settings: Settings, _: dict[str, Any]) -> list[str]:
    from steersman.kube.config import context_names

    return context_names(settings.kubeconfig)


def repositories(_: Settings, __: dict[str, Any]) -> list[str]:
    from steersman.chart.repo.repositories import read_repositories
    from steersman.cli.home import home

    return [repository.name for repository in read_repositories(home())]


def charts(settings: Settings, given: dict[str, Any]) -> list[str]:
    """Charts of the repositories; paths are the shell's own matter."""
    from steersman.chart.repo.search import STABLE, search
    from steersman.cli.home import home

    return [found.name for found in search(home(), "", version=STABLE, warn=lambda _: None)]


def hooks(settings: Settings, given: dict[str, Any]) -> list[str]:
    from steersman.cli.question import answer

    return sorted(
        {info.hook.name for info in answer(settings, lambda client: client.hooks(str(given.get("name") or "")))}
    )


def hosts(_: Settings, __: dict[str, Any]) -> list[str]:
    """Registries that somebody has logged in to."""
    from steersman.chart.repo.credentials import known_hosts
    from steersman.cli.home import home

    return known_hosts(home())


def variables(settings: Settings, _: dict[str, Any]) -> list[str]:
    from steersman.cli.env import variables as known

    return list(known(settings))


def installed_plugins(_: Settings, __: dict[str, Any]) -> list[str]:
    return [plugin.name for plugin in _plugins()]


def renderers(_: Settings, __: dict[str, Any]) -> list[str]:
    """Plugins that render; programs are the shell's own matter."""
    from steersman.plugins.manifest import POST_RENDERER

    return [plugin.name for plugin in _plugins() if plugin.type == POST_RENDERER]


def _plugins() -> list[Plugin]:
    from steersman.cli.plugin_home import folders
    from steersman.plugins.finding import find

    return find(folders(), lambda _: None)


def commands(_: Settings, given: dict[str, Any]) -> list[str]:
    """What may stand behind these words of `help`."""
    import click

    from steersman.cli.main import root

    command: click.Command | None = root
    context = click.Context(root)
    for word in given.get("words") or ():
        command = command.get_command(context, word) if isinstance(command, click.Group) else None
    return command.list_commands(context) if isinstance(command, click.Group) else []


def nothing(_: Settings, __: dict[str, Any]) -> list[str]:
    return []


# The metavar of an argument, or the field of an option → what is offered for it, and whether files are as well.
_OFFERS: dict[str, tuple[Offer, bool]] = {
    "RELEASE": (releases, False),
    "RELEASE [...]": (releases, False),
    "CHART": (charts, True),
    "[NAME] [CHART]": (charts, True),
    "CHART...": (charts, True),
    "[HOOK]": (hooks, False),
    "[VARIABLE]": (variables, False),
    "[COMMAND...]": (commands, False),
    "HOST": (hosts, False),
    "REPO...": (repositories, False),
    "[REPO...]": (repositories, False),
    "PLUGIN...": (installed_plugins, False),
    "post_renderer": (renderers, True),
    "revision": (revisions, False),
    "namespace": (namespaces, False),
    "kube_context": (contexts, False),
}
_PATHS = (
    "PATH PATH... PLAN CHART_PATH... [CHART] ARCHIVE PATH|URL CHART|MANIFEST|RELEASE|- DIR "
    "value_files set_file kubeconfig keyring kube_ca_file ca_file cert_file key_file destination output_dir untardir out "
    "passphrase_file repository_config registry_config repository_cache content_cache starter"
)
_OFFERS |= dict.fromkeys(_PATHS.split(), (nothing, True))


def completer(key: str) -> Callable[[click.Context, click.Parameter, str], list[Any]] | None:
    """For click: what completes an argument with this metavar, or an option with this field."""
    if key not in _OFFERS:
        return None
    offer, with_files = _OFFERS[key]

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        if offer is nothing:
            return [CompletionItem(incomplete, type="file")]
        if with_files and (incomplete.startswith((".", "/", "~")) or not incomplete):
            return [CompletionItem(incomplete, type="file")]
        given = {**(ctx.parent.params if ctx.parent else {}), **ctx.params}
        found = _quietly(offer, given)
        taken = ctx.params.get("names") or ()
        return [CompletionItem(word) for word in found if word.startswith(incomplete) and word not in taken]

    return complete


def _quietly(offer: Offer, given: dict[str, Any]) -> list[str]:
    from steersman.cli.connect import names_a_cluster
    from steersman.record import field_names

    settings = Settings.from_options({name: given.get(name) for name in field_names(Settings)})
    if offer in (releases, revisions, namespaces) and not names_a_cluster(settings):
        from steersman.cluster import launch

        if launch.status() is None:
            return []
    try:
        with open(os.devnull, "w", encoding="utf-8") as nobody, redirect_stderr(nobody):
            return offer(settings, given)
    except (SteersmanError, OSError, KeyError, ValueError):
        return []
