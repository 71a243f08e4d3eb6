"""How the plans of install and upgrade come about: the chart is rendered for what is there.

A module of its own, so that actions that need no chart do not import what renders one.
"""

from __future__ import annotations

from steersman.client.labels import changed, require_own
from steersman.client.rendering import ChartOptions, Naming, render
from steersman.client.values import ReuseValues, values_for_upgrade
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.hooks import foreseen_events
from steersman.lifecycle.install import plan_install
from steersman.lifecycle.kinds import informed
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.request import MakePlan
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.unchanged import remembering
from steersman.lifecycle.upgrade import plan_upgrade
from steersman.record import replace as replace_fields

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.model import Chart
    from steersman.client.questions import Questions

TO_BUILD = "unable to build kubernetes objects from release manifest"  # helm's words for an install


def make_install(
    client: Questions,
    name: str,
    chart: Chart,
    values: dict[str, Any],
    options: Options,
    chart_options: ChartOptions | None,
    replace: bool,
) -> MakePlan:
    """Raises UsageError for a name that no release can have."""
    from steersman.chart.naming import check_release_name

    of_chart = chart_options or ChartOptions()
    check_release_name(name, of_chart.warn)
    kube, policy, namespace = client.kube, client.policy, client.namespace

    async def make(situation: Situation) -> Plan:
        require_own(of_chart.labels)
        situation.require_installable(policy, replace=replace)
        # Helm's templates see an install as revision 1, whatever number its record gets.
        revision = 1 if policy is Policy.HELM else situation.next_revision
        wanted = await render(kube, chart, values, Naming(name, namespace, revision, True), of_chart)
        wanted.release.info.description = options.description
        if options.skip_crds:
            wanted = replace_fields(wanted, crds=())
        events = foreseen_events(Action.INSTALL, policy, options)
        situation = await informed(kube, situation, policy, wanted, events, TO_BUILD)
        return plan_install(situation, wanted, policy, options, replaces=replace)

    return make


def make_upgrade(
    client: Questions,
    name: str,
    chart: Chart,
    values: dict[str, Any],
    options: Options,
    chart_options: ChartOptions | None,
    reuse: ReuseValues,
) -> MakePlan:
    of_chart = chart_options or ChartOptions()
    kube, policy = client.kube, client.policy

    async def make(situation: Situation) -> Plan:
        require_own(of_chart.labels)
        current = situation.upgraded()
        merged, defaults = values_for_upgrade(chart, values, current, reuse)
        naming = Naming(name, client.namespace, situation.next_revision, False)
        wanted = await render(kube, chart, merged, naming, of_chart, defaults=defaults)
        wanted.release.labels = changed(current.labels, wanted.release.labels)
        if not options.upgrade_crds:
            wanted = replace_fields(wanted, crds=())
        events = foreseen_events(Action.UPGRADE, policy, options)
        situation = await informed(kube, situation, policy, wanted, events)
        situation = await remembering(kube, situation, wanted.release, policy, options)
        return plan_upgrade(situation, wanted, policy, options)

    return make
