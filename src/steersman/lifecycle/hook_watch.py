"""A hook's object from its creation to its end: its result, its log lines as they come, and why it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from steersman.errors import Forbidden, KubernetesError, NotReady, ObjectDeleted, WaitTimedOut
from steersman.kube.failfast import container_statuses
from steersman.kube.interface import Kubernetes, Object
from steersman.kube.logs import LogLine, follow_logs
from steersman.kube.pods import pods_of
from steersman.kube.wait import wait_completed
from steersman.kube.watches import Watches
from steersman.lifecycle.redact import Redactor
from steersman.record import record, replace

TAIL_LINES = 50
# How long nothing at all may come of a log that has not been read to its end, after the hook has ended.
DRAIN_SECONDS = 5.0

OnLine = Callable[[LogLine], None]


@record(frozen=True, slots=True)
class HookEnd:
    """How one attempt ended. `state` and `message` are kstatus'; `reason` is Kubernetes' word for a failure, or `Timeout`,
    `Deleted`, `Cancelled`; `evidence` the lines that show it."""

    succeeded: bool
    state: str = ""
    message: str = ""
    reason: str = ""
    timed_out: bool = False
    exit_code: int | None = None
    evidence: tuple[str, ...] = ()
    log_tail: tuple[str, ...] = ()


STORED = HookEnd(True, "Current", "stored")
CANCELLED = HookEnd(False, "Unknown", "", "Cancelled")


async def await_end(watches: Watches, created: Object, *, timeout: float, fail_fast: bool) -> HookEnd:
    """Wait for the hook's result; `log_tail` and `exit_code` are the caller's to add."""
    try:
        await wait_completed(watches, created, timeout=timeout, fail_fast=fail_fast)
    except NotReady as error:
        found = error.resources[0]
        timed_out = isinstance(error, WaitTimedOut)
        return HookEnd(
            False,
            found.state,
            found.message,
            "Timeout" if timed_out else found.reason or found.state,
            timed_out=timed_out,
            evidence=found.evidence,
        )
    except ObjectDeleted as error:
        return HookEnd(False, "NotFound", str(error), "Deleted")
    return HookEnd(True, "Current", "")


class LogReader:
    """Reads the logs of a hook's Pods while it runs; `tail` are the last lines. Lines are redacted before anybody sees them.

    `refused` is set where Pods or their logs may not be read: the hook still runs.
    """

    def __init__(self, watches: Watches, created: Object, redact: Redactor, on_line: OnLine) -> None:
        self.tail: list[str] = []
        self.refused: Forbidden | None = None
        self._pieces = 0
        self._redact = redact
        self._on_line = on_line
        self._task = asyncio.create_task(self._read(watches, created))

    async def finish(self, *, drain: bool) -> None:
        """Stop; with `drain`, once all has been read, however long that takes, or nothing more comes."""
        before = -1
        while drain and not self._task.done() and before != self._pieces:
            before = self._pieces
            await asyncio.wait((self._task,), timeout=DRAIN_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _heard(self) -> None:
        self._pieces += 1

    async def _read(self, watches: Watches, created: Object) -> None:
        try:
            async with aclosing(follow_logs(watches, created, heard=self._heard)) as lines:
                async for line in lines:
                    text = self._redact(line.text.rstrip("\r"))
                    self.tail = [*self.tail[-TAIL_LINES + 1 :], text]
                    self._on_line(replace(line, text=text))
        except Forbidden as error:
            self.refused = error
        except KubernetesError:
            return  # logs are a comfort


async def exit_code_of(kube: Kubernetes, created: Object) -> int | None:
    """The exit code of the container that failed last, where Pods and permission are still there."""
    metadata = created["metadata"]
    try:
        if created["kind"] == "Pod":
            from steersman.kube.interface import ref_of

            pods = [await kube.get(ref_of(created))]
        else:
            selector = f"job-name={metadata['name']}"
            listed = await kube.list("v1", "Pod", namespace=metadata["namespace"], label_selector=selector)
            pods = pods_of(created, listed.items)
    except KubernetesError:
        return None
    codes = [
        int(terminated["exitCode"])
        for pod in pods
        for status in container_statuses(pod)
        if (terminated := (status.get("state") or {}).get("terminated")) and terminated.get("exitCode")
    ]
    return codes[-1] if codes else None
