"""The log lines of everything that a Job or a Pod runs, as they come: init containers, containers, the Pods of each retry.

Reconnects where a stream breaks off, without losing or repeating lines (each is asked for with its timestamp). Memory is bounded:
a slow reader slows the reading down, an endless line is cut, and of a flood (`log_flood`) only the first and last parts come.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress

from steersman.errors import (
    ApiError,
    ClusterUnreachable,
    Forbidden,
    Invalid,
    KubernetesError,
    NotFound,
    ServerBusy,
    SteersmanError,
)
from steersman.kube.failfast import container_statuses
from steersman.kube.interface import Kubernetes, Object
from steersman.kube.log_flood import Allowance, LeftOut, calmed
from steersman.kube.pods import pods_of
from steersman.kube.readiness import State, assess_completion
from steersman.kube.watches import Scope, Seen, Watches
from steersman.record import field, record

LONGEST_LINE = 64 * 1024
LINES_AHEAD = 1000  # that may wait for the reader
RETRY_SECONDS = 0.5


@record(frozen=True, slots=True)
class LogLine:
    """One line, without its newline. `time` is the RFC 3339 timestamp that the kubelet put before it ("" if none).

    Where `left_out` is not 0, it stands for so many lines that came faster than they could be shown, and `text` says so.
    """

    pod: str
    container: str
    text: str
    time: str = ""
    left_out: int = 0


@record(slots=True)
class _Container:
    """One container whose log is read, over all of its restarts."""

    pod: str
    name: str
    starts_read: int = 0  # how many of its starts have been taken up
    last_time: str = ""
    lines_at_last_time: int = 0  # at the end of a flood: of those that were passed on
    allowance: Allowance = field(default_factory=Allowance)
    task: asyncio.Task[None] | None = None


@record(slots=True)
class _Reading:
    """The state of one `follow_logs`."""

    obj: Object
    heard: Callable[[], None]
    queue: asyncio.Queue[LogLine | None] = field(default_factory=lambda: asyncio.Queue(LINES_AHEAD))
    containers: dict[tuple[str, str], _Container] = field(default_factory=dict)
    pods: dict[str, Object] = field(default_factory=dict)
    refused: Forbidden | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)


async def follow_logs(
    watches: Watches, obj: Object, *, heard: Callable[[], None] = lambda: None
) -> AsyncGenerator[LogLine, None]:
    """The lines of a Job or a Pod (as the API server answered it, with its uid), until it has ended and all is read.

    Ends also when the object is deleted. Close it (`aclosing`) to stop earlier. A Pod whose log cannot be read any more is
    passed over. `heard` is called whenever a piece of a log has come, even one that is left out of a flood. Raises only what the
    watch raises for good, and at the end Forbidden where a log may not be read.
    """
    reading = _Reading(obj, heard)
    failure: list[SteersmanError] = []
    kind, namespace = obj["kind"], obj["metadata"]["namespace"]

    def on_object(seen: Seen | SteersmanError) -> None:
        if isinstance(seen, SteersmanError):
            failure.append(seen)
            reading.ended.set()
        elif _is_other(seen, obj):
            if seen.object is not None and not _is_before(seen.object, obj):
                reading.ended.set()
        elif (seen.gone and seen.object is not None) or (seen.object and _has_ended(seen.object)):
            reading.ended.set()
        reading.news.set()

    def on_pod(seen: Seen | SteersmanError) -> None:
        if isinstance(seen, SteersmanError):
            failure.append(seen)
            reading.ended.set()
        elif seen.object is not None and pods_of(obj, [seen.object]):
            reading.pods[seen.name] = seen.object  # a deleted Pod stays: its log may still be on its way to us
        reading.news.set()

    unsubscribe = [
        watches.subscribe(Scope(obj["apiVersion"], kind, namespace), on_object, [obj["metadata"]["name"]]),
        watches.subscribe(Scope("v1", "Pod", namespace), on_pod),
    ]
    conductor = asyncio.create_task(_conduct(watches.kube, reading))
    try:
        while (line := await reading.queue.get()) is not None:
            yield line
        if failure:
            raise failure[0]
        if reading.refused is not None:
            raise reading.refused
    finally:
        for end in unsubscribe:
            end()
        tasks = [conductor, *(c.task for c in reading.containers.values() if c.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _conduct(kube: Kubernetes, reading: _Reading) -> None:
    """Start reading each container when it starts; end when the object has ended and every log is read to its end."""
    looked_again = False
    while True:
        reading.news.clear()
        for pod in sorted(reading.pods.values(), key=lambda pod: str(pod["metadata"].get("creationTimestamp"))):
            for name, starts in _starts(pod):
                key = (pod["metadata"]["uid"], name)
                container = reading.containers.setdefault(key, _Container(pod["metadata"]["name"], name))
                idle = container.task is None or container.task.done()
                if starts > container.starts_read and idle:
                    missed = starts - container.starts_read > 1  # it has crashed and started again before we looked
                    container.starts_read = starts
                    container.task = asyncio.create_task(_read(kube, reading, container, previous_first=missed))
        running = [c.task for c in reading.containers.values() if c.task is not None and not c.task.done()]
        if reading.ended.is_set() and not running:
            if looked_again:
                await reading.queue.put(None)
                return
            looked_again = True
            await _look_again(kube, reading)
            continue
        news = asyncio.create_task(reading.news.wait())
        try:
            await asyncio.wait([news, *running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()


async def _look_again(kube: Kubernetes, reading: _Reading) -> None:
    """Learn of Pods, and of containers' starts, that the watch of Pods has not told of when that of the object told of its end.

    Nothing orders two watches; but a Pod's state is stored before the end of its Job, so a list made after that end has it.
    """
    with suppress(KubernetesError):
        listed = await kube.list("v1", "Pod", namespace=reading.obj["metadata"]["namespace"])
        for pod in pods_of(reading.obj, listed.items):
            reading.pods[pod["metadata"]["name"]] = pod


async def _read(kube: Kubernetes, reading: _Reading, container: _Container, *, previous_first: bool) -> None:
    """Read one container's log until the container ends."""
    if previous_first:
        await _read_once(kube, reading, container, follow=False, previous=True)
    attempts = 0
    while not await _read_once(kube, reading, container, follow=True, previous=False):
        attempts += 1
        if reading.ended.is_set() and attempts > 5:
            return
        await asyncio.sleep(RETRY_SECONDS)


