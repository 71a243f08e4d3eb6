"""Which strategy each resource has."""

from __future__ import annotations

from steersman.cluster.kinds import cluster, jobs, pods, services, storage, workloads
from steersman.cluster.kinds.conversion import converts
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.resources import Resource

STRATEGIES: dict[str, Strategy] = {
    **pods.STRATEGIES,
    **workloads.STRATEGIES,
    **jobs.STRATEGIES,
    **services.STRATEGIES,
    **storage.STRATEGIES,
    **cluster.STRATEGIES,
}

PLAIN = Strategy()
OTHER_VERSIONS = {"autoscaling/v1": cluster.AUTOSCALER_V1}
CUSTOM = Strategy(generation=True, needs_revision=True)


def strategy_of(resource: Resource) -> Strategy:
    """The strategy of a built-in kind; custom resources all have one."""
    if resource.custom is not None:
        return CUSTOM
    if converts(resource):
        return OTHER_VERSIONS.get(resource.api_version, PLAIN)
    return STRATEGIES.get(resource.storage, PLAIN)
