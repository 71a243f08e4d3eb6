"""Releases that are only rendered, for `--dry-run`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from steersman.cli.helm_words import helm_words
from steersman.cli.settings import Settings
from steersman.release.record import Info, Release, Status, go_time

if TYPE_CHECKING:
    from steersman.chart.model import Chart
    from steersman.cli.chart_options import ChartChoice
    from steersman.client.async_client import AsyncClient
    from steersman.client.values import ReuseValues
    from steersman.lifecycle.plan import Options, Plan
    from steersman.lifecycle.policy import Policy


def render_release(
    settings: Settings,
    name: str,
    chart: Chart,
    values: dict[str, Any],
    choice: ChartChoice,
    *,
    server: bool,
    options: Options,
    replace: bool,
) -> Release:
    """What install would record: with `server` as that cluster would have it, else without asking anybody."""
    if not server:
        return underway(rendered_locally(settings, name, chart, values, choice), Status.PENDING_INSTALL)
    from steersman.cli.session import ask

    async def plan(client: AsyncClient) -> Release:
        made = await client.plan_install(
            name, chart, values, options=options, chart_options=choice.options(), replace=replace
        )
        await check_ownership(client, made)
        return made.release

    return underway(ask(settings, plan), Status.PENDING_INSTALL)


def render_upgrade(
    settings: Settings,
    name: str,
    chart: Chart,
    values: dict[str, Any],
    choice: ChartChoice,
    reuse: ReuseValues,
    *,
    server: bool,
    install: bool,
    options: Options,
    policy: Policy,
) -> Release:
    """What upgrade would record. It always asks the cluster: the revision before is there."""
    from steersman.cli.session import ask
    from steersman.lifecycle.policy import Action, error_prefix

    async def plan(client: AsyncClient) -> Release:
        prefix = error_prefix(policy, Action.UPGRADE)
        with helm_words(policy, prefix):
            made = await client.plan_upgrade(
                name, chart, values, options=options, chart_options=choice.options(), reuse=reuse, install=install
            )
        if server:
            with helm_words(policy, prefix if made.action is Action.UPGRADE else ""):
                await check_ownership(client, made)
        return made.release

    release = ask(settings, plan)
    return underway(release, Status.PENDING_INSTALL if release.version == 1 else Status.PENDING_UPGRADE)


async def check_ownership(client: AsyncClient, plan: Plan) -> None:
    """As the plan's own step does it when it is carried out. Raises OwnershipError."""
    from steersman.errors import NoMatchingKind
    from steersman.kube.ownership import existing
    from steersman.lifecycle.plan import CheckOwnership
    from steersman.lifecycle.policy import Action

    action = "install" if plan.action is Action.INSTALL else "update"
    release, options = plan.release, plan.options
    for step in plan.steps:
        for resource in step.resources if isinstance(step, CheckOwnership) else ():
            with suppress(NoMatchingKind):  # its CRD comes with this release
                await existing(
                    client.kube,
                    resource.ref,
                    release=release.name,
                    namespace=release.namespace,
                    action=action,
                    take_ownership=options.take_ownership,
                )


def rendered_locally(
    settings: Settings, name: str, chart: Chart, values: dict[str, Any], choice: ChartChoice
) -> Release:
    from steersman.chart.capabilities import Capabilities
    from steersman.chart.naming import check_release_name
    from steersman.chart.render import ReleaseOptions, prepare, render
    from steersman.release.chart_record import chart_record

    options = choice.options()
    check_release_name(name, options.warn)
    namespace = settings.namespace or "default"
    prepared = prepare(chart, values, skip_schema_validation=options.skip_schema_validation, warn=options.warn)
    rendered = render(
        prepared,
        ReleaseOptions(name, namespace),
        capabilities=Capabilities.for_rendering("", []),
        post_renderer=options.post_renderer,
        subchart_notes=options.subchart_notes,
        enable_dns=options.enable_dns,
    )
    return Release(
        name=name,
        namespace=namespace,
        version=1,
        info=Info(notes=rendered.notes),
        chart=chart_record(prepared.chart),
        config=values,
        manifest=rendered.manifest(),
        hooks=rendered.hooks,
        labels=options.labels,
    )


def underway(release: Release, status: Status) -> Release:
    """The release as it would stand at the action's beginning."""
    now = go_time()
    info = release.info
    info.status, info.description = status, "Dry run complete"
    info.first_deployed = info.first_deployed or now
    info.last_deployed = now
    return release
