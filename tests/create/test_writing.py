"""Hooks go into charts all or nothing, and leave what is there as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from steersman.create.chart import create_chart
from steersman.create.request import Kind
from steersman.create.writing import add_hook, write_all
from steersman.errors import ChartError, UsageError

from .test_hooks import PLAIN, plain_chart, request

TEMPLATE = "templates/hooks/cache-flush.yaml"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_values_are_appended_and_the_rest_stays_byte_for_byte(tmp_path: Path) -> None:
    chart = plain_chart(tmp_path)
    before = contents(chart)
    written = add_hook(chart, request(Kind.CACHE))
    after = contents(chart)
    assert written == (chart / TEMPLATE, chart / "values.yaml")
    assert after.keys() - before.keys() == {TEMPLATE}
    text = after["values.yaml"].decode()
    assert text.startswith(PLAIN["values.yaml"])
    assert yaml.safe_load(text).keys() == {"size", "cacheFlush"}


def test_nothing_is_overwritten_without_force_and_with_it_only_the_hook(tmp_path: Path) -> None:
    chart = plain_chart(tmp_path)
    add_hook(chart, request(Kind.CACHE))
    with (chart / "values.yaml").open("a") as values:
        values.write("\n# The last word.\nlast: true\n")
    before = contents(chart)
    with pytest.raises(UsageError, match="is there already"):
        add_hook(chart, request(Kind.CACHE, host="other"))
    (chart / TEMPLATE).unlink()
    with pytest.raises(UsageError, match="has a key cacheFlush already"):
        add_hook(chart, request(Kind.CACHE, host="other"))
    assert contents(chart) == {name: data for name, data in before.items() if name != TEMPLATE}

    add_hook(chart, request(Kind.CACHE, host="other"), force=True)
    expected = before["values.yaml"].decode().replace("host: db.example", "host: other")
    assert contents(chart) == {**before, "values.yaml": expected.encode()}


def test_values_of_another_meaning_are_not_replaced_even_with_force(tmp_path: Path) -> None:
    chart = plain_chart(tmp_path)
    before = contents(chart)
    with pytest.raises(UsageError, match="has a key size that is no hook's"):
        add_hook(chart, request(Kind.CACHE, name="size"), force=True)
    assert contents(chart) == before


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("values.yaml", "{}\n", "nothing can be appended"),
        ("values.yaml", "a: 1\n---\nb: 2\n", "nothing can be appended"),
        ("values.yaml", "- a\n", "cannot load values.yaml"),
        ("values.schema.json", '{"additionalProperties": false, "properties": {"size": {}}}', "does not render"),
        ("templates/bad.yaml", "{{ fail `no` }}", "does not render"),
    ],
)
def test_a_chart_that_cannot_take_it_is_left_as_it_was(file: str, text: str, said: str, tmp_path: Path) -> None:
    chart = plain_chart(tmp_path)
    (chart / file).write_text(text)
    before = contents(chart)
    with pytest.raises(ChartError, match=said):
        add_hook(chart, request(Kind.CACHE))
    assert contents(chart) == before


def test_when_a_file_cannot_take_its_place_the_others_are_put_back(tmp_path: Path) -> None:
    chart = plain_chart(tmp_path)
    (chart / TEMPLATE / "in-the-way").mkdir(parents=True)
    before = contents(chart)
    with pytest.raises(ChartError, match="nothing was changed"):
        write_all(chart, {"new.yaml": "new", "values.yaml": "changed: true\n", TEMPLATE: "in the way"})
    assert contents(chart) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"secret": ""}, "needs --secret"),
        ({"database_name": ""}, "needs --database-name"),
        ({"name": "Not_A_Name"}, "cannot name a Job"),
        ({"name": "x" * 31}, "cannot name a Job"),
        ({"event": "pre-instal"}, "is no hook event"),
        ({"database_version": "latest"}, "is no version"),
        ({"host": "db\nevil: true"}, "characters that do not belong"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(words: dict[str, Any], said: str, tmp_path: Path) -> None:
    chart = create_chart(tmp_path / "shop")
    before = contents(chart)
    with pytest.raises(UsageError, match=said):
        add_hook(chart, request(Kind.MIGRATION, **words))
    assert contents(chart) == before


def test_a_chart_is_not_created_over_another(tmp_path: Path) -> None:
    create_chart(tmp_path / "shop")
    with pytest.raises(UsageError, match="is there already"):
        create_chart(tmp_path / "shop")
    with pytest.raises(UsageError, match="cannot name a chart"):
        create_chart(tmp_path / "My Shop")
