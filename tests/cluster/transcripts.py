"""Transcripts of kubectl sessions: what was typed and what came, the same on the embedded cluster and on a real one.

A file in `sessions/` has a command after each `$ `, what it printed (normalised) and `[exit N]` where that is not 0. What only
newer versions than the real server's 1.20 print stands after `1.36| `, what only 1.20 prints after `1.20| `; the reason stands
after the command, behind `# `. `python -m tests.cluster.transcripts NAME…` plays
sessions and writes the files anew, reasons kept.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from steersman.cluster.local import local_cluster

SESSIONS = Path(__file__).parent / "sessions"
PATIENCE = 90.0  # seconds for one command

_NEW, _OLD = "1.36| ", "1.20| "

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_VARIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (_UID, "UID"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} [+-]\d{4}"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+( ?[+-]\d{4})?( UTC)?Z?"), "TIME"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d [\d:]{8} \d{4}"), "TIME"),
    (re.compile(r"\b(\d+(\.\d+)?(m|µ)?[smhdy])+\b"), "AGE"),
    (re.compile(r"<invalid>"), "AGE"),
    (re.compile(rf"-{_RANDOM}{{6,10}}-{_RANDOM}{{5}}\b"), "-HASH-RANDOM"),
    (re.compile(r"\b(pod-template-hash=|controller-revision-hash=)[\w-]+"), r"\1HASH"),
    (re.compile(r"\b(pod-template-hash|controller-revision-hash): [\w-]+"), r"\1: HASH"),
    (re.compile(rf"-{_RANDOM}{{8,10}}\b"), "-HASH"),
    (re.compile(rf"-{_RANDOM}{{5}}\b"), "-RANDOM"),
    (re.compile(r"kube-api-access-\w{5}\b"), "kube-api-access-RANDOM"),
    (re.compile(r"\w+://[0-9a-f]{64}\b"), "CONTAINER-ID"),
    (re.compile(r"Image ID: .*"), "Image ID: IMAGE-ID"),
    (re.compile(r"AGE \(x\d+ over AGE\)"), "AGE"),
    (re.compile(r"(resourceVersion|Resource Version):\s+\"?\d+\"?"), r"\1: N"),
    (re.compile(r"resource version to be 1, was \d+"), "resource version to be 1, was N"),
    (re.compile(r"\b(steersman|node1)\b"), "NODE"),
    (re.compile(r"\b(10|172|192|127)(\.\d+){3}(:\d{4,5})?\b"), "ADDRESS"),
)
_KLOG = re.compile(r"[IWE]\d{4} [\d:.]+ ")  # what kubectl's libraries log, as their luck has it
_DEEPEST = 12  # blanks before a line; more of them follow the width of a column


@dataclass(slots=True)
class Step:
    """A command and what it printed on each side; `reason` tells of the differences."""

    command: str
    new: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)


def read(path: Path) -> list[Step]:
    """The steps of a transcript."""
    steps: list[Step] = []
    for line in path.read_text().splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:]))
        elif line.startswith("# ") and steps:
            steps[-1].reason.append(line[2:])
        elif line.startswith(_NEW.rstrip()):
            steps[-1].new.append(line[len(_NEW) :])
        elif line.startswith(_OLD.rstrip()):
            steps[-1].old.append(line[len(_OLD) :])
        elif steps:
            steps[-1].new.append(line)
            steps[-1].old.append(line)
    for step in steps:  # an empty line parts the steps
        for lines in (step.new, step.old):
            while lines and not lines[-1]:
                lines.pop()
    return steps


def written(steps: list[Step], head: list[str]) -> str:
    """The transcript of the steps; what differs between the sides is marked."""
    lines = list(head)
    for step in steps:
        lines += ["", f"$ {step.command}"]
        lines += [f"# {reason}" for reason in step.reason]
        for tag, a, b, c, d in difflib.SequenceMatcher(None, step.new, step.old, autojunk=False).get_opcodes():
            if tag == "equal":
                lines += step.new[a:b]
            else:
                lines += [*(_NEW + line for line in step.new[a:b]), *(_OLD + line for line in step.old[c:d])]
    return "\n".join(line.rstrip() for line in lines).lstrip("\n") + "\n"


def normal(output: str, code: int, namespace: str) -> list[str]:
    """The lines of an output without what differs between runs; rows of events are sorted, columns as wide as they need be."""
    lines = []
    for line in output.replace(namespace, "NAMESPACE").splitlines():
        if _KLOG.match(line):
            continue
        for pattern, word in _VARIES:
            line = pattern.sub(word, line)
        indent = len(line) - len(line.lstrip())
        lines.append((" " * min(indent, _DEEPEST) + " ".join(line.split())).rstrip())
    start = next((number for number, line in enumerate(lines) if line.strip() == "Events:"), len(lines))
    lines[start + 3 :] = sorted(lines[start + 3 :])
    while lines and not lines[-1]:
        lines.pop()
    return [*lines, f"[exit {code}]"] if code else lines


class Place:
    """One cluster and a namespace of it, in which commands are run as a shell runs them."""

    def __init__(self, kubeconfig: Path, tools: Path, namespace: str, home: Path) -> None:
        self.namespace = namespace
        home.mkdir(parents=True, exist_ok=True)
        config = home / "kubeconfig"
        config.write_bytes(kubeconfig.read_bytes())
        config.chmod(0o600)
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(config),
            "HOME": str(home),
            "TMP": str(home),
            "PATH": f"{tools}:{os.environ['PATH']}",
        }

    async def begin(self) -> None:
        """Make the namespace, and the default of all commands."""
        await self.run(f"kubectl create namespace {self.namespace}")
        await self.run(f"kubectl config set-context --current --namespace={self.namespace}")

    async def end(self) -> None:
        await self.run(f"kubectl delete namespace {self.namespace} --wait=false")

    async def run(self, command: str) -> list[str]:
        """What the command prints, normalised; ended after `PATIENCE`."""
        process = await asyncio.create_subprocess_shell(
            command,
            executable="/bin/bash",
            cwd=SESSIONS,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        except TimeoutError:
            os.killpg(process.pid, 9)
            await process.wait()
            return [f"[no end within {PATIENCE} s]"]
        assert process.returncode is not None
        return normal(output.decode(), process.returncode, self.namespace)


async def play(steps: list[Step], place: Place) -> list[list[str]]:
    """What each step prints there."""
    return [await place.run(step.command) for step in steps]


def differences(found: list[str], wanted: list[str]) -> str:
    """As a diff, without its head; "" where there are none."""
    lines = list(difflib.unified_diff(wanted, found, "written", "found", lineterm="", n=1))
    return "\n".join(lines[2:])


async def _rewrite(names: list[str], tools: Path, real: str | None) -> None:
    """Play sessions on both clusters and write down what came; without a real one, its side is left as it was."""
    for name in names:
        path = SESSIONS / f"{name}.txt"
        steps, head = read(path), path.read_text().partition("\n$ ")[0].splitlines()
        with tempfile.TemporaryDirectory() as home:
            async with local_cluster() as cluster:
                places = [Place(cluster.kubeconfig, tools, "session-new", Path(home) / "ours")]
                if real:
                    places.append(Place(Path(real), tools, f"session-{os.getpid()}-{name}", Path(home) / "theirs"))
                for place in places:
                    await place.begin()
                found = await asyncio.gather(*(play(steps, place) for place in places))
                for place in places:
                    await place.end()
        for number, step in enumerate(steps):
            step.new = found[0][number]
            step.old = found[-1][number] if real or not step.reason else step.old
        path.write_text(written(steps, head))


if __name__ == "__main__":
    asyncio.run(_rewrite(sys.argv[1:], Path(".oracle").resolve(), os.environ.get("STEERSMAN_TEST_KUBECONFIG")))
