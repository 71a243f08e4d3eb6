"""Odd surroundings (closed pipes, locales without Unicode, no arguments), completion, and questions that helm answers as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steersman.cli.commands import COMMANDS, SECTIONS

from .conftest import Steer

STEER = [sys.executable, "-c", "from steersman.cli import main; main()"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "HELM_NAMESPACE")}
    return subprocess.run(
        [*STEER, *words], env={**known, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def complete(words: str, **environment: str) -> list[str]:
    """What a bash is told at the end of these words."""
    number = len(words.split(" ")) - 1
    asked = {"_STEER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    program = [sys.executable, "-c", "import sys; sys.argv = ['steer']; from steersman.cli import main; main()"]
    known = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "HELM_NAMESPACE")}
    done = subprocess.run(
        program, env={**known, **asked, **environment}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_every_command_stands_in_one_section_of_the_help() -> None:
    listed = [name for names in SECTIONS.values() for name in names.split()]
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize("words", [(), ("get",), ("repo",)])
def test_the_name_alone_shows_help_and_is_no_mistake(words: tuple[str, ...], steer: Steer) -> None:
    shown = steer(*words)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Usage: steer")


def test_help_is_the_same_as_the_flag(steer: Steer) -> None:
    assert steer("help", "repo", "add") == steer("repo", "add", "--help")


def test_a_reader_that_went_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*STEER, "env"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


# With one of the standard streams closed, or a disk that is full behind it: what is to happen to the exit code, and is said.
STREAMS = [
    ("env >&-", 0, ""),
    ("env 2>&-", 0, ""),
    ("env <&- >&- 2>&-", 0, ""),
    ("create hook --chart . <&-", 1, "--kind is missing"),
    ("template c >&-", 0, ""),
    ("env >/dev/full", 1, "cannot write the output: no space left on device"),
    ("template c >/dev/full", 1, "cannot write the output: no space left on device"),
    ("show values c >/dev/full", 1, "cannot write the output: no space left on device"),
    ("lint --help >/dev/full", 1, "cannot write the output: no space left on device"),
    ("lint nothere 2>/dev/full", 1, ""),
]


@pytest.mark.parametrize(("line", "code", "said"), STREAMS)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_streams_that_cannot_be_used(
    line: str, code: int, said: str, unbuffered: str, chart: Callable[..., Path], tmp_path: Path
) -> None:
    chart({"values.yaml": "a: 1\n"}, "c")
    done = shell(f'"$STEER" {line}', tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which $STEER is the command."""
    program = folder / "steer"
    program.write_text(f"#!{sys.executable}\nfrom steersman.cli import main\nmain()\n")
    program.chmod(0o755)
    known = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "HELM_NAMESPACE")}
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**known, "STEER": str(program), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


STREAMS_OF_ACTIONS = [">/dev/full", "2>/dev/full", "2>&1 | head -n 0", ">&- 2>&-", "-o jsonl | head -n 1"]


@pytest.mark.embedded
@pytest.mark.parametrize("ending", STREAMS_OF_ACTIONS)
def test_an_action_is_done_whoever_reads_of_it(
    ending: str, embedded_kubeconfig: str, chart: Callable[..., Path], tmp_path: Path
) -> None:
    hook = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h, annotations: {helm.sh/hook: post-install}}\n"
    chart({"templates/a.yaml": hook}, "c")
    name = f"unread-{STREAMS_OF_ACTIONS.index(ending)}"
    line = (
        f'"$STEER" install {name} c -n {name} --create-namespace {ending}; echo code $? >&2; "$STEER" list -q -n {name}'
    )
    done = shell(line, tmp_path, KUBECONFIG=embedded_kubeconfig)
    assert done.stdout.split("\n")[-2] == name
    status = shell(f'"$STEER" status {name} -n {name} -o json', tmp_path, KUBECONFIG=embedded_kubeconfig)
    assert json.loads(status.stdout)["info"]["status"] == "deployed"
    assert f"code {int(ending == '>/dev/full')}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ["template .", "review .", "package ."])
