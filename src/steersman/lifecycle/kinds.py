"""Which kinds a release's objects are of, and whether the cluster serves them: asked before anything is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from steersman.errors import NoMatchingKind
from steersman.kube.interface import Kubernetes
from steersman.lifecycle.common import Wanted
from steersman.lifecycle.plan import Resource
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.resources import defined_kinds, group_kind, resources_of
from steersman.lifecycle.scopes import GroupKind
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import Release


async def informed(
    kube: Kubernetes,
    situation: Situation,
    policy: Policy,
    wanted: Wanted | None = None,
    events: frozenset[HookEvent] = frozenset(),
    intention: str = "",
) -> Situation:
    """The situation, knowing which of the kinds in `wanted` and in what may be live have no namespace.

    Raises NoMatchingKind for a kind that the cluster does not serve, unless its CRD comes with the release: a wanted resource's,
    or that of a hook of one of `events`. `intention` is how its message begins.
    """
    new: tuple[Resource, ...] = ()
    crds: tuple[Resource, ...] = ()
    needed: tuple[Resource, ...] = ()
    if wanted is not None:
        manifest, hooks = wanted.release.manifest, wanted.release.hooks
        texts = [manifest, *(hook.manifest for hook in hooks)]
        new = tuple(resource for text in texts for resource in resources_of(text, situation.namespace))
        texts = [manifest, *(hook.manifest for hook in hooks if not events.isdisjoint(hook.events))]
        needed = tuple(resource for text in texts for resource in resources_of(text, situation.namespace))
        crds = tuple(r for _, text in wanted.crds for r in resources_of(text, situation.namespace))
    old = tuple(r for release in _recorded(situation) for r in resources_of(release.manifest, situation.namespace))
    brought = _brought(crds if policy is Policy.HELM else crds + new)
    kinds = {(r.ref.api_version, r.ref.kind) for r in new + old}
    answers = await asyncio.gather(*(_scope(kube, *kind) for kind in sorted(kinds)))
    cluster_scoped: set[GroupKind] = set(defined_kinds(crds + new))
    missing = set()
    for (api_version, kind), namespaced in zip(sorted(kinds), answers, strict=True):
        key = group_kind(api_version, kind)
        if namespaced is None and key not in brought:
            missing.add((api_version, kind))
        if namespaced is False:
            cluster_scoped.add(key)
    lacking = [resource for resource in needed if (resource.ref.api_version, resource.ref.kind) in missing]
    if lacking:
        raise unserved(intention, lacking)
    return replace(situation, cluster_scoped=situation.cluster_scoped | cluster_scoped)


def _recorded(situation: Situation) -> list[Release]:
    """The revisions whose resources may be live: the newest, and those that may have left some."""
    newest = [situation.newest.release()] if situation.newest is not None else []
    return newest + [release for release in situation.possibly_live if release.version != newest[0].version]


async def _scope(kube: Kubernetes, api_version: str, kind: str) -> bool | None:
    """Whether the kind has a namespace; None when it is not served."""
    try:
        return (await kube.resource(api_version, kind)).namespaced
    except NoMatchingKind:
        return None


def _brought(resources: Iterable[Resource]) -> set[GroupKind]:
    """The kinds that CRDs among the resources define."""
    found = set()
    for resource in resources:
        if resource.ref.kind == "CustomResourceDefinition":
            spec = resource.object.get("spec") or {}
            found.add((str(spec.get("group", "")), str((spec.get("names") or {}).get("kind", ""))))
    return found


def unserved(intention: str, resources: Sequence[Resource]) -> NoMatchingKind:
    """The error of resources whose kinds the cluster does not serve, in Helm's words."""
    first = resources[0].ref
    lines = ", ".join(
        f'resource mapping not found for name: "{r.ref.name}" namespace: "{r.object.get("metadata", {}).get("namespace", "")}" '
        f'from "": no matches for kind "{r.ref.kind}" in version "{r.ref.api_version}"\nensure CRDs are installed first'
        for r in resources
    )
    text = f"[{lines}]" if len(resources) > 1 else lines
    return NoMatchingKind(
        f"{intention}: {text}" if intention else text,
        api_version=first.api_version,
        kind=first.kind,
        hint="the cluster does not serve this kind: install its CRD first, or put it into the chart's crds/",
    )
