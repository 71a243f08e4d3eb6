"""Processes that act on a release and die on the way. Run as a script, this serves them: one JSON task a line in, one answer out.

Each task runs in a fork of its own, so that a victim costs no start of an interpreter. It dies by SIGKILL, which nothing in it
can answer: when it reads a chosen event of the stream, or right before or after a chosen write to the API server.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

CHART = Path(__file__).parent / "chart"
LIMIT = 120  # seconds, after which a victim hangs and is killed by SIGALRM
WRITES = ("create", "replace", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Point:
    """Where to die: at the `number`th (from 0) event of a step, or before or after the `number`th write. `step` is for people."""

    kind: str
    number: int
    step: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.number} ({self.step})"


@dataclass(frozen=True, slots=True)
class Task:
    """One action on a release. `chosen` are the fields of Options that are not the default."""

    kubeconfig: str
    namespace: str
    policy: str
    action: str
    values: dict[str, Any] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)
    point: Point | None = None
    name: str = "app"
    driver: str = "secret"


class Mortal:
    """A connection to the API server that ends the process at a write."""

    def __init__(self, kube: Any, point: Point | None) -> None:
        self._kube = kube
        self._point = point
        self.writes: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._kube, name)
        if name not in WRITES:
            return method

        async def write(*args: Any, **kwargs: Any) -> Any:
            number = len(self.writes)
            self.writes.append(f"{name} {_what(args[0])}")
            if self._point == Point("before-write", number, self._point.step if self._point else ""):
                die()
            answer = await method(*args, **kwargs)
            if self._point == Point("after-write", number, self._point.step if self._point else ""):
                die()
            return answer

        return write


def _what(target: Any) -> str:
    if isinstance(target, dict):
        return f"{target.get('kind')}/{target['metadata'].get('name')}"
    return str(target)


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


async def act(client: Any, task: Task) -> Any:
    """Begin the action of a task."""
    from steersman.lifecycle.plan import Options

    options = Options(**{"timeout": 60.0, **task.chosen})
    match task.action:
        case "install" | "upgrade":
            return await getattr(client, task.action)(task.name, CHART, task.values, options=options)
        case "recover":
            return await client.recover(task.name)
        case _:
            return await getattr(client, task.action)(task.name, options=options)


async def live(task: Task) -> list[dict[str, Any]]:
    """Run the task until its point; the answer is every point that there was."""
    from steersman.client import AsyncClient
    from steersman.kube.client import connect
    from steersman.lifecycle.events import StepFinished, StepStarted
    from steersman.lifecycle.policy import Policy

    kube = Mortal(connect(task.kubeconfig), task.point)
    points: list[Point] = []
    async with AsyncClient(kube, namespace=task.namespace, policy=Policy(task.policy), driver=task.driver) as client:
        async for event in await act(client, task):
            if not isinstance(event, StepStarted | StepFinished):
                continue
            point = Point(type(event).__name__, len(points), event.step)
            if task.point == point:
                die()
            points.append(point)
    await kube.aclose()
    for number, what in enumerate(kube.writes):
        points += [Point("before-write", number, what), Point("after-write", number, what)]
    return [asdict(point) for point in points]


def _run(task: Task, writing: int) -> int:
    """The exit code: 0 when the action was carried out, whether it succeeded or not, 3 for an error that the product tells."""
    from steersman.errors import SteersmanError

    signal.alarm(LIMIT)
    try:
        points = asyncio.run(live(task))
    except SteersmanError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 3
    except BaseException:
        traceback.print_exc()
        return 1
    modules = [name for name in sys.modules if name.startswith("steersman.")]
    with open(writing, "w", encoding="utf-8") as told:
        json.dump({"points": points, "modules": modules}, told)
    return 0


def serve() -> None:
    """Fork a victim for each line."""
    for line in sys.stdin:
        data = json.loads(line)
        task = Task(**{**data, "point": Point(**data["point"]) if data["point"] else None})
        reading, writing = os.pipe()
        victim = os.fork()
        if not victim:
            os.close(reading)
            os._exit(_run(task, writing))
        os.close(writing)
        with open(reading, encoding="utf-8") as told:
            text = told.read()
        _, status = os.waitpid(victim, 0)
        answer = json.loads(text or '{"points": [], "modules": []}')
        answer["exit"] = os.waitstatus_to_exitcode(status)
        for module in answer.pop("modules"):  # what this one imported late, the next one finds at hand
            importlib.import_module(module)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
