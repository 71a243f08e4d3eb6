"""`steer get`: what is recorded of a release."""

from __future__ import annotations

from collections.abc import Callable

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo
from steersman.cli.question import answer
from steersman.cli.results import (
    app_version,
    chart_metadata,
    go_ansic,
    hooks_text,
    metadata_data,
    metadata_text,
    suite_lines,
)
from steersman.cli.settings import Settings
from steersman.lazy import TYPE_CHECKING
from steersman.release.record import Release

if TYPE_CHECKING:
    from typing import Any

    from steersman.client.questions import Questions


@declare.group("get")
def command() -> None:
    """Download extended information of a named release."""


def _of_release(function: Callable[..., Any]) -> Callable[..., Any]:
    function = declare.option("--revision", type=int, default=0, help="get the named revision")(function)
    return declare.argument("name", metavar="RELEASE")(declare.pass_obj(function))


def fetch(settings: Settings, name: str, revision: int) -> Release:
    return answer(settings, lambda client: client.get(name, revision))


def computed(settings: Settings, name: str, revision: int) -> dict[str, Any]:
    return answer(settings, lambda client: client.get_values(name, revision, all_values=True))


@command.command("all")
@_of_release
@declare.option("--template", default="", help="go template for formatting the output, eg: {{.Release.Name}}")
def get_all(settings: Settings, name: str, revision: int, template: str) -> None:
    """Everything: values, hooks, manifest, notes."""
    from steersman.manifest import yaml

    if template:
        from steersman.cli.go_template import release_value, render

        release, labels = answer(settings, lambda client: with_labels(client, name, revision))
        echo(render(template, {"Release": release_value(release, labels)}), nl=False)
        return
    release = fetch(settings, name, revision)
    metadata = chart_metadata(release)
    echo(f"NAME: {release.name}")
    echo(f"LAST DEPLOYED: {go_ansic(release.info.last_deployed)}")
    echo(f"NAMESPACE: {release.namespace}")
    echo(f"STATUS: {release.info.status}")
    echo(f"REVISION: {release.version}")
    echo(f"CHART: {metadata.get('name', '')}")
    echo(f"VERSION: {metadata.get('version', '')}")
    echo(f"APP_VERSION: {app_version(release)}")
    echo(f"DESCRIPTION: {release.info.description}")
    for line in suite_lines(release.hooks):
        echo(line)
    echo(f"USER-SUPPLIED VALUES:\n{yaml.dump(release.config or None)}")
    echo(f"COMPUTED VALUES:\n{yaml.dump(computed(settings, name, revision))}")
    echo(f"HOOKS:\n{hooks_text(release.hooks)}", nl=False)
    echo(f"MANIFEST:\n{release.manifest}")
    if release.info.notes:
        echo(f"NOTES:\n{release.info.notes.strip()}")


@command.command("hooks")
@_of_release
def get_hooks(settings: Settings, name: str, revision: int) -> None:
    """The manifests of the release's hooks."""
    echo(hooks_text(fetch(settings, name, revision).hooks), nl=False)


@command.command("manifest")
@_of_release
def get_manifest(settings: Settings, name: str, revision: int) -> None:
    """The manifest of the release's resources."""
    echo(fetch(settings, name, revision).manifest)


@command.command("notes")
@_of_release
def get_notes(settings: Settings, name: str, revision: int) -> None:
    """The notes of the release."""
    notes = fetch(settings, name, revision).info.notes
    if notes:
        echo(f"NOTES:\n{notes}")


@command.command("values")
@_of_release
@declare.option("-a", "--all", "all_values", is_flag=True, help="dump all (computed) values")
@output_option
def get_values(settings: Settings, name: str, revision: int, all_values: bool, output: str) -> None:
    """The values that were given, or with --all what they came to."""
    from steersman.manifest import yaml

    values = computed(settings, name, revision) if all_values else fetch(settings, name, revision).config or None
    if output == "table":
        echo("COMPUTED VALUES:" if all_values else "USER-SUPPLIED VALUES:")
        echo(yaml.dump(values), nl=False)
    else:
        from steersman.release.codec import go_map

        emit(go_map(values), output)


@command.command("metadata")
@_of_release
@output_option
def get_metadata(settings: Settings, name: str, revision: int, output: str) -> None:
    """Chart, versions, labels and state of the release."""
    release, labels = answer(settings, lambda client: with_labels(client, name, revision))
    if output == "table":
        echo(metadata_text(release, labels))
    else:
        emit(metadata_data(release, labels), output)


async def with_labels(client: Questions, name: str, revision: int) -> tuple[Release, dict[str, str]]:
    """A revision and its labels. As with Helm, those by which it finds its objects are among them, unless a revision is named or
    a database is asked."""
    release = await client.get(name, revision)
    stored = next(one for one in (await client.situation(name)).history if one.version == release.version)
    system = {} if revision or client.storage.driver.name == "sql" else stored.system_labels
    return release, dict(sorted({**stored.labels, **system}.items()))
