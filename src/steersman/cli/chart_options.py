"""What install and upgrade share: which chart, which values, and how it is rendered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from steersman.chart.values import ValueSources, merge_files_and_sets
from steersman.cli import declare
from steersman.cli.locate import ChartReference, chart_reference_options
from steersman.cli.options import comma_separated, schema_option, values_options
from steersman.errors import UsageError
from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.model import Chart
    from steersman.client.rendering import ChartOptions

Command = Callable[..., "Any"]


@record(frozen=True, slots=True)
class ChartChoice:
    """The chart a command is to install, its values, and how it is rendered."""

    sources: ValueSources
    reference: ChartReference
    skip_schema_validation: bool
    render_subchart_notes: bool
    enable_dns: bool
    dependency_update: bool
    post_renderer: str
    post_renderer_args: tuple[str, ...]
    labels: dict[str, str]

    def load(self, name: str) -> Chart:
        """Raises ChartError."""
        return self.reference.load_installable(self.reference.locate(name), dependency_update=self.dependency_update)

    def values(self) -> dict[str, Any]:
        """Raises ValuesError."""
        return merge_files_and_sets(self.sources)

    def options(self) -> ChartOptions:
        from steersman.cli.output import warn
        from steersman.client.rendering import ChartOptions

        renderer = None
        if self.post_renderer:
            from steersman.cli.post_renderers import post_renderer

            renderer = post_renderer(self.post_renderer, self.post_renderer_args)
        return ChartOptions(
            skip_schema_validation=self.skip_schema_validation,
            post_renderer=renderer,
            subchart_notes=self.render_subchart_notes,
            enable_dns=self.enable_dns,
            labels=self.labels,
            warn=warn,
        )


def chart_choice(command: Command) -> Command:
    """All of these options; the command gets `choice: ChartChoice`."""

    @wraps(command)
    def collected(*args: Any, **given: Any) -> Any:
        given.pop("disable_openapi_validation")
        choice = ChartChoice(
            sources=given.pop("values"),
            reference=given.pop("reference"),
            skip_schema_validation=given.pop("skip_schema_validation"),
            render_subchart_notes=given.pop("render_subchart_notes"),
            enable_dns=given.pop("enable_dns"),
            dependency_update=given.pop("dependency_update"),
            post_renderer=given.pop("post_renderer"),
            post_renderer_args=given.pop("post_renderer_args"),
            labels=parse_labels(given.pop("labels")),
        )
        return command(*args, choice=choice, **given)

    decorated: Command = collected
    for option in (
        declare.option("--render-subchart-notes", is_flag=True, help="render subchart notes along with the parent"),
        declare.option("--enable-dns", is_flag=True, help="enable DNS lookups when rendering templates"),
        declare.option("--dependency-update", is_flag=True, help="update dependencies that are missing first"),
        declare.option("--disable-openapi-validation", is_flag=True, hidden=True),
        declare.option(
            "--post-renderer",
            default="",
            help="postrenderer plugin, or program, to pipe the rendered manifests through",
        ),
        declare.option("--post-renderer-args", multiple=True, help="argument for the post-renderer (repeatable)"),
        declare.option("-l", "--labels", multiple=True, help="labels of the release: key1=value1,key2=value2"),
        schema_option,
        chart_reference_options,
        values_options,
    ):
        decorated = option(decorated)
    return decorated


def parse_labels(words: tuple[str, ...]) -> dict[str, str]:
    """`a=1,b=2`, several times. Raises UsageError."""
    labels: dict[str, str] = {}
    for word in comma_separated(words):
        key, separator, value = word.partition("=")
        if not separator:
            raise UsageError(f'"{word}" must be formatted as key=value')
        labels[key] = value
    return labels
