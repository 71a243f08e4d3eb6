"""Which cluster, as whom: kubeconfig files, service accounts and overrides."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from steersman.errors import ClusterUnreachable
from steersman.kube import config
from steersman.kube.config import Impersonation, Overrides, load_connection, names_a_cluster
from steersman.kube.kubeconfig import kubeconfig_files

BASIC = """
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "https://a:6443/prefix/"}}, {name: other, cluster: {server: "https://b:6443"}}]
users: [{name: u, user: {token: T}}, {name: v, user: {username: me, password: secret}}]
contexts:
- {name: here, context: {cluster: c, user: u, namespace: mine}}
- {name: there, context: {cluster: other, user: v}}
- {name: nobody, context: {cluster: other}}
- {name: broken, context: {cluster: none, user: u}}
"""


def pem(text: str) -> bytes:
    """What looks like PEM from outside."""
    return f"-----BEGIN {text}-----\n".encode()


def whole(cluster: str = "", user: str = "") -> str:
    """A kubeconfig whose one cluster and user have these fields, too."""
    return (
        f"clusters: [{{name: c, cluster: {{server: 'https://s'{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x"
    )


EXEC = "exec: {apiVersion: client.authentication.k8s.io/v1, command: p"


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    path = tmp_path / "config"
    path.write_text(BASIC)
    return str(path)


def test_the_current_context(kubeconfig: str) -> None:
    connection = load_connection(kubeconfig)
    assert connection.server == "https://a:6443/prefix"
    assert connection.namespace == "mine"
    assert connection.credentials.token == "T"
    assert connection.where() == f'https://a:6443/prefix (context "here" of {kubeconfig})'


def test_another_context(kubeconfig: str) -> None:
    connection = load_connection(kubeconfig, Overrides(context="there"))
    assert (connection.server, connection.namespace) == ("https://b:6443", "default")
    assert (connection.credentials.username, connection.credentials.password) == ("me", "secret")


def test_a_context_without_user_is_anonymous(kubeconfig: str) -> None:
    assert load_connection(kubeconfig, Overrides(context="nobody")).credentials == config.Credentials()


def test_secrets_do_not_show(kubeconfig: str) -> None:
    shown = repr(load_connection(kubeconfig, Overrides(context="there"))) + repr(load_connection(kubeconfig))
    assert "me" in shown
    assert "'secret'" not in shown
    assert "'T'" not in shown


@pytest.mark.parametrize(
    ("overrides", "message", "hint"),
    [
        (Overrides(context="none"), 'context "none" does not exist in', "broken, here, nobody, there"),
        (
            Overrides(context="broken"),
            'cluster "none", which context "broken" names, does not exist in',
            "Correct the context; of that kind there are: c, other.",
        ),
    ],
)
def test_names_that_lead_nowhere(kubeconfig: str, overrides: Overrides, message: str, hint: str) -> None:
    with pytest.raises(ClusterUnreachable, match=message) as caught:
        load_connection(kubeconfig, overrides)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not a usable kubeconfig"),
        ("{a: 1", "is not a usable kubeconfig"),
        ("- a", "it is not a mapping"),
        ("clusters: [{cluster: {server: x}}]", "an entry of `clusters` has no name"),
        ("contexts: 5", "`contexts` is not a list"),
        ("users: {name: u}", "`users` is not a list"),
        ("users: [{name: u, user: me}]", '`user` of "u" is not a mapping'),
        ("contexts: [{name: x, context: {}}]\ncurrent-context: x", "names no server"),
        ("clusters: [{name: c, cluster: {server: x}}]", "no current-context is set"),
        (
            "clusters: [{name: c, cluster: {server: x, certificate-authority: none.pem}}]\n"
            "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x",
            "unable to read certificate-authority",
        ),
        (
            "clusters: [{name: c, cluster: {server: x}}]\nusers: [{name: u, user: {auth-provider: {name: gcp}}}]\n"
            "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x",
            'the auth provider "gcp"',
        ),
    ],
)
def test_unusable_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ClusterUnreachable, match=message):
        load_connection(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (whole(", certificate-authority-data: '%%%'"), '`certificate-authority-data` of cluster "c" is not base64'),
        (whole(", certificate-authority-data: aGVsbG8"), '`certificate-authority-data` of cluster "c" is not base64'),
        (whole(", certificate-authority-data: ä"), '`certificate-authority-data` of cluster "c" is not base64'),
        (whole(", certificate-authority-data: aGVsbG8="), '`certificate-authority-data` of cluster "c" is not PEM'),
        (whole(", certificate-authority: config"), 'config, the `certificate-authority` of cluster "c", is not PEM'),
        (
            whole(", certificate-authority: no.pem"),
            'unable to read certificate-authority of cluster "c": .*no.pem: No such',
        ),
        (whole(user="client-key-data: aGVsbG8="), '`client-key-data` of user "u" is not PEM'),
        (whole(user="client-key-data: LS0tLS1CRUdJTiA="), 'user "u" has a client-key, but no client-certificate'),
        (whole(user="client-certificate-data: LS0tLS1CRUdJTiA="), "has a client-certificate, but no client-key"),
        (
            whole(", insecure-skip-tls-verify: true, certificate-authority-data: LS0tLS1CRUdJTiA="),
            'cluster "c" has both a certificate-authority and insecure-skip-tls-verify',
        ),
        (
            whole(", insecure-skip-tls-verify: 'false'"),
            '`insecure-skip-tls-verify` of cluster "c" is neither true nor false',
        ),
        (whole(", extensions: [a]"), '`extensions` of cluster "c" is no list of mappings'),
        (whole(user="token: [a]"), '`token` of user "u" is no text'),
        (whole(user="as-user-extra: {a: b}"), '`as-user-extra` of user "u" is no mapping of lists'),
        (whole(user="exec: [a]"), '`exec` of user "u" is no mapping'),
        (whole(user="exec: {args: [a]}"), 'exec of user "u" has no command'),
        (whole(user=EXEC + ", env: [A]}"), '`env` of exec of user "u" is no list of mappings'),
        (whole(user=EXEC + ", interactiveMode: Never, env: [{value: a}]}"), "an entry of env in exec .* has no name"),
        (whole(user=EXEC + "}"), 'interactiveMode of exec of user "u" is missing, which that apiVersion asks for'),
        (
            whole(user=EXEC + ", interactiveMode: Now}"),
            "interactiveMode .* is 'Now'; it is one of Never, IfAvailable, Always",
        ),
        (whole().replace("user: u}", "user: v}"), 'user "v", which context "x" names, does not exist in'),
        ("current-context: gone", 'context "gone" does not exist in'),
        ("a:\n- b\n c: d", r"line 3, column \d: "),
    ],
)
def test_mistakes_are_told_with_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    """kubectl 1.37.1 refuses these, too, in words of Go's decoder or of none at all."""
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ClusterUnreachable, match=message) as caught:
        load_connection(str(path))
    assert str(path) in str(caught.value) or str(tmp_path) in str(caught.value)
    assert caught.value.hint


