"""The history of a release's hook runs: every attempt, with its result and the end of its log.

Helm keeps one `last_run` per hook and no more. This history lives beside the records, in a Secret of its own that Helm neither
lists nor touches (`sh.steersman.runs.v1.NAME`, owner=steersman), whatever driver keeps the records; it is bounded, and removed
with the release. Log lines are kept as they were shown: with the values of the Secrets that the hook used blotted out.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from steersman.errors import Conflict, Forbidden, NotFound
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.steadily import steadily
from steersman.plain_json import dumps, loads
from steersman.record import asdict, record, replace
from steersman.release.codec import pack, unpack

if TYPE_CHECKING:
    from typing import Any

SUCCEEDED, FAILED, INTERRUPTED, SKIPPED = "Succeeded", "Failed", "Interrupted", "Skipped"
KEPT_RUNS = 200
KEPT_LINES = 20
KEPT_COLUMNS = 500
TYPE = "steersman.dev/hook-runs.v1"
_ATTEMPTS = 5


@record(frozen=True, slots=True)
class HookRun:
    """One attempt of one hook. Times are RFC 3339; `result` is Succeeded, Failed, Interrupted (nobody saw it end) or Skipped (it
    did not run, for nothing had changed since its run in revision `since`). `digest` is of what the run depended on."""

    event: str
    hook: str
    kind: str
    revision: int
    attempt: int
    started: str
    ended: str = ""
    result: str = INTERRUPTED
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    log_tail: tuple[str, ...] = ()
    digest: str = ""
    since: int = 0

    @property
    def failed(self) -> bool:
        """Whether it ran and did not succeed, as far as anybody knows."""
        return self.result not in (SUCCEEDED, SKIPPED)

    def without_log(self) -> dict[str, Any]:
        """For places that more people may read than the history itself: no log, and no digest of what may be a secret."""
        return asdict(replace(self, log_tail=(), digest=""))


def from_dict(data: dict[str, Any]) -> HookRun:
    return HookRun(**{**data, "log_tail": tuple(data.get("log_tail") or ())})


def runs_ref(release: str, namespace: str) -> ObjectRef:
    return ObjectRef("v1", "Secret", f"sh.steersman.runs.v1.{release}", namespace)


async def read_runs(kube: Kubernetes, release: str, namespace: str) -> list[HookRun]:
    """All runs that are known of, oldest first."""
    try:
        return _decode(await kube.get(runs_ref(release, namespace)))
    except (NotFound, Forbidden):
        return []


async def add_runs(kube: Kubernetes, release: str, namespace: str, runs: Iterable[HookRun]) -> None:
    """Append to the history. Without permission to do so it is not kept. Raises other KubernetesErrors."""
    new = [bounded(run) for run in runs]
    if not new:
        return
    ref = runs_ref(release, namespace)
    with suppress(Forbidden):
        for _ in range(_ATTEMPTS):
            try:
                old = await kube.get(ref)
            except NotFound:
                await kube.create(_encode(release, ref, new), field_manager="steersman")
                return
            body = _encode(release, ref, _joined(_decode(old), new)[-KEPT_RUNS:])
            body["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
            with suppress(Conflict):
                await steadily(partial(kube.replace, body, field_manager="steersman"))
                return


def _joined(known: list[HookRun], new: list[HookRun]) -> list[HookRun]:
    """A recovery that died tells a second time of what it added: each run counts once, and best with its end."""
    runs = {(run.event, run.hook, run.revision, run.attempt, run.started): run for run in known}
    for run in new:
        key = (run.event, run.hook, run.revision, run.attempt, run.started)
        if key not in runs or not runs[key].ended:
            runs[key] = run
    return list(runs.values())


async def remove_runs(kube: Kubernetes, release: str, namespace: str) -> None:
    with suppress(NotFound, Forbidden):
        await kube.delete(runs_ref(release, namespace))


def bounded(run: HookRun) -> HookRun:
    return replace(
        run,
        message=run.message[:KEPT_COLUMNS],
        log_tail=tuple(line[:KEPT_COLUMNS] for line in run.log_tail[-KEPT_LINES:]),
    )


def _encode(release: str, ref: ObjectRef, runs: list[HookRun]) -> Object:
    text = dumps([asdict(run) for run in runs])
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": ref.name,
            "namespace": ref.namespace,
            "labels": {"owner": "steersman", "name": release},
        },
        "type": TYPE,
        "data": {"runs": pack(text)},
    }


def _decode(secret: Object) -> list[HookRun]:
    try:
        return [from_dict(run) for run in loads(unpack((secret.get("data") or {})["runs"]))]
    except (KeyError, ValueError, TypeError, AttributeError, zlib.error):
        return []
