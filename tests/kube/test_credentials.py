"""Tokens, token files and exec plugins become headers; a 401 brings a new credential."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from steersman.errors import ClusterUnreachable, Unauthorized
from steersman.kube import exec_plugin
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.blocking_network import BlockingNetwork, run
from steersman.kube.client import Client
from steersman.kube.config import Connection, Credentials, ExecPlugin, Impersonation, Tls
from steersman.kube.credentials import Authenticator
from steersman.kube.session import Session

from .fake_server import FakeServer, answers


def plugin(tmp_path: Path, body: str, **options: Any) -> ExecPlugin:
    """An exec plugin in Python; `info` is its KUBERNETES_EXEC_INFO, `runs` how often it has run."""
    path = tmp_path / "plugin"
    path.write_text(
        f"#!{sys.executable}\nimport json, os, pathlib\ncount = pathlib.Path({str(tmp_path / 'runs')!r})\n"
        "runs = int(count.read_text()) + 1 if count.exists() else 1\ncount.write_text(str(runs))\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "def answer(**status):\n"
        "    print(json.dumps({'kind': 'ExecCredential', 'apiVersion': info['apiVersion'], 'status': status}))\n" + body
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return ExecPlugin("client.authentication.k8s.io/v1", str(path), **options)


def authenticator(connection: Connection) -> Authenticator:
    return Authenticator(connection, BlockingNetwork())


def sent(authenticator: Authenticator) -> list[tuple[str, str]]:
    """The headers of the next request."""
    run(authenticator.ready())
    return authenticator.headers()


def headers(connection: Connection) -> dict[str, str]:
    return dict(sent(authenticator(connection)))


def test_fixed_credentials() -> None:
    assert headers(Connection("s", credentials=Credentials(token="T"))) == {"Authorization": "Bearer T"}
    basic = headers(Connection("s", credentials=Credentials(username="me", password="pw")))
    assert basic == {"Authorization": "Basic bWU6cHc="}
    assert headers(Connection("s")) == {}


def test_impersonation() -> None:
    wanted = Impersonation("jane", ("dev", "ops"), "7", (("a/b", ("x",)),))
    assert sent(authenticator(Connection("s", impersonation=wanted))) == [
        ("Impersonate-User", "jane"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Extra-a%2Fb", "x"),
    ]


def test_a_plugin_runs_once_until_its_credential_expires(tmp_path: Path) -> None:
    lasting = plugin(tmp_path, "answer(token=f'T{runs}', expirationTimestamp='2999-01-01T00:00:00Z')")
    found = authenticator(Connection("s", credentials=Credentials(exec=lasting)))
    assert [sent(found) for _ in range(3)] == [[("Authorization", "Bearer T1")]] * 3
    assert found.refused()
    assert sent(found) == [("Authorization", "Bearer T2")]

    expired = plugin(tmp_path, "answer(token=f'T{runs}', expirationTimestamp='2020-01-01T00:00:00Z')")
    found = authenticator(Connection("s", credentials=Credentials(exec=expired)))
    assert sent(found) != sent(found)


def test_a_plugin_is_told_of_the_cluster(tmp_path: Path) -> None:
    asked = plugin(
        tmp_path,
        "answer(token=json.dumps(info['spec']))",
        provide_cluster_info=True,
        cluster_config={"audience": "me"},
    )
    connection = Connection("https://s", tls=Tls(ca=b"CA", server_name="n"), credentials=Credentials(exec=asked))
    told = json.loads(headers(connection)["Authorization"].removeprefix("Bearer "))
    assert told["interactive"] is False
    assert told["cluster"] == {
        "server": "https://s",
        "certificate-authority-data": "Q0E=",
        "tls-server-name": "n",
        "config": {"audience": "me"},
    }


def test_a_plugin_may_bring_a_client_certificate(tmp_path: Path) -> None:
    bringing = plugin(tmp_path, "answer(clientCertificateData='CERT', clientKeyData='KEY')")
    found = authenticator(Connection("s", credentials=Credentials(exec=bringing)))
    assert sent(found) == []
    assert found.certificate() == (b"CERT", b"KEY")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit(3)", "failed with exit code 3"),
        ("os.kill(os.getpid(), 15)", "was ended by SIGTERM"),
        ("print('nothing')", "did not print an ExecCredential"),
        ("print('{}')", "did not print an ExecCredential with a status"),
        ("answer()", "returned neither a token nor a certificate"),
        (
            "info['apiVersion'] = 'v0'; answer(token='T')",
            "answers in v0, and was asked for client.authentication.k8s.io/v1",
        ),
        ("import signal; signal.pause()", "gave no answer within 0.3 s, and was ended"),
    ],
)
def test_plugins_that_fail(tmp_path: Path, body: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_plugin, "PLUGIN_SECONDS", 0.3 if "pause" in body else 60.0)
    monkeypatch.setattr(exec_plugin, "_is_terminal", lambda _: False)
    with pytest.raises((ClusterUnreachable, Unauthorized), match=message) as caught:
        headers(Connection("s", credentials=Credentials(exec=plugin(tmp_path, body, args=("a b",)))))
    assert caught.value.hint
    if "yourself to see" in caught.value.hint:
        assert caught.value.hint.endswith(f"{tmp_path}/plugin 'a b'")


def test_a_plugin_that_needs_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(exec_plugin, "_is_terminal", lambda _: False)
    asking = plugin(tmp_path, "answer(token='T')", interactive_mode="Always")
    with pytest.raises(ClusterUnreachable, match="needs a terminal") as caught:
        headers(Connection("s", credentials=Credentials(exec=asking)))
    assert "service account" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xff\x00", "no token is made of"),
        (b"a\nb", "no token is made of"),
    ],
)
def test_token_files_that_hold_no_token(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(ClusterUnreachable, match=f"cannot use token file {path}: .*{message}"):
        headers(Connection("s", credentials=Credentials(token_file=str(path))))


def test_a_token_file_that_is_missing() -> None:
    with pytest.raises(ClusterUnreachable, match="cannot read token file /no/token: No such file") as caught:
        headers(Connection("s", credentials=Credentials(token_file="/no/token")))
    assert "tokenFile" in caught.value.hint


def test_a_missing_plugin_tells_how_to_get_it() -> None:
    missing = ExecPlugin("client.authentication.k8s.io/v1", "/no/such/plugin", install_hint="get it at example.com")
    with pytest.raises(ClusterUnreachable, match="No such file") as caught:
        headers(Connection("s", credentials=Credentials(exec=missing)))
    assert caught.value.hint == "get it at example.com"


async def test_a_line_break_in_a_token_is_not_sent(server: FakeServer) -> None:
    credentials = Credentials(token="T\r\nImpersonate-User: root")
    async with Client(Session(Connection(server.url, credentials=credentials), AsyncioNetwork())) as client:
        with pytest.raises(ClusterUnreachable, match="line break") as caught:
            await client.server_version()
    assert "root" not in str(caught.value)
    assert not server.requests


async def test_a_refused_token_file_is_read_again(server: FakeServer, tmp_path: Path) -> None:
    """The kubelet renews a service account's token; the server refuses the old one."""
    token = tmp_path / "token"
    token.write_text("old")
    connection = Connection(server.url, credentials=Credentials(token_file=str(token)))
    async with Client(Session(connection, AsyncioNetwork())) as client:
        await client.server_version()
        token.write_text("new")
        server.fault("POST", answers(401, "Unauthorized"))
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}}
        await client.create(obj)
    sent = [seen.headers["Authorization"] for seen in server.requests]
    assert sent == ["Bearer old", "Bearer old", "Bearer new"]


async def test_a_refused_fixed_token_is_an_error(server: FakeServer) -> None:
    server.fault("GET", answers(401, "Unauthorized", "Unauthorized"), times=9)
    async with Client(Session(Connection(server.url, credentials=Credentials(token="T")), AsyncioNetwork())) as client:
        with pytest.raises(Unauthorized) as caught:
            await client.server_version()
    assert "log in again" in caught.value.hint
    assert len(server.requests) == 1