def test_files_that_do_not_exist_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", "/no/such:/nor/this")
    with pytest.raises(ClusterUnreachable, match="KUBECONFIG names /no/such, /nor/this, which do not exist"):
        load_connection()
    (tmp_path / "empty").write_text("")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "empty"))
    with pytest.raises(ClusterUnreachable, match="empty names no cluster"):
        load_connection()


def test_wrapped_base64_is_read(tmp_path: Path) -> None:
    """As `base64 file` wraps it."""
    data = base64.encodebytes(pem("CA") * 5).decode().replace("\n", "\n      ")
    (tmp_path / "config").write_text(whole(f', certificate-authority-data: "{data}"'))
    assert load_connection(str(tmp_path / "config")).tls.ca == pem("CA") * 5


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClusterUnreachable, match="is not a usable kubeconfig: it is not UTF-8 text"):
        load_connection(str(path))


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ClusterUnreachable, match="No such file"):
        load_connection(str(tmp_path / "none"))


def test_nothing_names_a_cluster() -> None:
    assert not names_a_cluster()
    with pytest.raises(ClusterUnreachable, match="no kubeconfig found") as caught:
        load_connection()
    assert "steer cluster start" in caught.value.hint
    assert names_a_cluster(overrides=Overrides(server="https://x"))
    assert load_connection(overrides=Overrides(server="https://x", token="t")).server == "https://x"


