"""From a release to the diagnosis of the hook that failed in it, or of the resources that are not ready."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.gather import gather, hook_ref
from steersman.diagnose.ranking import diagnose
from steersman.diagnose.resources import diagnose_resources
from steersman.errors import SteersmanError
from steersman.kube.interface import Kubernetes
from steersman.lifecycle.runs import HookRun, read_runs
from steersman.manifest.hooks import Hook, HookPhase
from steersman.release.record import Release, Status


async def diagnose_failure(
    kubernetes: Kubernetes, release: Release, hook: str = "", *, event: str = "", resources: bool = True
) -> Diagnosis | None:
    """Why this revision failed: the named hook, else the last one that did, else (with `resources`) what of it is not ready. None
    where nothing is wrong. Resources are looked at as they are now, so that only the newest revision's make sense.

    Survives missing permissions and deleted objects: the diagnosis says what was not seen.
    """
    runs = await read_runs(kubernetes, release.name, release.namespace)
    found = failed_hook(release, runs, hook, event) or await _stuck_hook(kubernetes, release, hook)
    if found is None:
        return None if hook or event or not resources else await _resources(kubernetes, release)
    return diagnose(await gather(kubernetes, release, *found))


async def _resources(kubernetes: Kubernetes, release: Release) -> Diagnosis | None:
    """Of the revision that stands, and of a failed one that was left as it was (Helm does so)."""
    if release.status in (Status.SUPERSEDED, Status.UNINSTALLED, Status.UNINSTALLING):
        return None
    return await diagnose_resources(
        kubernetes, release, release.info.description if release.status is Status.FAILED else ""
    )


async def _stuck_hook(kubernetes: Kubernetes, release: Release, name: str) -> tuple[Hook, None] | None:
    """Of a failed revision in which no hook failed: one that never ran, for its old object does not go away."""
    if release.status is not Status.FAILED:
        return None
    for hook in release.hooks:
        if name and hook.name != name:
            continue
        with suppress(SteersmanError):
            metadata = (await kubernetes.get(hook_ref(hook, release)))["metadata"]
            if metadata.get("deletionTimestamp") and metadata.get("finalizers"):
                return hook, None
    return None


def failed_hook(
    release: Release, runs: Sequence[HookRun], name: str = "", event: str = ""
) -> tuple[Hook, HookRun | None] | None:
    """The failed hook and its run; the history is asked first, then the record's own marks (as Helm leaves them)."""
    hooks = {(hook.kind, hook.name): hook for hook in release.hooks}
    last: dict[tuple[str, str, str], HookRun] = {}
    for run in runs:
        if run.revision == release.version and (not name or run.hook == name) and (not event or run.event == event):
            last.pop((run.event, run.kind, run.hook), None)
            last[run.event, run.kind, run.hook] = run
    for run in reversed(last.values()):
        if run.failed and (hook := hooks.get((run.kind, run.hook))) is not None:
            return hook, run
    for hook in reversed(release.hooks):
        if hook.last_run.phase is HookPhase.FAILED and (not name or hook.name == name) and not last:
            return hook, None
    return None
