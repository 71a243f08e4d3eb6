"""Why a resource of a release was not accepted or does not get ready: the same causes, asked about it instead of a hook."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from steersman.diagnose.diagnosis import UNKNOWN, Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts
from steersman.diagnose.gather import gather
from steersman.diagnose.ranking import diagnose
from steersman.errors import KubernetesError, NotFound, SteersmanError
from steersman.kube.interface import Kubernetes
from steersman.kube.readiness import NOT_FOUND, Readiness, assess, to_be_waited_for
from steersman.lifecycle.plan import Apply, CheckOwnership, Delete, Prune, Resource, Step, WaitReady
from steersman.lifecycle.resources import resources_of
from steersman.lifecycle.runs import HookRun
from steersman.manifest import yaml
from steersman.manifest.hooks import Hook
from steersman.release.record import Release

# Of so many unready resources the cause is looked for; the others are mostly waiting for the same.
LOOKED_INTO = 5
_HOOK = re.compile(r"\b(?P<the>The|the|A|a) hook(?P<own>'s)?(?= (?!it))")
_NOT_FOR_RESOURCES = re.compile(r"\s*A hook(?:'s Pod)? does not [^.]*\.|\s*\(hooks are never undone\)")


async def diagnose_resources(
    kube: Kubernetes, release: Release, error: str = "", *, only: Iterable[Resource] | None = None
) -> Diagnosis | None:
    """The most likely cause why resources of this revision are not ready; None where all are.

    `error` is what a step failed with, `only` the resources it was about (default: all of the revision's). Survives missing
    permissions. What else is not ready stands among the alternatives.
    """
    resources = tuple(only) if only is not None else resources_of(release.manifest, release.namespace)
    refused = bool(error) and len(resources) == 1
    found = []
    for resource in resources:
        readiness = await _readiness(kube, resource)
        if refused or (readiness is not None and not readiness.ready):
            found.append((resource, readiness or NOT_FOUND))
    if not found:
        return None
    diagnoses = [
        await _diagnose(kube, release, *each, error if refused or each[0].ref.name in error else "")
        for each in found[:LOOKED_INTO]
    ]
    first = max(diagnoses, key=lambda each: (each.cause != UNKNOWN, each.depth, each.confidence.rank))
    others = [each for each in diagnoses if each is not first and each.cause != first.cause]
    return replace(first, alternatives=(*first.alternatives, *(replace(each, alternatives=()) for each in others))[:4])


async def diagnose_step(kube: Kubernetes, release: Release, step: Step, error: SteersmanError) -> Diagnosis | None:
    """Why this step of an action failed, where it is about resources: to be asked while they are still as they were."""
    if isinstance(step, WaitReady):
        return await diagnose_resources(kube, release, str(error), only=step.resources)
    if isinstance(step, CheckOwnership):
        named = [each for each in step.resources if f'{each.ref.kind} "{each.ref.name}"' in str(error)]
        named = named or [each for each in step.resources if f'"{each.ref.kind}"' in str(error)]
        return await diagnose_resources(kube, release, str(error), only=named[:1]) if named else None
    if isinstance(step, Apply | Prune | Delete):
        return await diagnose_resources(kube, release, str(error), only=(step.resource,))
    return None


async def _readiness(kube: Kubernetes, resource: Resource) -> Readiness | None:
    """None where it cannot be seen."""
    try:
        live = await kube.get(resource.ref)
    except NotFound:
        return NOT_FOUND if to_be_waited_for(resource.object) else None
    except KubernetesError:
        return None
    return assess(live)


async def _diagnose(
    kube: Kubernetes, release: Release, resource: Resource, readiness: Readiness, error: str
) -> Diagnosis:
    subject = Hook(resource.ref.name, resource.ref.kind, resource.source, yaml.dump(resource.object), events=[])
    run = (
        HookRun("", subject.name, subject.kind, release.version, 1, "", result="Failed", message=error)
        if error
        else None
    )
    facts = replace(await gather(kube, release, subject, run), readiness=f"{readiness.state}: {readiness.message}")
    found = diagnose(facts)
    if found.cause == UNKNOWN:
        found = _unready(facts, found)
    return _of_resource(found, facts)


def _unready(facts: Facts, unknown: Diagnosis) -> Diagnosis:
    what = f"{facts.hook.kind} {facts.hook.name}"
    events = tuple(Evidence(f"event {each.reason} on {each.about}", each.message) for each in facts.events[-3:])
    said = (Evidence(what, facts.readiness), *((Evidence("error", facts.run.message),) if facts.run.message else ()))
    return replace(
        unknown,
        confidence=Confidence.LOW,
        problem=f"Why {what} is not ready is not known.",
        evidence=(*said, *events, *unknown.evidence),
    )


def _of_resource(found: Diagnosis, facts: Facts) -> Diagnosis:
    """The causes speak of hooks; here they speak of the resource."""
    name = f"{facts.hook.kind} {facts.hook.name}"

    def tell(text: str) -> str:
        return _HOOK.sub(lambda match: name + (match["own"] or ""), _NOT_FOR_RESOURCES.sub("", text))

    return replace(
        found,
        problem=tell(found.problem),
        explanation=tell(found.explanation),
        fix=tell(found.fix),
        verify=tuple(command for command in found.verify if " hooks " not in command and " logs " not in command),
        event="",
        alternatives=tuple(replace(each, problem=tell(each.problem)) for each in found.alternatives),
    )
