"""The asynchronous client: actions as operations with a stream of events, questions as typed answers."""

from __future__ import annotations

import os

from steersman.client.questions import Questions
from steersman.client.values import ReuseValues
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.kinds import informed
from steersman.lifecycle.operation import Operation, operation, recovery
from steersman.lifecycle.perform import before
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.request import MakePlan, Request
from steersman.lifecycle.rollback import plan_rollback
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.test import plan_test
from steersman.lifecycle.uninstall import plan_uninstall
from steersman.release.record import Status

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from steersman.chart.model import Chart
    from steersman.client.rendering import ChartOptions
    from steersman.lifecycle.preview import Preview
    from steersman.lifecycle.saved import SavedPlan

ChartLike: TypeAlias = "Chart | str | os.PathLike[str]"


class AsyncClient(Questions):
    """Releases of one namespace on one cluster, under one failure policy.

    `kube` is any implementation of `Kubernetes`; without one, a connection is made from `kubeconfig` (default: where kubectl
    looks). `driver` is HELM_DRIVER's word ("" asks the environment). Use it within one event loop; close it with `aclose` or
    `async with`. Raises ClusterUnreachable where nothing names a cluster, UsageError for an unknown driver.
    """

    # --- actions ----------------------------------------------------------------------------------------------

    async def install(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        replace: bool = False,
    ) -> Operation:
        """Begin to install. The chart is loaded at once (ChartError); all else is told by the operation."""
        from steersman.client.from_chart import make_install

        options = options or Options()
        make = make_install(self, name, _loaded(chart), values or {}, options, chart_options, replace)
        return self._begin(Action.INSTALL, name, options, make)

    async def upgrade(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        reuse: ReuseValues = ReuseValues.AUTO,
        install: bool = False,
    ) -> Operation:
        """Begin to upgrade; with `install`, to install a release that does not exist or never came up."""
        from steersman.client.from_chart import make_install, make_upgrade

        options = options or Options()
        loaded = _loaded(chart)
        if install and await self._would_install(name):
            make = make_install(self, name, loaded, values or {}, options, chart_options, True)
            return self._begin(Action.INSTALL, name, options, make)
        make = make_upgrade(self, name, loaded, values or {}, options, chart_options, reuse)
        return self._begin(Action.UPGRADE, name, options, make)

    async def rollback(self, name: str, revision: int = 0, *, options: Options | None = None) -> Operation:
        """Begin to go back to `revision`; 0 is the one before."""
        options = options or Options()

        async def make(situation: Situation) -> Plan:
            return plan_rollback(await self._informed(situation), revision, self.policy, options)

        return self._begin(Action.ROLLBACK, name, options, make)

    async def uninstall(self, name: str, *, options: Options | None = None) -> Operation:
        options = options or Options()

        async def make(situation: Situation) -> Plan:
            return plan_uninstall(await self._informed(situation), self.policy, options)

        return self._begin(Action.UNINSTALL, name, options, make)

    async def test(self, name: str, *, options: Options | None = None) -> Operation:
        """Begin to run the release's test hooks."""
        options = options or Options()

        async def make(situation: Situation) -> Plan:
            return plan_test(await self._informed(situation), self.policy, options)

        return self._begin(Action.TEST, name, options, make)

    async def recover(self, name: str, *, options: Options | None = None) -> Operation:
        """Put a release in order that a dead process left in the middle of an action, and do nothing else.

        Of `options` the times count: `timeout` in place of the action's own, unless it is the default, and `wait_lock`.
        """
        return recovery(self._request(Action.UPGRADE, name, options or Options(), _no_plan), self.kube, self.storage)

    # --- plans ------------------------------------------------------------------------------------------------

    async def plan_install(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        replace: bool = False,
    ) -> Plan:
        """What `install` would do. Nothing is written."""
        from steersman.client.from_chart import make_install

        make = make_install(self, name, _loaded(chart), values or {}, options or Options(), chart_options, replace)
        return await make(await self.situation(name))

    async def plan_upgrade(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        reuse: ReuseValues = ReuseValues.AUTO,
        install: bool = False,
    ) -> Plan:
        """What `upgrade` would do. Nothing is written."""
        if install and await self._would_install(name):
            return await self.plan_install(
                name, chart, values, options=options, chart_options=chart_options, replace=True
            )
        from steersman.client.from_chart import make_upgrade

        make = make_upgrade(self, name, _loaded(chart), values or {}, options or Options(), chart_options, reuse)
        return await make(await self.situation(name))

    async def plan_rollback(self, name: str, revision: int = 0, *, options: Options | None = None) -> Plan:
        situation = await self._informed(await self.situation(name))
        return plan_rollback(situation, revision, self.policy, options or Options())

    async def plan_uninstall(self, name: str, *, options: Options | None = None) -> Plan:
        return plan_uninstall(await self._informed(await self.situation(name)), self.policy, options or Options())

    async def plan_test(self, name: str, *, options: Options | None = None) -> Plan:
        return plan_test(await self._informed(await self.situation(name)), self.policy, options or Options())

    async def preview(self, plan: Plan) -> Preview:
        """What a plan would change, resource by resource. Nothing is written."""
        situation = await self.situation(plan.release.name)
        from steersman.lifecycle.preview import preview

        return await preview(self.kube, plan, before(plan, situation))

    async def save(self, plan: Plan, *, target: int = 0) -> SavedPlan:
        """A plan as data that `apply` takes later. `target` is the revision that was given to `plan_rollback`."""
        from steersman.lifecycle.saved import save

        return await save(self.kube, plan, await self.situation(plan.release.name), target=target)

    async def apply(self, saved: SavedPlan) -> Operation:
        """Begin what a saved plan says. The operation raises PlanOutdated when the cluster has moved on since."""
        from steersman.client.from_file import make_saved

        return self._begin(saved.action, saved.name, saved.options, make_saved(self, saved))

    # --- inside -----------------------------------------------------------------------------------------------

    def _begin(self, action: Action, name: str, options: Options, make: MakePlan) -> Operation:
        return operation(self._request(action, name, options, make), self.kube, self.storage)

    def _request(self, action: Action, name: str, options: Options, make: MakePlan) -> Request:
        return Request(
            action=action, release=name, namespace=self.namespace, policy=self.policy, options=options, make_plan=make
        )

    async def _informed(self, situation: Situation) -> Situation:
        return await informed(self.kube, situation, self.policy)

    async def _would_install(self, name: str) -> bool:
        situation = await self.situation(name)
        return situation.starts_over(self.policy) or (
            self.policy is Policy.HELM
            and situation.newest is not None
            and situation.newest.status is Status.UNINSTALLED
        )


def _loaded(chart: ChartLike) -> Chart:
    if isinstance(chart, str | os.PathLike):
        from steersman.chart.load import load

        return load(chart)
    return chart


async def _no_plan(_: Situation) -> Plan:
    raise AssertionError("a recovery plans nothing of its own")
