"""How a plan that was kept in a file comes about again: it is made anew, and must be the same."""

from __future__ import annotations

from steersman.client.questions import Questions
from steersman.lifecycle.hooks import foreseen_events
from steersman.lifecycle.install import plan_install
from steersman.lifecycle.kinds import informed
from steersman.lifecycle.plan import Plan
from steersman.lifecycle.policy import Action
from steersman.lifecycle.request import MakePlan
from steersman.lifecycle.rollback import plan_rollback
from steersman.lifecycle.saved import SavedPlan, require_unmoved
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.test import plan_test
from steersman.lifecycle.unchanged import remembering
from steersman.lifecycle.uninstall import plan_uninstall
from steersman.lifecycle.upgrade import plan_upgrade


def make_saved(client: Questions, saved: SavedPlan) -> MakePlan:
    """What it makes raises PlanOutdated where the cluster has moved on."""
    kube, policy, options = client.kube, saved.policy, saved.options

    async def make(situation: Situation) -> Plan:
        wanted = saved.wanted() if saved.release else None
        events = foreseen_events(saved.action, policy, options) if wanted else frozenset()
        known = await informed(kube, situation, policy, wanted, events)
        if saved.action is Action.ROLLBACK:
            plan = plan_rollback(known, saved.target, policy, options)
        elif saved.action is Action.UNINSTALL:
            plan = plan_uninstall(known, policy, options)
        elif wanted is None:
            plan = plan_test(known, policy, options)
        elif saved.action is Action.INSTALL:
            plan = plan_install(known, wanted, policy, options)
        else:
            known = await remembering(kube, known, wanted.release, policy, options)
            plan = plan_upgrade(known, wanted, policy, options)
        await require_unmoved(kube, saved, plan, situation)
        return plan

    return make
