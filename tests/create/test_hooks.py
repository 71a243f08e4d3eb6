"""Every kind of hook for every database: rendered as the real helm renders it, and reviewed without a finding."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from steersman.chart.load import load
from steersman.create.chart import create_chart
from steersman.create.request import Engine, HookRequest, Kind, Tool
from steersman.create.writing import add_hook
from steersman.review.build import from_chart
from steersman.review.model import Severity
from steersman.review.runner import review

PLAIN = {
    "Chart.yaml": "apiVersion: v2\nname: plain\nversion: 1.0.0\n",
    "values.yaml": "# All that there is.\nsize: 1 # small\n",
    "templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n",
}


def request(kind: Kind, database: Engine = Engine.POSTGRES, **words: Any) -> HookRequest:
    given = {"database_name": "shop", "secret": "shop-db", "host": "db.example"} | words
    return HookRequest(kind, database, **given)


def plain_chart(folder: Path) -> Path:
    for name, text in PLAIN.items():
        file = folder / "plain" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "plain"


def faults(chart: Path) -> list[str]:
    """What the review finds at severity warning or above."""
    found = review(from_chart(load(chart), {})).findings
    return [f"{each.rule} {each.item.title}: {each.message}" for each in found if each.severity is not Severity.INFO]


def rendered(helm: Path, chart: Path, *words: str) -> str:
    done = subprocess.run([helm, "template", "trial", chart, *words], capture_output=True, text=True, check=True)
    return done.stdout


def jobs(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text) if each and each["kind"] == "Job"]


TABLE = [(kind, database, Tool.SQL) for kind in Kind for database in Engine] + [
    (kind, database, tool)
    for kind in (Kind.MIGRATION, Kind.SEQUENCE)
    for database in Engine
    for tool in (Tool.ALEMBIC, Tool.FLYWAY)
]


@pytest.mark.parametrize(("kind", "database", "tool"), TABLE, ids=lambda value: str(value))
def test_every_kind_passes_review(kind: Kind, database: Engine, tool: Tool, tmp_path: Path) -> None:
    image = "" if tool is Tool.SQL else "registry.example.com/shop:1.2.3"
    for chart in (create_chart(tmp_path / "shop"), plain_chart(tmp_path)):
        add_hook(chart, request(kind, database, migration_tool=tool, image=image))
        assert faults(chart) == []


@pytest.mark.oracle
@pytest.mark.parametrize("database", list(Engine))
def test_all_kinds_in_one_chart_render_as_in_helm_and_lint(database: Engine, tmp_path: Path, helm: Path) -> None:
    from steersman.chart.capabilities import Capabilities
    from steersman.chart.render import ReleaseOptions, prepare, render

    chart = create_chart(tmp_path / "shop")
    for kind in Kind:
        add_hook(chart, request(kind, database))
    assert faults(chart) == []
    subprocess.run([helm, "lint", "--strict", chart], check=True, capture_output=True)
    files = render(
        prepare(load(chart), {}), ReleaseOptions("trial", "default"), capabilities=Capabilities.for_rendering("", [])
    )
    ours = {document.path: document.manifest.strip() for document in files.hooks}
    theirs = rendered(helm, chart)
    assert len(ours) == len(Kind)
    for path, manifest in ours.items():
        assert f"# Source: {path}\n{manifest}" in theirs


def test_the_lessons_prompts_give_three_jobs_weighted_minus_10_0_and_10_for_its_environment(
    tmp_path: Path, helm: Path
) -> None:
    """The lesson's parts 1 and 2: backup, migration, check; PostgreSQL 13, agent_db, the Secret postgres-creds."""
    chart = create_chart(tmp_path / "agent")
    wanted = HookRequest(
        Kind.SEQUENCE, Engine.POSTGRES, database_version="13", database_name="agent_db", secret="postgres-creds"
    )
    add_hook(chart, wanted)
    made = jobs(rendered(helm, chart))
    weights = {job["metadata"]["name"]: job["metadata"]["annotations"]["helm.sh/hook-weight"] for job in made}
    assert weights == {
        "trial-agent-db-upgrade-backup": "-10",
        "trial-agent-db-upgrade-migrate": "0",
        "trial-agent-db-upgrade-validate": "10",
    }
    for job in made:
        annotations = job["metadata"]["annotations"]
        assert "pre-upgrade" in annotations["helm.sh/hook"].split(",")
        assert annotations["helm.sh/hook-delete-policy"] == "hook-succeeded,before-hook-creation"
        (container,) = job["spec"]["template"]["spec"]["containers"]
        env = {entry["name"]: entry for entry in container["env"]}
        assert container["image"] == "postgres:13"
        assert env["PGDATABASE"]["value"] == "agent_db"
        for name, key in (("PGUSER", "username"), ("PGPASSWORD", "password")):
            assert env[name]["valueFrom"]["secretKeyRef"] == {"name": "postgres-creds", "key": key}
    assert "IF NOT EXISTS" in made[1]["spec"]["template"]["spec"]["containers"][0]["command"][2]


@pytest.mark.oracle
def test_names_that_look_like_numbers_stay_words(tmp_path: Path, helm: Path) -> None:
    chart = plain_chart(tmp_path)
    odd = request(Kind.MIGRATION, database_name="2024", secret="0123", user_key="true", password_key="null", host="1.5")
    add_hook(chart, odd)
    (job,) = jobs(rendered(helm, chart))
    env = {entry["name"]: entry for entry in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert (env["PGHOST"]["value"], env["PGDATABASE"]["value"]) == ("1.5", "2024")
    assert env["PGUSER"]["valueFrom"]["secretKeyRef"] == {"name": "0123", "key": "true"}
    assert env["PGPASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "0123", "key": "null"}
