"""What a person reads when the API server is not well: one error with the way out, exit code 1, in the time that was given."""

from __future__ import annotations

import json
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from steersman.cli.completing import completer
from steersman.kube import retry

from .conftest import Steer

Chart = Callable[..., Path]
BUSY = json.dumps({"kind": "Status", "code": 503, "reason": "ServiceUnavailable", "message": "etcd is away"}).encode()


class Handler(socketserver.BaseRequestHandler):
    """Answers each request in the way of its server, or not at all."""

    def handle(self) -> None:
        while data := self.request.recv(65536):
            if self.server.busy and b"\r\n\r\n" in data:  # type: ignore[attr-defined]
                head = b"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BUSY)
                self.request.sendall(head + BUSY)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    busy = False


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steer: Steer) -> Iterator[Server]:
    """One that takes connections; the kubeconfig leads to it."""
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        names = {"clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}]}
        context = {"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c"}}]}
        (tmp_path / "kubeconfig").write_text(json.dumps({**names, **context}))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.setattr(retry, "FIRST_DELAY_SECONDS", 0.01)
        monkeypatch.setattr("steersman.kube.trouble.SHORT_SECONDS", 0.05)
        yield server
        server.shutdown()


@pytest.mark.parametrize("action", ["install", "upgrade", "rollback", "uninstall", "test"])
@pytest.mark.parametrize("policy", ["rollback", "helm"])
def test_an_action_ends_within_its_timeout(
    steer: Steer, server: Server, chart: Chart, action: str, policy: str
) -> None:
    given = (str(chart({})),) if action in ("install", "upgrade") else ()
    began = time.monotonic()
    shown = steer(action, "app", *given, "--timeout", "300ms", "--failure-policy", policy)
    assert time.monotonic() - began < 30
    assert (shown.code, shown.out) == (1, "")
    assert f"http://127.0.0.1:{server.server_address[1]}" in shown.err
    assert "no answer within" in shown.err
    assert shown.err.count("Error: ") == 1
    if policy == "rollback":
        assert "Nothing of release 'app' was touched." in shown.err


@pytest.mark.parametrize("words", [("list",), ("uninstall", "app", "--timeout", "600ms")])
def test_a_server_that_is_silent_is_told_of_while_it_is_waited_for(
    steer: Steer, server: Server, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.6)
    monkeypatch.setattr("steersman.kube.slow.SLOW_SECONDS", 0.05)
    shown = steer(*words)
    assert (shown.code, shown.out) == (1, "")
    told, error, *_ = shown.err.splitlines()
    address = re.escape(f"http://127.0.0.1:{server.server_address[1]}")
    assert re.fullmatch(rf"API server {address} has not answered [A-Z]+ /\S+ yet, waiting for up to 0\.\d+ s", told)
    assert error.startswith("Error: ")


def test_a_shell_that_asks_is_told_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.6)
    monkeypatch.setattr("steersman.kube.slow.SLOW_SECONDS", 0.05)
    complete = completer("RELEASE")
    assert complete is not None
    assert complete(click.Context(click.Command("status")), click.Argument(["name"]), "") == []
    assert capfd.readouterr() == ("", "")


def test_a_question_ends_soon(steer: Steer, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.1)
    for words in (("list",), ("status", "app"), ("history", "app"), ("get", "values", "app")):
        shown = steer(*words)
        assert (shown.code, shown.out) == (1, "")
        assert "no answer within 0.1 s\nIs the API server up" in shown.err


@pytest.mark.parametrize("words", [("list",), ("test", "app", "--timeout", "500ms")])
def test_a_server_that_is_busy_is_told_of_while_it_is_waited_for(
    steer: Steer, server: Server, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    server.busy = True
    monkeypatch.setattr(retry, "DEFAULT_BUDGET_SECONDS", 0.5)
    shown = steer(*words)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    assert (shown.code, shown.out) == (1, "")
    lines = shown.err.splitlines()
    assert lines[0].startswith(f"API server {address} answers 503 (etcd is away), retrying for up to 0.")
    assert f"the API server {address} answers 503 ServiceUnavailable: etcd is away" in lines[1]
    assert "readyz" in lines[2]
