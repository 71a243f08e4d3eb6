"""A plan kept in a file, to be applied later: only if the cluster is still as it was when the plan was made."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

from steersman.errors import PlanOutdated, UsageError
from steersman.kube.interface import Kubernetes, ObjectRef
from steersman.lifecycle.common import Wanted
from steersman.lifecycle.plan import Apply, Delete, InstallCrd, Options, Plan, Prune
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.preview import CONCURRENT_DRY_RUNS, live_object
from steersman.lifecycle.situation import Situation
from steersman.manifest import yaml
from steersman.record import asdict, record
from steersman.release.codec import RecordError, decode, encode

FORMAT = "steersman.dev/plan.v1"
# What a cluster changes by itself; all else that differs means that somebody was there.
_OWN_METADATA = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")


@record(frozen=True, slots=True)
class SavedPlan:
    """`history` are the revisions as (version, status) when the plan was made, `live` digests of the objects it touches (""
    where there was none), `steps` what it will do. `release` is the revision to be made, encoded as records are."""

    action: Action
    policy: Policy
    name: str
    namespace: str
    options: Options
    history: tuple[tuple[int, str], ...]
    live: dict[str, str]
    steps: tuple[str, ...]
    release: str = ""
    crds: tuple[tuple[str, str], ...] = ()
    target: int = 0

    def wanted(self) -> Wanted:
        return Wanted(release=decode(self.release), crds=self.crds)

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> SavedPlan:
        """Raises UsageError for anything that is not a saved plan."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data.pop("format") != FORMAT:
                raise ValueError("another format")
            options = Options(**{**data["options"], "test_filters": tuple(data["options"]["test_filters"])})
            plan = cls(
                **{
                    **data,
                    "action": Action(data["action"]),
                    "policy": Policy(data["policy"]),
                    "options": options,
                    "history": tuple((int(version), str(status)) for version, status in data["history"]),
                    "steps": tuple(data["steps"]),
                    "crds": tuple((path, body) for path, body in data["crds"]),
                }
            )
            if plan.release:
                plan.wanted()
        except (ValueError, KeyError, TypeError, AttributeError, RecordError) as error:
            raise UsageError(f"not a saved plan: {error}", hint="`steer plan … --save FILE` makes one.") from None
        return plan


async def save(kube: Kubernetes, plan: Plan, situation: Situation, *, target: int = 0) -> SavedPlan:
    """Note a plan and all that it rests on. `target` is the revision that a rollback goes back to."""
    rendered = plan.action in (Action.INSTALL, Action.UPGRADE)
    crds = [step for step in plan.steps if isinstance(step, InstallCrd)]
    return SavedPlan(
        action=plan.action,
        policy=plan.policy,
        name=plan.release.name,
        namespace=plan.release.namespace,
        options=plan.options,
        history=revisions(situation),
        live=await fingerprints(kube, plan),
        steps=tuple(step.id for step in plan.steps),
        release=encode(plan.release) if rendered else "",
        crds=tuple(
            (step.path, "---\n".join(yaml.dump(resource.object) for resource in step.resources)) for step in crds
        ),
        target=target,
    )


async def require_unmoved(kube: Kubernetes, saved: SavedPlan, plan: Plan, situation: Situation) -> None:
    """Raises PlanOutdated, which names what has moved."""
    moved = []
    if revisions(situation) != saved.history:
        moved.append(f"the release's history was {_told(saved.history)} and is {_told(revisions(situation))}")
    now = await fingerprints(kube, plan)
    for name in sorted(saved.live.keys() | now.keys()):
        before, after = saved.live.get(name), now.get(name)
        if before != after:
            moved.append(f"{name} {_what_happened(before, after)}")
    if not moved and tuple(step.id for step in plan.steps) != saved.steps:
        moved.append("the steps would be others")
    if moved:
        raise PlanOutdated(
            "the cluster has moved on since the plan was made:\n" + "\n".join(f"  {line}" for line in moved),
            release=saved.name,
            moved=tuple(moved),
            hint="Make the plan again, and look at it again.",
        )


def revisions(situation: Situation) -> tuple[tuple[int, str], ...]:
    return tuple((stored.version, str(stored.status)) for stored in situation.history)


async def fingerprints(kube: Kubernetes, plan: Plan) -> dict[str, str]:
    """A digest of each object that the plan would touch, without what the cluster itself changes all the time."""
    slots = asyncio.Semaphore(CONCURRENT_DRY_RUNS)

    async def digest(ref: ObjectRef) -> str:
        async with slots:
            live = await live_object(kube, ref)
        if live is None:
            return ""
        metadata = {key: value for key, value in live.get("metadata", {}).items() if key not in _OWN_METADATA}
        settled = {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}
        return hashlib.sha256(json.dumps(settled, sort_keys=True).encode()).hexdigest()

    refs = [step.resource.ref for step in plan.steps if isinstance(step, Apply | Prune | Delete)]
    refs += [resource.ref for step in plan.steps if isinstance(step, InstallCrd) for resource in step.resources]
    return dict(zip(map(str, refs), await asyncio.gather(*(digest(ref) for ref in refs)), strict=True))


def _what_happened(before: str | None, after: str | None) -> str:
    if not before and after:
        return "is there now"
    if before and not after:
        return "is gone"
    return "was changed"


def _told(history: tuple[tuple[int, str], ...]) -> str:
    return ", ".join(f"{version} {status}" for version, status in history) or "empty"
