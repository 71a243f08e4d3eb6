"""Many snippets to the real helm in one call, and the same to Steersman."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

from steersman.errors import TemplateError
from steersman.template.environment import Environment
from steersman.template.helm_types import Values

_SOURCE = re.compile(r"^---\n# Source: probe/templates/(\S+)\n", re.MULTILINE)

# No YAML. With --debug helm prints all that was rendered, byte for byte, when it finds a manifest that it cannot read.
_BROKEN = "a: b: c"

# What `.Values` is in most tests: each kind of value that YAML has.
PROBE_VALUES: dict[str, Any] = {
    "i": 3.0,
    "f": 1.5,
    "neg": -7.0,
    "big": 12345678901234.0,
    "e": 1e21,
    "s": "str",
    "u": "héllo wörld",
    "empty": "",
    "html": '<a href="x">\'&</a>',
    "nl": "a\nb\n",
    "t": True,
    "no": False,
    "z": None,
    "l": [1.0, "a", None, True],
    "el": [],
    "ls": ["a", "b", "c"],
    "num": [3.0, 1.0, 2.0],
    "lm": [{"name": "a", "v": 1.0}, {"name": "b", "v": 2.0}],
    "m": {"b": 2.0, "a": "x"},
    "em": {},
    "deep": {"a": {"b": {"c": "deep"}}},
}

RELEASE = {
    "Name": "release-name",
    "Namespace": "default",
    "IsUpgrade": False,
    "IsInstall": True,
    "Revision": 1,
    "Service": "Helm",
}


def _write_chart(folder: Path, files: Mapping[str, str], values: Mapping[str, Any]) -> Path:
    chart = folder / "probe"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: probe\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text(json.dumps(dict(values)), encoding="utf-8")
    for name, text in files.items():
        path = chart / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return chart


def _helm(helm: Path, folder: Path, chart: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "HOME": str(folder), "KUBECONFIG": str(folder / "none")}
    return subprocess.run(
        [helm, "template", chart, *options],
        capture_output=True,
        check=False,
        env=environment,
        timeout=60,
        preexec_fn=_bound_memory,
    )


def _bound_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def helm_renders_files(
    helm: Path, folder: Path, files: Mapping[str, str], values: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, str]:
    """What helm makes of the files of one chart's templates/, but for those that come out blank."""
    chart = _write_chart(folder, {**files, "broken.yaml": _BROKEN}, values)
    done = _helm(helm, folder, chart, "--debug")
    pieces = _SOURCE.split(done.stdout.decode("utf-8", "surrogateescape"))
    assert len(pieces) > 1, done.stderr.decode()
    texts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return {name: text.removesuffix("\n") for name, text in texts.items() if name != "broken.yaml"}


def helm_renders(
    helm: Path, folder: Path, snippets: Sequence[str], values: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """What helm makes of each snippet, each in a file of its own. None of them may fail."""
    files = {f"s{number}.yaml": f"<{snippet}>" for number, snippet in enumerate(snippets)}
    found = helm_renders_files(helm, folder, files, values)
    return [found[name][1:-1] for name in files]


def helm_errors(
    helm: Path, folder: Path, snippets: Sequence[str], values: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """helm's error for each snippet; one call for each, two at a time."""

    def ask(numbered: tuple[int, str]) -> str:
        number, snippet = numbered
        chart = _write_chart(folder / f"e{number}", {"s0.yaml": snippet}, values)
        done = _helm(helm, folder, chart)
        return done.stderr.decode("utf-8", "surrogateescape").partition("\n\nUse --debug flag")[0]

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(ask, enumerate(snippets)))


def steersman_data(values: Mapping[str, Any]) -> Values:
    return Values(
        Values=Values(values),
        Release=dict(RELEASE),
        Chart={"Name": "probe", "Version": "0.1.0"},
        Template=Values(Name="probe/templates/s0.yaml", BasePath="probe/templates"),
    )


def steersman_renders(snippet: str, values: Mapping[str, Any], environment: Environment | None = None) -> str:
    """What Steersman makes of a snippet: the text, or its error as helm would print it."""
    environment = environment or Environment(cache=False)
    name = "probe/templates/s0.yaml"
    try:
        environment.parse(name, snippet)
        return environment.render(name, steersman_data(values))
    except TemplateError as error:
        return f"Error: {error}"