def test_a_folder_that_is_gone(words: str, tmp_path: Path) -> None:
    done = shell(f'mkdir gone; cd gone; rmdir ../gone; "$STEER" {words}', tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the current directory is not there any more\n")


def test_a_home_in_which_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    for words in ("repo add x http://127.0.0.1:1", "env", "repo list"):
        done = shell(f'"$STEER" {words}', tmp_path, HOME=str(tmp_path / "home"))
        assert "Traceback" not in done.stderr
        assert "bug" not in done.stderr
        assert done.returncode == int(words != "env")


def test_a_locale_without_unicode_replaces_what_it_lacks(tmp_path: Path) -> None:
    chart = tmp_path / "chärt"
    chart.mkdir()
    done = run("lint", str(chart), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    assert "ch?" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["HELM_NAMESPACE", "HELM_REPOSITORY_CACHE", "HELM_KUBECONTEXT", "HELM_DEBUG", "HELM_PLUGINS", "KUBECONFIG"]
)
def test_the_environment_is_told_as_helm_tells_it(name: str, helm: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    theirs = subprocess.run([str(helm), "env", name], env=environment, capture_output=True, text=True, check=True)
    ours = subprocess.run([*STEER, "env", name], env=environment, capture_output=True, text=True, check=True)
    assert ours.stdout == theirs.stdout


@pytest.mark.parametrize(
    "words",
    [("plugin", "list", "x"), ("search", "hub", "x", "--endpoint", "http://127.0.0.1:1"), ("verify", "/nowhere.tgz")],
)
def test_what_cannot_be_had_is_told_with_the_way_out(words: tuple[str, ...], steer: Steer) -> None:
    shown = steer(*words)
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("Error: ")


KUBECONFIG = """{"apiVersion": "v1", "kind": "Config", "current-context": "one", "contexts": [
{"name": "one", "context": {"cluster": "c", "user": "u"}}, {"name": "two", "context": {"cluster": "c", "user": "u"}}],
"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}], "users": [{"name": "u", "user": {}}]}"""

COMPLETIONS = [
    ("steer roll", ["rollback"]),
    ("steer get m", ["manifest", "metadata"]),
    ("steer list -o ", ["table", "json", "yaml"]),
    ("steer list --kube-context ", ["one", "two"]),
    ("steer upgrade --hooks", ["--hooks-on-change"]),
    ("steer status ", []),  # that server does not answer: nothing is offered, and nothing said
]


@pytest.mark.parametrize(("words", "offered"), COMPLETIONS)
def test_completion(words: str, offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text(KUBECONFIG)
    assert complete(words, KUBECONFIG=str(tmp_path / "config")) == offered


@pytest.mark.embedded
def test_completion_asks_the_cluster(embedded_kubeconfig: str, tmp_path: Path) -> None:
    chart = tmp_path / "c"
    chart.mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    done = run(
        "install", "completed", str(chart), "-n", "offered", "--create-namespace", KUBECONFIG=embedded_kubeconfig
    )
    assert done.returncode == 0, done.stderr
    known = {"KUBECONFIG": embedded_kubeconfig}
    assert complete("steer status -n offered ", **known) == ["completed"]
    assert complete("steer rollback -n offered completed ", **known) == ["1"]
    assert complete("steer list -n off", **known) == ["offered"]


@pytest.mark.embedded
@pytest.mark.parametrize(
    "words",
    [
        *(
            ("list", *more)
            for more in ((), ("-o", "json"), ("-o", "yaml"), ("-q",), ("--time-format", "2006-01-02 15:04"))
        ),
        *(("history", "told", *more) for more in ((), ("-o", "json"), ("-o", "yaml"), ("--show-rollback-revision",))),
        *(("get", what, "told") for what in ("all", "hooks", "manifest", "notes", "values", "metadata")),
        *(("get", what, "told", "-o", form) for what in ("values", "metadata") for form in ("json", "yaml")),
    ],
    ids=" ".join,
)
def test_questions_are_answered_to_the_byte_as_helm_does(
    words: tuple[str, ...], embedded_kubeconfig: str, helm: Path, tmp_path: Path
) -> None:
    chart = tmp_path / "c"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text('apiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: "7"\n')
    (chart / "templates" / "m.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: told}\n")
    environment = {**os.environ, "KUBECONFIG": embedded_kubeconfig, "HOME": str(tmp_path), "HELM_NAMESPACE": "told"}

    def ask(*command: str) -> str:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    ask(str(helm), "upgrade", "-i", "told", str(chart), "--create-namespace", "--set", "a=b", "--history-max", "3")
    assert ask(*STEER, *words) == ask(str(helm), *words)
