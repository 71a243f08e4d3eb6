"""What shells offer, asked in the shells themselves where they are here, and by what PowerShell's script would ask."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Steer

KUBECONFIG = """{"apiVersion": "v1", "kind": "Config", "current-context": "one", "contexts": [
{"name": "one", "context": {"cluster": "c", "user": "u"}}, {"name": "two", "context": {"cluster": "c", "user": "u"}}],
"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}], "users": [{"name": "u", "user": {}}]}"""
INDEX = "apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, apiVersion: v2, urls: [web-1.0.0.tgz]}\n"
# The words so far, the last of which is begun; what is offered.
LINES = [
    ("roll", ["rollback"]),
    ("get m", ["manifest", "metadata"]),
    ("list -o ", ["table", "json", "yaml"]),
    ("list --kube-context t", ["two"]),
    ("help repo a", ["add"]),
    ("completion ", ["bash", "zsh", "fish", "powershell"]),
    ("repo remove ", ["shelf"]),
    ("install x sh", ["shelf/web"]),
    ("show values shelf/", ["shelf/web"]),
    ("env HELM_KUBECO", ["HELM_KUBECONTEXT"]),
    ("registry logout r", ["registry.test:5000"]),
]
SHELLS = {
    "bash": """source <("$STEER" completion bash)
COMP_WORDS=(steer {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _steer_completion steer
printf '%s\\n' "${{COMPREPLY[@]}}" """,
    "fish": '''"$STEER" completion fish | source
complete -C "steer {line}" | string replace -r '\\t.*' ""''',
    "zsh": """compdef() {{ : }}; compadd() {{ shift 4; print -l -- ${{(P)1}} }}
_describe() {{ print -l -- ${{${{(P)3}}%%:*}} }}
source <("$STEER" completion zsh)
words=(steer {words}); CURRENT=$#words; _steer_completion steer""",
}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A `steer` on the PATH, two contexts, a repository with a chart, a registry that is logged in to."""
    folder = tmp_path_factory.mktemp("completion")
    program = folder / "steer"
    program.write_text(f"#!{sys.executable}\nfrom steersman.cli import main\nmain()\n")
    program.chmod(0o755)
    files = {
        "kubeconfig": KUBECONFIG,
        "config/repositories.yaml": "apiVersion: ''\nrepositories:\n- {name: shelf, url: http://127.0.0.1:1}\n",
        "cache/repository/shelf-index.yaml": INDEX,
        "config/registry/config.json": '{"auths": {"registry.test:5000": {"auth": "YTpi"}}}',
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    known = {key: value for key, value in os.environ.items() if not key.startswith(("HELM_", "KUBE"))}
    homes = {f"HELM_{name.upper()}_HOME": str(folder / name) for name in ("config", "cache", "data")}
    path = f"{folder}:{os.environ['PATH']}"
    return known | homes | {"STEER": str(program), "KUBECONFIG": str(folder / "kubeconfig"), "PATH": path}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("line", "offered"), LINES)
def test_in_the_shell(shell: str, line: str, offered: list[str], surroundings: dict[str, str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    words = " ".join(f"'{word}'" for word in line.split(" "))
    script = SHELLS[shell].format(words=words, line=line)
    flags = ["-f"] if shell == "zsh" else ["--no-config"] if shell == "fish" else ["--norc"]
    done = subprocess.run(
        [shell, *flags, "-c", script], env=surroundings, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert sorted(done.stdout.split()) == sorted(offered), done.stderr


@pytest.mark.parametrize(("line", "offered"), LINES)
def test_what_powershell_asks(line: str, offered: list[str], surroundings: dict[str, str], tmp_path: Path) -> None:
    *words, begun = line.split(" ")
    asked = {
        "_STEER_COMPLETE": "powershell_complete",
        "COMP_WORDS": "\n".join(["steer", *words]),
        "COMP_CURRENT": begun,
    }
    done = subprocess.run(
        [surroundings["STEER"]], env={**surroundings, **asked}, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == offered
    assert all(re.fullmatch(r"plain\t\S+\t.*", line) for line in done.stdout.splitlines())


def test_the_script_for_powershell_is_whole(steer: Steer) -> None:
    """There is no PowerShell here to parse it: every bracket and quote is closed, and the names are those that are asked for."""
    for words in (("powershell",), ("powershell", "--no-descriptions")):
        script = steer("completion", *words).out
        bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", script)
        assert not set("'\"") & set(bare)
        open_ones: list[str] = []
        for char in bare:
            if char in "({[":
                open_ones.append(char)
            elif char in ")}]":
                assert open_ones.pop() + char in ("()", "{}", "[]")
        assert not open_ones
        for name in ("COMP_WORDS", "COMP_CURRENT", "_STEER_COMPLETE"):
            assert f"$env:{name} =" in script
            assert f"Env:{name}" in script
        assert ("$env:_STEER_COMPLETE_BARE = '1'" in script) == ("--no-descriptions" in words)


@pytest.mark.parametrize("words", ["template -f ", "lint ", "package ", "push ", "apply "])
def test_files_are_the_shells_own_matter(words: str, surroundings: dict[str, str], tmp_path: Path) -> None:
    number = len(words.split(" "))
    asked = {"_STEER_COMPLETE": "bash_complete", "COMP_WORDS": f"steer {words}", "COMP_CWORD": str(number)}
    done = subprocess.run(
        [surroundings["STEER"]], env={**surroundings, **asked}, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "file,\n"


def test_descriptions_can_be_left_out(surroundings: dict[str, str]) -> None:
    asked = {"_STEER_COMPLETE": "fish_complete", "COMP_WORDS": "steer roll", "COMP_CWORD": "roll"}
    told = [
        subprocess.run(
            [surroundings["STEER"]], env={**surroundings, **asked, **more}, capture_output=True, text=True
        ).stdout
        for more in ({}, {"_STEER_COMPLETE_BARE": "1"})
    ]
    assert "previous" in told[0]
    assert "previous" not in told[1]
