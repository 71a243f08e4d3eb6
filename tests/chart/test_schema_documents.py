"""Schemas that refer to other documents: fetched, and refused, as the real helm does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from steersman.chart import schema_documents
from steersman.chart.schema import check
from steersman.chart.schema_documents import NotLoaded, load
from steersman.cli.main import run
from steersman.errors import SchemaError

from .conftest import Helm

DOCUMENTS = {
    "/outer.json": '{"type": "object", "properties": {"a": {"$ref": "inner.json#/definitions/word"}}}',
    "/inner.json": '{"definitions": {"word": {"type": "string"}}}',
    "/broken.json": "not json",
}


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = DOCUMENTS.get(self.path)
            self.send_response(200 if text else 404)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (tmp_path / "c" / "values.yaml").write_text("a: 1\n")
    (tmp_path / "inner.json").write_text(DOCUMENTS["/inner.json"])
    return tmp_path / "c"


@pytest.mark.oracle
@pytest.mark.parametrize(
    "reference",
    [
        "{web}/outer.json",
        "{web}/none.json",
        "{web}/broken.json",
        "http://127.0.0.1:1/s.json",
        "file://{folder}/inner.json",
        "file://{folder}/none.json",
        "inner.json",
        "ftp://example.com/s.json",
    ],
)
def test_what_a_reference_leads_to(
    reference: str, web: str, chart: Path, real_helm: Helm, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = reference.format(web=web, folder=chart.parent)
    (chart / "values.schema.json").write_text(json.dumps({"$ref": uri}))
    theirs = real_helm.run("template", "x", str(chart))
    code = run(["template", "x", str(chart)])
    ours = capsys.readouterr()
    assert (code, ours.out) == (theirs.returncode, theirs.stdout)
    assert ours.err.startswith(theirs.stderr.rstrip("\n"))
    assert run(["template", "x", str(chart), "--skip-schema-validation"]) == 0


def test_the_answer_is_not_kept_for_values_that_were_good(chart: Path, web: str) -> None:
    (chart / "values.schema.json").write_text(json.dumps({"$ref": f"{web}/changing.json"}))
    DOCUMENTS["/changing.json"] = "{}"
    words = ["template", "x", str(chart)]
    assert run(words) == 0
    DOCUMENTS["/changing.json"] = DOCUMENTS["/outer.json"]
    from steersman.chart.schema import _validator

    _validator.cache_clear()  # as in a process of its own
    assert run(words) == 1


def test_a_document_has_a_largest_size(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_documents, "LARGEST", 10)
    with pytest.raises(NotLoaded, match="larger than"):
        load(f"file://{chart.parent}/inner.json")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "schema",
    [
        '{"$defs": {"x": {"$ref": "GONE"}}}',
        '{"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}, "y": {"$ref": "GONE"}}}',
        '{"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"$ref": "GONE"}}}',
        '{"properties": {"a": {"$ref": "#x"}}, "$defs": {"x": {"$anchor": "x"}, "y": {"$ref": "GONE"}}}',
        '{"properties": {"a": {"$ref": "#x"}}, "$defs": {"x": {"$anchor": "x", "$ref": "GONE"}}}',
        '{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/x", "not": {"$ref": "GONE"}, '
        '"definitions": {"x": {}}}',
        '{"properties": {"a": {"properties": {"b": {"$ref": "GONE/deep"}}}, "c": {"$ref": "GONE"}}}',
        '{"allOf": [{"items": {"$ref": "GONE"}}], "anyOf": [{"$ref": "{web}/inner.json"}]}',
        '{"properties": {"a": {"$ref": "{web}/outer.json"}}, "$defs": {"x": {"$ref": "GONE"}}}',
        '{"$id": "{web}/none.json", "properties": {"a": {"$ref": "none.json#/$defs/x"}}, '
        '"$defs": {"x": {"type": "string"}, "y": {"$ref": "gone.json"}}}',
    ],
)
def test_only_what_is_needed_has_to_be_there(
    schema: str, web: str, chart: Path, real_helm: Helm, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = "http://127.0.0.1:1/gone.json"
    (chart / "values.schema.json").write_text(schema.replace("GONE", gone).replace("{web}", web))
    theirs = real_helm.run("template", "x", str(chart))
    code = run(["template", "x", str(chart)])
    ours = capsys.readouterr()
    assert (code, ours.out) == (theirs.returncode, theirs.stdout)
    assert ours.err.startswith(theirs.stderr.rstrip("\n"))


@pytest.mark.parametrize(
    "draft",
    [
        "http://json-schema.org/schema#",
        "https://json-schema.org/schema",
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ],
)
def test_what_every_validator_has_is_not_fetched(draft: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def loaded(uri: str) -> bool:
        asked.append(uri)
        return True

    monkeypatch.setattr(schema_documents, "load", loaded)
    text = json.dumps({"$schema": draft, "properties": {"a": {"type": "integer"}, "b": {"$ref": draft}}}).encode()
    check("c", text, {"a": 1, "b": {}})
    with pytest.raises(SchemaError, match="got string, want integer"):
        check("c", text, {"a": "one"})
    assert asked == []
