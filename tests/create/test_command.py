"""`steer create` as it is typed: by options, by answers, and with something missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import steersman.cli.create as create
from steersman.cli.main import run
from steersman.create.chart import create_chart
from steersman.create.request import Engine, HookRequest, Kind, Tool

UNSAID = {
    "database_version": "",
    "host": "",
    "database_name": "",
    "secret": "",
    "user_key": "username",
    "password_key": "password",
    "image": "",
    "migration_tool": "sql",
    "event": "",
    "name": "",
}


def test_a_chart_and_a_hook_by_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["create", "chart", "shop"]) == 0
    assert run(["create", "hook", "--chart", "shop", "--kind", "cache", "--secret", "redis-auth"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Creating shop\nwrote shop/templates/hooks/cache-flush.yaml\nwrote shop/values.yaml\n")
    assert run(["review", "shop", "--fail-on", "warning"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--kind is missing"),
        (["--kind", "backup", "--secret", "creds"], "a backup hook needs --database-name"),
        (
            ["--kind=migration", "--database-name=a", "--secret=b", "--migration-tool=flyway"],
            "--migration-tool flyway needs --image",
        ),
        (["--kind", "backup", "--database-name=a", "--secret=b", "--event", "pre-install"], "has no volume"),
    ],
)
def test_what_is_missing_is_said_where_nobody_can_be_asked(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = create_chart(tmp_path / "shop")
    assert run(["create", "hook", "--chart", str(chart), *words]) == 1
    assert said in capsys.readouterr().err


def test_no_chart_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["create", "hook", "--chart", str(tmp_path / "none"), "--kind", "cache"]) == 1
    assert "no such chart folder" in capsys.readouterr().err


def test_answers_make_the_same_request_as_options() -> None:
    answers = "sequence\nmysql\n8.0\ndb.example\nshop\nshop-db\n\n\n"
    with CliRunner().isolation(input=answers):
        asked = create.complete(None, None, dict(UNSAID), asking=True)
    assert asked == HookRequest(
        Kind.SEQUENCE,
        Engine.MYSQL,
        database_version="8.0",
        host="db.example",
        database_name="shop",
        secret="shop-db",
        migration_tool=Tool.SQL,
        event="pre-install,pre-upgrade",
        name="db-upgrade",
    )


def test_a_name_alone_means_a_chart_as_it_does_to_helm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["create", "web"]) == 0
    assert (tmp_path / "web" / "Chart.yaml").is_file()
    assert run(["create", "hok"]) == 1
    assert "Did you mean hook?" in capsys.readouterr().err
    assert not (tmp_path / "hok").exists()
