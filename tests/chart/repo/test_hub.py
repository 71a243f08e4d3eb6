"""`search hub` beside helm's, against a hub on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from steersman.cli.main import run

from .conftest import Helm

FOUND: list[dict[str, Any]] = [
    {
        "id": "shelf/web",
        "artifactHub": {"packageUrl": "https://hub.test/packages/helm/shelf/web"},
        "attributes": {
            "name": "web",
            "repo": {"name": "shelf", "url": "https://shelf.test"},
            "description": "about the web " * 9,
        },
        "relationships": {"latestChartVersion": {"data": {"version": "1.2.3", "app_version": "9"}}},
    },
    {
        "id": "other/db",
        "attributes": {"name": "db", "repo": {"name": "other", "url": "https://other.test"}, "description": "ü <d>"},
        "relationships": {"latestChartVersion": {"data": {"version": "0.1.0"}}},
    },
]
ANSWERS = {"none": (200, {"data": []}), "odd": (200, ["no hub"]), "broken": (500, {}), "": (200, {"data": FOUND})}
ASKED = [
    "web",
    "web server a&b=c",
    "",
    "web -o json",
    "web -o yaml",
    "web --list-repo-url",
    "web --max-col-width 20",
    "web --max-col-width 0",
    "none",
    "none -o json",
    "none --fail-on-no-result",
    "odd",
    "broken",
]


@pytest.fixture(scope="module")
def hub() -> Iterator[tuple[str, list[str]]]:
    """(address, paths that were asked for)"""
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, answer = next(known for word, known in ANSWERS.items() if word in self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.oracle
@pytest.mark.parametrize("line", ASKED)
@pytest.mark.parametrize("path", ["", "/"])
def test_asked_and_told_as_helm_does(
    line: str, path: str, hub: tuple[str, list[str]], run_helm: Helm, capsys: pytest.CaptureFixture[str]
) -> None:
    address, asked = hub
    words = ["search", "hub", *line.split(), "--endpoint", f"{address}{path}"]
    asked.clear()
    theirs = run_helm(*words, check=False)
    code = run(words)
    ours = capsys.readouterr()
    assert (code, ours.out) == (theirs.returncode, theirs.stdout)
    assert ours.err.split("\n")[0] == theirs.stderr.split("\n")[0]
    assert asked[1] == asked[0]


@pytest.mark.oracle
@pytest.mark.parametrize("endpoint", ["nonsense", "http://127.0.0.1:1", "ftp://x"])
def test_endpoints_that_are_none(endpoint: str, run_helm: Helm, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["search", "hub", "x", "--endpoint", endpoint]
    theirs = run_helm(*words, check=False)
    assert run(words) == theirs.returncode == 1
    assert capsys.readouterr().err.split("\n")[0] == theirs.stderr.split("\n")[0]
