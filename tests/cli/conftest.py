"""The command, run in this process against the embedded cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from steersman.cli.main import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


Steer = Callable[..., Result]


@pytest.fixture
def steer(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Steer:
    """Run `steer` with these words and return what it printed; it has no kubeconfig unless the test names one."""
    for variable in ("KUBECONFIG", "HELM_NAMESPACE", "HELM_DRIVER", "STEERSMAN_FAILURE_POLICY"):
        monkeypatch.delenv(variable, raising=False)

    def command(*words: str) -> Result:
        capfd.readouterr()
        code = run(list(words))
        shown = capfd.readouterr()
        return Result(code, shown.out, shown.err)

    return command


@pytest.fixture
def on_cluster(steer: Steer, embedded_kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> Steer:
    """`steer` on the embedded cluster, in a namespace of the test's own."""
    monkeypatch.setenv("KUBECONFIG", embedded_kubeconfig)
    namespace = f"cli-{next(_numbers)}"

    def command(*words: str) -> Result:
        extra = ("--create-namespace",) if "install" in words[:2] else ()
        return steer(*words, "-n", namespace, *extra)

    return command


@pytest.fixture
def chart(tmp_path: Path) -> Callable[..., Path]:
    """Make a chart of these files: `chart({"templates/a.yaml": "…"})`; Chart.yaml and values.yaml are there unless given."""

    def make(files: dict[str, str], name: str = "small") -> Path:
        folder = tmp_path / name
        given = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n", "values.yaml": "", **files}
        for path, text in given.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return folder

    return make