async def _read_once(
    kube: Kubernetes, reading: _Reading, container: _Container, *, follow: bool, previous: bool
) -> bool:
    """One request for the log, from where the last one stopped. Returns whether it was read to its end (or is out of reach)."""
    skip = container.lines_at_last_time
    since = container.last_time
    chunks = kube.pod_logs(
        reading.obj["metadata"]["namespace"],
        container.pod,
        container=container.name,
        follow=follow,
        previous=previous,
        timestamps=True,
        since_time=since,
    )
    try:
        async with aclosing(lines(calmed(_heard(chunks, reading.heard), container.allowance))) as found:
            async for raw in found:
                if isinstance(raw, LeftOut):
                    gap = LogLine(container.pod, container.name, str(raw), left_out=raw.lines)
                    await reading.queue.put(gap)
                    continue
                time, text = split_timestamp(raw)
                if since and time and (time < since or (time == since and skip > 0)):
                    skip -= time == since
                    continue
                container.lines_at_last_time = container.lines_at_last_time + 1 if time == container.last_time else 1
                container.last_time = time or container.last_time
                await reading.queue.put(LogLine(container.pod, container.name, text, time))
    except NotFound:
        return True
    except Forbidden as error:
        reading.refused = error
        return True
    except Invalid as error:
        return "waiting to start" not in str(error)  # the kubelet is a moment behind what the watch said
    except (ClusterUnreachable, ServerBusy):
        return False
    except ApiError as error:
        return error.code < 500  # a server's own trouble passes
    return True


async def _heard(chunks: AsyncGenerator[bytes, None], heard: Callable[[], None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(chunks):
        async for chunk in chunks:
            heard()
            yield chunk


async def lines(chunks: AsyncGenerator[bytes | LeftOut, None]) -> AsyncGenerator[str | LeftOut, None]:
    """The lines in a stream of chunks; one longer than LONGEST_LINE comes in pieces, a last one without newline counts."""
    rest = b""
    async with aclosing(chunks) as pieces:
        async for piece in pieces:
            if isinstance(piece, LeftOut):
                yield piece
                continue
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
            while len(rest) > LONGEST_LINE:
                yield rest[:LONGEST_LINE].decode("utf-8", "replace")
                rest = rest[LONGEST_LINE:]
    if rest:
        yield rest.decode("utf-8", "replace")


def split_timestamp(line: str) -> tuple[str, str]:
    """`2026-11-22T09:15:42.123456789Z text` → its time and text; a line without timestamp → "" and the line."""
    time, space, text = line.partition(" ")
    if space and len(time) >= 20 and time[4:5] == "-" and time[10:11] == "T":
        return time, text
    return "", line


def _starts(pod: Object) -> Iterable[tuple[str, int]]:
    """Each container that has started, and how many times."""
    for status in container_statuses(pod):
        state = status.get("state") or {}
        starts = int(status.get("restartCount") or 0) + (1 if state.get("running") or state.get("terminated") else 0)
        if starts:
            yield str(status["name"]), starts


def _has_ended(obj: Object) -> bool:
    return assess_completion(obj).state in (State.CURRENT, State.FAILED)


def _is_other(seen: Seen, obj: Object) -> bool:
    """Whether the report is about another object of the same name (or about none)."""
    return seen.object is None or seen.object["metadata"].get("uid") != obj["metadata"].get("uid")


def _is_before(seen: Object, obj: Object) -> bool:
    left, right = (str(each["metadata"].get("resourceVersion") or "") for each in (seen, obj))
    return left.isdigit() and right.isdigit() and int(left) < int(right)
