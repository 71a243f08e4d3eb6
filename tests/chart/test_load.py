"""Loading charts: what belongs to one, what Chart.yaml may say, and what is refused. Helm is the judge."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from steersman.chart import glob, pathmatch
from steersman.chart.load import load
from steersman.errors import ChartError, SteersmanError

from .conftest import Files, Helm, MakeChart, chart_yaml

LIST_FILES = "files: {{ range $name, $_ := .Files }}{{ $name }}|{{ end }}\n"

# .helmignore → what it leaves is asked of helm
IGNORE_RULES = [
    "",
    "# comment\n\n*.txt\n",
    "a.txt\n",
    "/a.txt\n",
    "docs/\n",
    "docs\n",
    "docs/*\n",
    "/docs/*.md\n",
    "docs/deep\n",
    "deep/\n",
    "*.md/\n",
    "!a.txt\n",
    "!*.txt\n*.md\n",
    "[ab].txt\n",
    "[^a]*\n!templates\n",
    "?.txt\n",
    "\\a.txt\n",
    "charts/\n",
    "  a.txt  \n",
    "\ufeffa.txt\n",
    "docs/deep/\ndocs/*.md\n",
    ".*\n",
]

TREE: Files = {
    "templates/a.yaml": LIST_FILES,
    "templates/.hidden.yaml": "{{ fail `hidden` }}",
    "a.txt": "a",
    "b.txt": "b",
    "c.md": "c",
    ".dot": "d",
    "docs/a.txt": "a",
    "docs/x.md": "x",
    "docs/deep/a.txt": "a",
    "docs/deep/y.md": "y",
    "charts/_skipped/whatever": "x",
    "charts/.skipped": "x",
    "charts/sub/Chart.yaml": chart_yaml("sub"),
    "charts/sub/a.txt": "sub",
    "charts/sub/templates/a.yaml": LIST_FILES,
}


@pytest.mark.oracle
@pytest.mark.parametrize("rules", IGNORE_RULES)
def test_helmignore_leaves_what_helm_leaves(rules: str, make_chart: MakeChart, real_helm: Helm) -> None:
    path = make_chart({**TREE, ".helmignore": rules})
    done = real_helm.run("template", "x", str(path))
    if done.returncode != 0:
        with pytest.raises(ChartError):
            load(path)
        return
    theirs = {}
    for document in done.stdout.split("---\n# Source: ")[1:]:
        source, _, text = document.partition("\n")
        theirs[source] = [name for name in text.strip().removeprefix("files:").strip().split("|") if name]

    chart = load(path)

    ours = {
        f"{each.full_path}/templates/a.yaml": sorted(f.name for f in each.files)
        for each in [chart, *chart.dependencies]
        if each.templates
    }
    assert ours == theirs


REFUSED_CHARTS = {
    "no name": "apiVersion: v2\nversion: 1.0.0\n",
    "no version": "apiVersion: v2\nname: c\n",
    "no semantic version": "apiVersion: v2\nname: c\nversion: a.b\n",
    "a path for a name": "apiVersion: v2\nname: c/d\nversion: 1.0.0\n",
    "a parent for a name": "apiVersion: v2\nname: ..\nversion: 1.0.0\n",
    "an unknown apiVersion": "apiVersion: v9\nname: c\nversion: 1.0.0\n",
    "a chart of version 3": "apiVersion: v3\nname: c\nversion: 1.0.0\n",
    "an unknown type": "apiVersion: v2\nname: c\nversion: 1.0.0\ntype: thing\n",
    "a list for a name": "apiVersion: v2\nname: [c]\nversion: 1.0.0\n",
    "a table for a version": "apiVersion: v2\nname: c\nversion: {a: b}\n",
    "a word for keywords": "apiVersion: v2\nname: c\nversion: 1.0.0\nkeywords: a\n",
    "a word for a boolean": "apiVersion: v2\nname: c\nversion: 1.0.0\ndeprecated: 'true'\n",
    "a word for a maintainer": "apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [a]\n",
    "an empty maintainer": "apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [null]\n",
    "a list for a maintainer's name": "apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [{name: [b]}]\n",
    "a list as an annotation": "apiVersion: v2\nname: c\nversion: 1.0.0\nannotations: {a: [b]}\n",
    "a list of annotations": "apiVersion: v2\nname: c\nversion: 1.0.0\nannotations: [a]\n",
    "a word for tags": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: a, tags: x}]\n",
    "an empty dependency": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: a}, null]\n",
    "an alias with a blank": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: a, alias: 'a b'}]\n",
    "a dependency twice": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: a}, {name: a}]\n",
    "broken YAML": "a: [\n",
    "a tab": "a: 1\n\tb: 2\n",
    "a text": "foo\n",
    "nothing": "",
}


@pytest.mark.oracle
@pytest.mark.parametrize("case", REFUSED_CHARTS)
def test_what_helm_refuses_in_chart_yaml(case: str, make_chart: MakeChart, real_helm: Helm) -> None:
    path = make_chart({"Chart.yaml": REFUSED_CHARTS[case], "templates/a.yaml": "a: b\n"})
    with pytest.raises(ChartError) as caught:
        load(path)
    # helm reads apiVersion first, into a type of its own, and names that type
    assert str(caught.value) == real_helm.refusal("template", "x", str(path)).replace("loader.chartBase", "v2.Metadata")


ACCEPTED_CHARTS = {
    "everything": (
        "apiVersion: v2\nname: c\nversion: v1.2\nkubeVersion: '>1.0'\ndescription: d\ntype: application\nhome: h\n"
        "icon: i\nsources: [s]\nkeywords: [k, 1, true, 1.5e10]\nmaintainers: [{name: m, email: e, url: u}, {name: n}]\n"
        "appVersion: 1.10\ndeprecated: true\nannotations: {a: 1, b: null, c: 1e3, d: yes}\ncondition: x\ntags: y\n"
    ),
    "numbers for text": "apiVersion: v2\nname: c\nversion: 1.0\nappVersion: 20200101\ndescription: 1234567.8\n",
    "large and small numbers": (
        "apiVersion: v2\nname: c\nversion: 1\nannotations: {a: 1e21, b: 123456.7, c: 0.00001, d: 16777217.0, e: 0x10, "
        "f: 123456789012345678901234, g: 1_000, h: 2001-01-01, i: -0, j: 1e-46, k: 0777}\n"
    ),
    "capitals": "apiVersion: v2\nName: c\nVERSION: 1.0.0\n",
    "both spellings": "apiVersion: v2\nname: c\nName: d\nversion: 1.0.0\n",
    "no apiVersion": "name: c\nversion: 1.0.0\n",
    "invisible characters": 'apiVersion: v2\nname: c\nversion: 1.0.0\ndescription: "a\\u200bb\\tc\\u00a0d\\u2028e"\n',
    "unknown fields and a second document": "apiVersion: v2\nname: c\nversion: 1.0.0\nfoo: [bar]\n---\nname: q\n",
    "a key twice": "apiVersion: v2\nname: b\nversion: 1.0.0\nname: c\n",
    "a byte order mark": "\ufeffapiVersion: v2\nname: c\nversion: 1.0.0\n",
}


@pytest.mark.oracle
@pytest.mark.parametrize("case", ACCEPTED_CHARTS)
def test_metadata_is_what_helm_shows(case: str, make_chart: MakeChart, real_helm: Helm) -> None:
    path = make_chart(
        {"Chart.yaml": ACCEPTED_CHARTS[case], "templates/a.yaml": "{{ omit .Chart `IsRoot` | toJson }}\n"}
    )
    theirs = json.loads(real_helm.template(path).partition("a.yaml\n")[2])

    ours = load(path).metadata.templating()

    assert ours | {"Annotations": ours["Annotations"] or None} == theirs


def test_subcharts_of_subcharts_and_locks(make_chart: MakeChart) -> None:
    chart = load(
        make_chart(
            {
                "Chart.lock": "generated: '2020-01-01T00:00:00Z'\ndigest: sha256:1\ndependencies: [{name: sub}]\n",
                "charts/sub/Chart.yaml": chart_yaml("sub"),
                "charts/sub/charts/deep/Chart.yaml": chart_yaml("deep"),
                "charts/sub/charts/deep/crds/x.yaml": "kind: X\n",
                "crds/a.yml": "kind: A\n",
                "crds/readme.md": "no CRD",
                "values.schema.json": "{}",
            }
        )
    )
    assert chart.lock is not None
    assert (chart.lock.digest, chart.lock.dependencies[0].name) == ("sha256:1", "sub")
    deep = chart.dependencies[0].dependencies[0]
    assert deep.full_path == "c/charts/sub/charts/deep"
    assert [path for path, _ in chart.crds()] == ["c/crds/a.yml", "c/charts/sub/charts/deep/crds/x.yaml"]
    assert chart.schema == b"{}"


@pytest.mark.oracle
@pytest.mark.parametrize(
    "files",
    [
        {"charts/readme.md": "no chart"},
        {"charts/sub/values.yaml": "a: 1"},
        {"charts/sub/Chart.yaml": "name: [x]"},
        {"charts/sub/Chart.yaml": chart_yaml("sub"), "charts/sub/values.yaml": "text"},
        {"charts/sub/Chart.yaml": chart_yaml("sub"), "charts/sub/charts/deep/Chart.yaml": "name: deep\n"},
        {"values.yaml": "text"},
        {"Chart.lock": "generated: 2020\n"},
        {"Chart.lock": "digest: [x]\n"},
        {"requirements.yaml": "dependencies: x\n"},
    ],
)
def test_broken_parts_are_refused_with_helms_words(files: Files, make_chart: MakeChart, real_helm: Helm) -> None:
    path = make_chart({"templates/a.yaml": "a: b\n", **files})
    with pytest.raises(ChartError) as caught:
        load(path)
    assert str(caught.value) == real_helm.refusal("template", "x", str(path))
    assert caught.value.location is not None


@pytest.mark.oracle
def test_links_are_followed_as_helm_follows_them(make_chart: MakeChart, real_helm: Helm, tmp_path: Path) -> None:
    path = make_chart({"templates/a.yaml": LIST_FILES})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "one.txt").write_text("1")
    os.symlink(outside, path / "linked")
    os.symlink(outside / "one.txt", path / "file.txt")
    warnings: list[str] = []

    names = sorted(file.name for file in load(path, warnings.append).files)

    assert names == real_helm.template(path).strip().partition("files: ")[2].rstrip("|").split("|")
    assert len([warning for warning in warnings if "symbolic link" in warning]) == 2


def test_links_that_lead_nowhere_or_in_circles(make_chart: MakeChart) -> None:
    path = make_chart({"templates/a.yaml": "a: b\n"})
    os.symlink("..", path / "templates" / "loop")
    with pytest.raises(ChartError, match="link to a folder that it lies in"):
        load(path)
    os.unlink(path / "templates" / "loop")
    os.symlink("nothere", path / "broken")
    with pytest.raises(ChartError, match=r"error evaluating symlink .*broken"):
        load(path)


def test_pipes_and_large_files_are_refused(make_chart: MakeChart) -> None:
    path = make_chart({"templates/a.yaml": "a: b\n"})
    os.mkfifo(path / "pipe")
    with pytest.raises(ChartError, match=r"cannot load irregular file .*pipe"):
        load(path)
    os.unlink(path / "pipe")
    with open(path / "large", "wb") as stream:
        stream.truncate(100 * 1024 * 1024 + 1)
    with pytest.raises(ChartError, match="error reading large: chart exceeds maximum decompressed size"):
        load(path)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["nothere.tgz", "values.yaml", "text.tgz", "empty"])
def test_what_is_no_chart(name: str, tmp_path: Path, real_helm: Helm) -> None:
    (tmp_path / "values.yaml").write_text("a: b\n")
    (tmp_path / "text.tgz").write_text("hello\n")
    (tmp_path / "empty").mkdir()
    path = tmp_path / name
    with pytest.raises(SteersmanError) as caught:
        load(path)
    if path.exists():
        assert str(caught.value) == real_helm.refusal("template", "x", str(path))


GLOBS = [
    "*", "**", "a.txt\\", "[\\a].txt", "[a\\]].txt", "[a-b-c].txt", "[-a].txt", "a.t{xt", "{,a.txt}", "*.txt",
    "**.txt", "docs/*", "docs/**", "docs/*/*", "**/a.txt", "?.txt", "{a,b}.txt", "{a.txt,docs/**}", "[ab].txt",
    "[!a].txt", "[a-b].txt", "[!a-a].txt", "docs/{x,deep/y}.md", "\\*.txt", "a", "", "[", "a}", "***", "*/a*",
    "[a-].txt", "{*.md,b*}", "[]a].txt", "docs/?*",
]  # fmt: skip


@pytest.mark.oracle
def test_globs_choose_what_helms_choose(make_chart: MakeChart, real_helm: Helm) -> None:
    lines = "".join(
        f'g{number}: "{{{{ range $name, $_ := .Files.Glob {json.dumps(pattern)} }}}}{{{{ $name }}}}|{{{{ end }}}}"\n'
        for number, pattern in enumerate(GLOBS)
    )
    path = make_chart({**TREE, "templates/a.yaml": lines, "charts/sub/templates/a.yaml": ""})
    theirs = dict(line.split(": ", 1) for line in real_helm.template(path).splitlines() if line.startswith("g"))
    names = sorted(file.name for file in load(path).files)
    ours = {}
    for number, pattern in enumerate(GLOBS):
        try:
            matcher = glob.compiled(pattern)
            chosen = [name for name in names if matcher.fullmatch(name)]
        except glob.BadGlob:
            chosen = names
        ours[f"g{number}"] = '"' + "".join(f"{name}|" for name in chosen) + '"'
    assert {GLOBS[int(key[1:])]: value for key, value in ours.items()} == {
        GLOBS[int(key[1:])]: value for key, value in theirs.items()
    }


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*c", "abc", True),
        ("a*", "a/b", False),
        ("a*/b", "abc/b", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a[!a]b", "a☺b", False),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "α", True),
        ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False),
        ("[\\]a]", "]", True),
        ("[\\-]", "-", True),
        ("[x\\-]", "z", False),
        ("a\\*", "a*", True),
        ("[z-a]", "b", False),
        ("[^z-a]", "b", True),
    ],
)
def test_path_patterns(pattern: str, path: str, expected: bool) -> None:
    assert pathmatch.match(pattern, path) is expected


@pytest.mark.parametrize(
    "pattern", ["[", "[]", "[]a]", "[-]", "[x-]", "[-x]", "a[", "[a-b-c]", "a\\", "[\\", "[^", "[^bc"]
)
def test_path_patterns_that_cannot_be_read(pattern: str) -> None:
    with pytest.raises(pathmatch.BadPattern):
        pathmatch.match(pattern, "a")
