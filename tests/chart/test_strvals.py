"""`--set` and its sisters, compared with what helm understands."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.chart import strvals
from steersman.errors import ValuesError
from steersman.template.values import Int64

AskSet = Callable[[str, list[list[str]]], list[Any]]

PARSERS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "--set": strvals.parse_set,
    "--set-string": partial(strvals.parse_set, string=True),
    "--set-json": strvals.parse_json,
    "--set-literal": strvals.parse_literal,
}


@pytest.fixture
def ask_set(helm: Path, tmp_path: Path) -> AskSet:
    """ask_set(option, runs): for each run's arguments the values that helm makes of them, or its error."""
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    env = {"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none")}

    def ask(option: str, arguments: list[str]) -> Any:
        options = [part for argument in arguments for part in (option, argument)]
        command = [str(helm), "install", "x", str(chart), "--dry-run=client", "-o", "json", *options]
        done = subprocess.run(command, capture_output=True, env=env, text=True, check=False)
        if done.returncode:
            return done.stderr.removeprefix("Error: INSTALLATION FAILED: ").rstrip("\n")
        return json.loads(done.stdout).get("config", {})

    def ask_all(option: str, runs: list[list[str]]) -> list[Any]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(partial(ask, option), runs))

    return ask_all


def ours(option: str, arguments: list[str]) -> Any:
    values: dict[str, Any] = {}
    for argument in arguments:
        try:
            PARSERS[option](argument, values)
        except ValuesError as error:
            if option == "--set-json":
                return f"failed parsing --set-json data {argument}"
            return f"failed parsing {option} data: {error}"
    return values


SETS = [
    ["a=1"],
    ["a=1,b=two,c=true,d=null,e=007,f=0,g=-5,h=+5,i=1.5,j=9223372036854775808,k=TRUE,l=Null,m=,n=x y"],
    ["a.b.c=1,a.b.d=2,a.e=3"],
    ["a={1,b,true,},b={},c={x\\,y,z}"],
    ["a[0]=1,a[2]=3"],
    ["a[0].b=1,a[0].c=2,a[1].b=3"],
    ["a[0][1]=x,a[0][0]=y"],
    ["a[1]=x,a[0].b.c={p,q}"],
    ["a\\.b=1,a\\=c=2,a\\[=3,\\,=4"],
    ["a=b\\\\c,d=e\\"],
    ["a={b\\}c,d}"],
    ["a="],
    ["a.b="],
    ["a[0]="],
    ["a[0].b="],
    ["a[0]"],
    ["a[0].b"],
    ["a[0]."],
    ["a[0]x=1"],
    ["a[0]x"],
    ["a["],
    ["a[0"],
    ["a[x]=1"],
    ["a[-1]=1"],
    ["a[65537]=1"],
    ["a[99999999999999999999]=1"],
    ["a[]=1"],
    ["a[0][x]=1"],
    ["a"],
    ["a.b"],
    ["a."],
    ["a.=1"],
    [".a=1"],
    ["=1"],
    ["a=1,"],
    ["a=1,,b=2"],
    ["a,b=1"],
    [",a=1"],
    [""],
    ["a={1"],
    ["a={1,2"],
    ["a={1}x,b=2"],
    ["a={1}b=2"],
    ["a={1},b=2"],
    ["a= 1 ,b =2"],
    ["a=b=c"],
    ["a=1", "a.b=2"],
    ["a=1", "a[0]=2"],
    ["a.b=1", "a[0]=2"],
    ["a=null", "a.b=2"],
    ["a=null", "a[0]=2"],
    ["a={1}", "a.b=2"],
    ["a={1}", "a[0].b=2"],
    ["a={1}", "a[0][0]=2"],
    ["a[0].b=1", "a[0][0]=2"],
    ["a.b=1", "a.c=2", "a=3"],
    [".".join("a" * 31) + "=1"],
    [".".join("a" * 32) + "=1"],
    ["é.ü=ö,😀=x"],
    ["falſe=falſe"],
    ['a="x"'],
    ["a='x,y'"],
    ["a=[1]"],
    ["a=x[0].y"],
]

