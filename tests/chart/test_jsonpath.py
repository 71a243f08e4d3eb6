"""`show values --jsonpath` beside helm's."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steersman.chart.jsonpath.find import render
from steersman.chart.load import load
from steersman.errors import UsageError

VALUES = """image: {tag: "1.2", num: 3, ratio: 1.5, on: true, nothing: null}
list: [a, b, {c: d}]
servers:
- {name: one, port: 80, tags: [x, y]}
- {name: two, port: 81}
"we.ird": dotted
big: 1000000
html: {a: "<x>&", b: ü}
empty: []
"""
# Of maps printed as a whole with `*` helm keeps no order, so none stands here.
TEMPLATES = r"""
{.image.tag}
{.image}
{.list}
{.list[0]}
{.list[*]}
{.list[-1]}
{.list[0:2]}
{.list[:1]}
{.list[0:9]}
{.list[::2]}
{.list[::0]}
{.list[9]}
{.list[x]}
{.list[0,1]}
{.list[0, 2]}
{.list.x}
{.empty[0]}
{.empty[*]}
{.servers[*].name}
{.servers[*].port}
{.servers[*].tags}
{.servers[-1:].name}
{.servers[5:]}
{.servers[0]}
{.servers[0].name}{"\n"}
{.servers [0].name}
{range .servers[*]}{.name}:{.port}{"\n"}{end}
{range .servers[*]}[{.name}]{end}x
{range .list[*]}[{@}] {end}x
{range .empty[*]}a{end}b
{range .nope[*]}a{end}b
{range .servers[*]}{.name}
{range .servers[*]}{range .name}{@}{end};{end}
{end}
{nope}
{.nope}
.image.tag
text {.image.tag} more
{.image.num} {.image.ratio} {.image.on}
{.image.nothing}
{.image.nothing.x}
{.image.tag.x}
{.image[0]}
{.image[}
{.image["tag","num"]}
{['image']['tag']}
{.image['tag','num']}
{.we\.ird}
{['we.ird']}
{['we\.ird']}
{.servers[?(@.name=="one")].port}
{.servers[?(@.name!="one")].name}
{.servers[?(@.name>"one")].name}
{.servers[?(@.port>80.5)].name}
{.servers[?(@.port>"x")].name}
{.servers[?(@.tags)].name}
{.servers[?(@.nope=="x")]}
{.servers[?(@.name=="one")]
{.servers[?(@.name=="one"]}
{.servers[?(@.name~"one")].name}
{.servers[?(@.name=="one")]['name','port']}
{.image[?(@.tag=="1.2")]}
{..name}
{.. name}
{..nope}
{.image..tag}
{....}
{$.image.tag}
{@}
{}
{.image. tag}
{"x"}
{'y'}
{"a\tb\"c"}
{"open}
{true} {12} {1.50} {-3}
{1.2.3}
{!}
{
}
a}b
{.big} {.html} {.html.b} {.html.a}
""".strip().split("\n")


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jsonpath") / "c"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text(VALUES)
    return folder


@pytest.mark.oracle
def test_found_as_helm_finds_it(chart: Path, helm: Path) -> None:
    def by_helm(template: str) -> str:
        done = subprocess.run([helm, "show", "values", chart, "--jsonpath", template], capture_output=True, text=True)
        return done.stdout or done.stderr.removeprefix("Error: ").removesuffix("\n")

    with ThreadPoolExecutor(2) as pool:
        theirs = list(pool.map(by_helm, TEMPLATES))
    values = load(chart).values
    different = [
        f"{template}\n  {ours!r}\n  helm: {wanted!r}"
        for template, wanted in zip(TEMPLATES, theirs, strict=True)
        if (ours := _render(template, values)) != wanted
    ]
    assert not different, "\n".join(different)


def _render(template: str, values: object) -> str:
    try:
        return render(template, values)
    except UsageError as error:
        return str(error)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.servers[?(@.port==81)].name}", "two"),
        ("{.servers[?(@.port<=80)].name}", "one"),
        ("{.image.*}", "3 true 1.2"),
    ],
)
def test_beyond_helm(template: str, text: str) -> None:
    """Whole numbers compare with numbers, maps are in order, `.` is all."""
    values = {
        "servers": [{"name": "one", "port": 80}, {"name": "two", "port": 81}],
        "image": {"on": True, "num": 3, "tag": "1.2"},
    }
    assert render(template, {} if template == "{.}" else values) == text