def test_several_files_are_merged_and_the_first_word_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a" / "first", tmp_path / "b" / "second"
    for path in (first, second):
        path.parent.mkdir()
    (second.parent / "ca.pem").write_bytes(pem("CA of b"))
    first.write_text("contexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: first}}]")
    second.write_text(
        "current-context: x\nclusters: [{name: c, cluster: {server: 'https://s', certificate-authority: ca.pem}}]\n"
        "users: [{name: u, user: {token: second, username: ignored}}]\ncontexts: [{name: x, context: {cluster: z}}]"
    )
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none:{first}:{second}")
    assert kubeconfig_files() == [str(first), str(second)]
    connection = load_connection()
    assert connection.credentials == config.Credentials(token="first")
    assert connection.tls.ca == pem("CA of b")  # relative to the file that names it


def test_all_that_a_kubeconfig_can_say(tmp_path: Path) -> None:
    def encode(text: str) -> str:
        return base64.b64encode(pem(text)).decode()

    (tmp_path / "token").write_text("of file")
    document: dict[str, Any] = {
        "current-context": "x",
        "clusters": [
            {
                "name": "c",
                "cluster": {
                    "server": "https://s",
                    "certificate-authority-data": encode("CA"),
                    "tls-server-name": "name",
                    "proxy-url": "socks5://proxy:1080",
                    "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me"}}],
                },
            }
        ],
        "users": [
            {
                "name": "u",
                "user": {
                    "client-certificate-data": encode("CERT"),
                    "client-key-data": encode("KEY"),
                    "tokenFile": "token",
                    "as": "jane",
                    "as-groups": ["dev"],
                    "as-uid": "7",
                    "as-user-extra": {"reason": ["a", "b"]},
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1",
                        "command": "./plugin",
                        "args": ["login"],
                        "env": [{"name": "A", "value": "1"}],
                        "interactiveMode": "Never",
                        "provideClusterInfo": True,
                    },
                },
            }
        ],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    }
    path = tmp_path / "config"
    path.write_text(json.dumps(document))
    connection = load_connection(str(path))
    assert connection.tls == config.Tls(ca=pem("CA"), certificate=pem("CERT"), key=pem("KEY"), server_name="name")
    assert connection.proxy_url == "socks5://proxy:1080"
    assert connection.impersonation == Impersonation("jane", ("dev",), "7", (("reason", ("a", "b")),))
    assert connection.credentials.token_file == str(tmp_path / "token")
    plugin = connection.credentials.exec
    assert plugin is not None
    assert (plugin.command, plugin.args, plugin.env) == (str(tmp_path / "plugin"), ("login",), (("A", "1"),))
    assert plugin.cluster_config == {"audience": "me"}


def test_overrides_win(kubeconfig: str, tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("mine")
    connection = load_connection(
        kubeconfig,
        Overrides(
            namespace="ns",
            server="https://else:1/",
            token="other",
            ca_file=str(tmp_path / "ca"),
            insecure_skip_tls_verify=True,
            tls_server_name="sni",
            impersonation=Impersonation("root"),
        ),
    )
    assert (connection.server, connection.namespace) == ("https://else:1", "ns")
    assert connection.tls == config.Tls(ca=b"mine", insecure=True, server_name="sni")
    assert connection.credentials == config.Credentials(token="other")
    assert connection.impersonation.user == "root"


def test_in_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("token", "T"), ("ca.crt", "CA"), ("namespace", "pod-ns")):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(config, "SERVICE_ACCOUNT", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert names_a_cluster()
    connection = load_connection()
    assert (connection.server, connection.namespace) == ("https://[fd00::1]:443", "pod-ns")
    assert connection.credentials.token_file == str(tmp_path / "token")
    assert connection.tls.ca == b"CA"
