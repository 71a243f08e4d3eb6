"""`steer review`: what it takes, prints, changes and returns."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from steersman.cli.main import run

TEMPLATE = """# A migration.
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: hook-failed  # keep the good ones
spec:
  backoffLimit: 0
  activeDeadlineSeconds: 60
  ttlSecondsAfterFinished: 10
  template:
    spec:
      restartPolicy: OnFailure
      automountServiceAccountToken: false
      containers:
      - name: migrate
        image: postgres:15.8
        command: [alembic, upgrade, head]
        resources: {limits: {memory: 64Mi}}
        securityContext: {allowPrivilegeEscalation: false}
"""
MENDED = (
    TEMPLATE.replace("policy: hook-failed  #", "policy: before-hook-creation,hook-failed  #")
    .replace("  ttlSecondsAfterFinished: 10\n", "")
    .replace("OnFailure", "Never")
)
FOUND = ["delete-policy-old-result", "delete-policy-destroys-evidence", "hook-ttl", "hook-retries"]


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: demo\nversion: 1.0.0\n")
    (folder / "templates" / "migrate.yaml").write_text(TEMPLATE)
    return folder


def read(capsys: pytest.CaptureFixture[str], chart: Path, *words: str) -> list[str]:
    """The ids of the rules that fire, as the JSON output has them."""
    run(["review", str(chart), "-o", "json", *words])
    return [finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]]


def test_text_shows_template_lines(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["review", str(chart)]) == 1
    shown = capsys.readouterr().out
    assert "error[delete-policy-old-result]: " in shown
    assert "  --> demo/templates/migrate.yaml:8, Job/release-name-migrate" in shown
    assert "    8 >     helm.sh/hook-delete-policy: hook-failed  # keep the good ones\n" in shown
    assert shown.endswith("demo: 1 error, 3 warnings in 1 hooks and 0 other resources\n")


def test_json_names_rule_and_place(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["review", str(chart), "-o", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["rule"] for finding in findings] == FOUND
    assert [finding["line"] for finding in findings] == [8, 8, 12, 15]
    assert [finding["fixable"] for finding in findings] == [True, False, True, True]


def test_sarif(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["review", str(chart), "-o", "sarif"])
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == "2.1.0"
    (only,) = document["runs"]
    assert [result["ruleId"] for result in only["results"]] == FOUND
    place = only["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 8}
    assert Path(place["artifactLocation"]["uri"]).is_file()
    assert {result["ruleId"] for result in only["results"]} <= {rule["id"] for rule in only["tool"]["driver"]["rules"]}


def test_junit(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["review", str(chart), "-o", "junit"])
    suite = ElementTree.fromstring(capsys.readouterr().out)
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert sorted(failed, key=str) == sorted(f"{rule} Job/release-name-migrate" for rule in FOUND)
    assert suite.get("failures") == "4"
    assert suite.get("tests") == str(len(suite))


def test_fix_keeps_comments_and_layout(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["review", str(chart), "--fix"]) == 1
    assert (chart / "templates" / "migrate.yaml").read_text() == MENDED
    assert "fixed 3 of 4 findings" in capsys.readouterr().err
    assert read(capsys, chart) == ["delete-policy-destroys-evidence"]
    run(["review", str(chart), "--fix"])
    assert "before-hook-creation  # keep" in (chart / "templates" / "migrate.yaml").read_text()
    assert run(["review", str(chart)]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-on", "never"], 0),
        (["--skip", "delete-policy-old-result", "--fail-on", "error"], 0),
        (["--rule", "mutable-image-tag"], 0),
        (["--rule", "hook-ttl"], 1),
        (["--rule", "hook-ttl", "--fail-on", "error"], 0),
        (["--rule", "no-such"], 2),
        (["--no-such-option"], 2),
        (["--set", "a"], 2),
    ],
)
def test_exit_code(chart: Path, words: list[str], code: int) -> None:
    assert run(["review", str(chart), *words]) == code


@pytest.mark.parametrize(
    "what", [[], ["no/such.yaml"], ["no-such-chart.tgz"]], ids=["nothing", "no file", "no archive"]
)
def test_what_cannot_be_reviewed(what: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["review", *what]) == 2


def test_manifest_lines_are_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n" + TEMPLATE.replace("{{ .Release.Name }}", "x")
    )
    run(["review", str(path), "--rule", "hook-ttl", "-o", "json"])
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["path"], finding["line"]) == (str(path), 16)


CONFIGURATIONS = [
    ("review: {disable: [hook-ttl]}", 1, [rule for rule in FOUND if rule != "hook-ttl"]),
    ("review: {options: {hook-ttl: {harmless_from: 5}}}", 1, [rule for rule in FOUND if rule != "hook-ttl"]),
    ("review: {severity: {hook-retries: error}}", 1, [FOUND[0], FOUND[3], FOUND[1], FOUND[2]]),
    ("other: 1", 1, FOUND),
    ("review: {disable: [no-such-rule]}", 2, None),
    ("review: {severity: {hook-ttl: fatal}}", 2, None),
    ("review: {unknown: 1}", 2, None),
    ("review: {disable: hook-ttl}", 2, None),
    ("review: {options: {hook-ttl: 5}}", 2, None),
    ("review: {options: {hook-ttl: {harmles_from: 5}}}", 2, None),
    ("review: [", 2, None),
]


@pytest.mark.parametrize(("text", "code", "rules"), CONFIGURATIONS, ids=[text for text, _, _ in CONFIGURATIONS])
def test_configuration(
    chart: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, rules: list[str] | None
) -> None:
    (chart / ".steersman.yaml").write_text(text)
    assert run(["review", str(chart)]) == code
    shown = capsys.readouterr()
    if rules is None:
        assert shown.err.startswith("Error: ")
        assert ".steersman.yaml" in shown.err
    else:
        assert read(capsys, chart) == rules


def test_suppression_with_reason_is_heard(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = TEMPLATE.replace(
        "  ttlSeconds", "  # steersman:ignore hook-ttl: an operator watches it\n  ttlSeconds"
    ).replace(
        "  annotations:\n", '  annotations:\n    steersman.dev/review-ignore: "hook-retries: quick and harmless"\n'
    )
    (chart / "templates" / "migrate.yaml").write_text(template)
    assert read(capsys, chart) == FOUND[:2]
    run(["review", str(chart), "-o", "json"])
    accepted = json.loads(capsys.readouterr().out)["suppressed"]
    assert {one["rule"]: one["reason"] for one in accepted} == {
        "hook-ttl": "an operator watches it",
        "hook-retries": "quick and harmless",
    }


def test_suppression_without_reason_is_a_finding(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (chart / "templates" / "migrate.yaml").write_text(TEMPLATE.replace("# A migration.", "# steersman:ignore hook-ttl"))
    assert sorted(read(capsys, chart)) == sorted([*FOUND, "suppression-without-reason"])


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["review", "--list-rules"]) == 0
    listed = capsys.readouterr().out
    assert "hook-ttl " in listed
    assert run(["review", "--explain", "hook-ttl"]) == 0
    assert capsys.readouterr().out.startswith("hook-ttl (lifecycle, warning): ")
    assert run(["review", "--explain", "no-such"]) == 2
