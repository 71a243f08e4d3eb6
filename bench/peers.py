"""Other Python renderers on the same charts: helm-python-sdk (Helm's own Go code in a library) and gotpl (pure Python).

They are installed into a folder of their own (.bench in the project), each is measured in a process of its own, and either may
be missing: then the notes say so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / ".bench"
# How many spells each measurement is made of; the best one counts.
SPELLS = 5
SDK, GOTPL = "helm-python-sdk==0.2.2", "gotpl[crypto,helm]==0.1.0"

_SDK_SCRIPT = """
import json, sys, time
import helm_python
for line in sys.stdin:
    job = json.loads(line)
    try:
        with helm_python.Chart.load(job["chart"]) as chart:
            chart.render({}, name="bench", namespace="default")
            best = 0
            for _ in range(job["spells"]):
                count, begin = 0, time.perf_counter()
                while (passed := time.perf_counter() - begin) < job["seconds"] / job["spells"]:
                    chart.render({}, name="bench", namespace="default")
                    count += 1
                best = max(best, count / passed)
        print(json.dumps([job["name"], best]), flush=True)
    except Exception as error:
        print(json.dumps([job["name"], 0, str(error)[:200]]), flush=True)
"""

_GOTPL_SCRIPT = """
import json, sys, time
from gotpl.exts.helm import HelmTemplateEngine
for line in sys.stdin:
    job = json.loads(line)
    try:
        engine = HelmTemplateEngine(job["sources"])
        def render():
            for name, data, base in job["data"]:
                job["scopes"][data]["Template"] = {"Name": name, "BasePath": base}
                engine.render_template(name, job["scopes"][data])
        render()
        best = 0
        for _ in range(job["spells"]):
            count, begin = 0, time.perf_counter()
            while (passed := time.perf_counter() - begin) < job["seconds"] / job["spells"]:
                render()
                count += 1
            best = max(best, count / passed)
        print(json.dumps([job["name"], best]), flush=True)
    except Exception as error:
        print(json.dumps([job["name"], 0, str(error)[:200]]), flush=True)
"""


@dataclass(slots=True)
class Speeds:
    """Renders per second by chart; charts that a peer cannot render are missing."""

    sdk: dict[str, float] = field(default_factory=dict)
    gotpl: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def measure(charts: list[Path], seconds: float) -> Speeds:
    """Let both peers render all charts for `seconds` each."""
    speeds = Speeds()
    jobs = [{"name": chart.stem, "chart": str(chart), "seconds": seconds, "spells": SPELLS} for chart in charts]
    speeds.sdk = _run("helm-python-sdk", SDK, _SDK_SCRIPT, jobs, speeds.notes)
    gotpl_jobs = [{**job, **_for_gotpl(chart)} for job, chart in zip(jobs, charts, strict=True)]
    speeds.gotpl = _run("gotpl", GOTPL, _GOTPL_SCRIPT, gotpl_jobs, speeds.notes)
    return speeds


def _run(name: str, requirement: str, script: str, jobs: list[dict[str, Any]], notes: list[str]) -> dict[str, float]:
    python = _environment(name, requirement)
    if python is None:
        notes.append(f"{name} could not be installed here, so it was not measured.")
        return {}
    work = "".join(json.dumps(job, default=str) + "\n" for job in jobs)
    done = subprocess.run([python, "-c", script], input=work, capture_output=True, text=True, check=False)
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    failed = [f"{chart}: {error[0]}" for chart, speed, *error in results if not speed]
    if failed:
        notes.append(f"{name} failed on {len(failed)} charts; the first: {failed[0]}")
    return {chart: speed for chart, speed, *_ in results if speed}


def _environment(name: str, requirement: str) -> str | None:
    folder = FOLDER / name
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.exists():
        try:
            venv.create(folder, symlinks=True, with_pip=False, clear=True)
            command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", requirement]
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        ready.touch()
    return str(python)


def _for_gotpl(path: Path) -> dict[str, Any]:
    """The chart as gotpl takes it: sources, and what each template sees as plain data."""
    from steersman.chart.capabilities import Capabilities
    from steersman.chart.load import load
    from steersman.chart.render import ReleaseOptions, prepare, template_scopes

    prepared = prepare(load(path), {})
    templates = template_scopes(prepared, ReleaseOptions("bench"), Capabilities())
    scopes: list[dict[str, Any]] = []
    data: list[tuple[str, int, str]] = []
    places: dict[int, int] = {}
    for name, template in templates.items():
        if name.rpartition("/")[2].startswith("_"):
            continue
        if id(template.scope) not in places:
            places[id(template.scope)] = len(scopes)
            scopes.append({**template.scope, "Capabilities": _PLAIN_CAPABILITIES, "Files": {}})
        data.append((name, places[id(template.scope)], template.base))
    return {"sources": {name: template.text for name, template in templates.items()}, "data": data, "scopes": scopes}


_PLAIN_CAPABILITIES = {"KubeVersion": {"Version": "v1.37.0", "Major": "1", "Minor": "37"}, "APIVersions": []}