JSONS = [
    ["a=1"],
    ['a={"b":[1,null,true]},c="x,y"'],
    ["a=,b=1"],
    ["a="],
    ["a= 1 , b= 2"],
    ["a=1 b=2"],
    ["a=truex=1"],
    ["a=1.x=2"],
    ["a=01=2"],
    ["a=1e=2"],
    ["a=1.5.b=2"],
    ["a[0]=1,a[1].b={}"],
    ["a[0]=,a[1]=[]"],
    ["a.b=null"],
    ["a=x"],
    ["a=NaN"],
    ["a=Infinity"],
    ["a=-"],
    ["a=1e400"],
    ["a=123456789012345678901234567890"],
    ['a="\\ud83d\\ude00\\ud800"'],
    ['a="x'],
    ["a=[1,]"],
    ['a={"b":1,"b":2}'],
    ["a"],
    ["a=1,"],
]

LITERALS = [
    ["a=1,b=2"],
    ["a.b=c\\d{e}[0]"],
    ["a[0].b=x=y"],
    ["a[1][0]= "],
    ["a="],
    ["a[0]="],
    ["a"],
    ["a[x]=1"],
    ["a,b=1"],
    ["a\\.b=1"],
    ["a.=1"],
    ["=1"],
    [".".join("a" * 32) + "=1"],
    ["a[0]x=1"],
    ["a[0]"],
]


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("option", "runs"),
    [("--set", SETS), ("--set-string", SETS[:14]), ("--set-json", JSONS), ("--set-literal", LITERALS)],
)
def test_understood_as_helm_understands(ask_set: AskSet, option: str, runs: list[list[str]]) -> None:
    assert [(run, ours(option, run)) for run in runs] == list(zip(runs, ask_set(option, runs), strict=True))


names = st.text("abc\\\\é ", min_size=1, max_size=3)
steps = st.lists(st.builds("[{}]".format, st.integers(0, 3)) | st.builds(".{}".format, names), max_size=4).map("".join)
plain = st.text("ab1\\\\ 0-.=[]é", max_size=4) | st.sampled_from(["true", "null", "0", "12", "-3", "1.5", "010"])
braced = st.lists(plain, max_size=3).map(lambda items: "{" + ",".join(items) + "}")
assignments = st.tuples(names, steps, plain | braced)


@pytest.mark.oracle
def test_generated_assignments_are_understood_alike(ask_set: AskSet) -> None:
    """Many arguments in one call, each below a key of its own; those that are refused are asked about one by one."""
    good: list[str] = []
    refused: list[str] = []

    @settings(max_examples=150, database=None)
    @given(st.lists(assignments, min_size=1, max_size=3))
    def gather(lines: list[tuple[str, str, str]]) -> None:
        key = f"case{len(good)}"
        text = ",".join(f"{key}.{name}{rest}={value}" for name, rest, value in lines)
        (good if isinstance(ours("--set", [text]), dict) else refused).append(text)

    gather()
    runs = [good, *([text] for text in refused[:20])]
    assert [ours("--set", run) for run in runs] == ask_set("--set", runs)


@pytest.mark.oracle
def test_noise_is_refused_alike(ask_set: AskSet) -> None:
    noise: list[list[str]] = []

    @settings(max_examples=40, database=None)
    @given(st.text("a0[].,={}\\ ", max_size=10).filter(lambda text: not text.startswith("-")))
    def gather(text: str) -> None:
        noise.append([text])

    gather()
    assert [(run, ours("--set", run)) for run in noise] == list(zip(noise, ask_set("--set", noise), strict=True))


def test_kinds_of_numbers() -> None:
    values: dict[str, Any] = {}
    strvals.parse_set("a=1,b=0,c=1.5", values)
    strvals.parse_json("d=1", values)
    assert {key: type(value) for key, value in values.items()} == {"a": Int64, "b": Int64, "c": str, "d": float}


def test_files_are_read_by_the_reader() -> None:
    values: dict[str, Any] = {}
    strvals.parse_file("a=x.txt,b={y,z},c[1].d=w", values, lambda path: f"<{path}>")
    assert values == {"a": "<x.txt>", "b": ["<y>", "<z>"], "c": [None, {"d": "<w>"}]}


def test_json_object() -> None:
    assert strvals.parse_json_object(' {"a": {"b": 1}} ') == {"a": {"b": 1.0}}
    with pytest.raises(ValuesError):
        strvals.parse_json_object('{"a": 1} x')
