"""Which cluster, as whom: kubeconfig files, in-cluster service accounts and command-line overrides become one `Connection`.

The rules are kubectl's (client-go's clientcmd): `--kubeconfig` names exactly one file; else `$KUBECONFIG` is a list whose
missing files are skipped and whose first mention of a name wins; else `~/.kube/config`; with none of these, and inside a
Pod, the service account. Why this is not a library: see "The Kubernetes client" in docs/architecture.md.
"""

from __future__ import annotations

import os

from steersman.errors import ClusterUnreachable
from steersman.kube.kubeconfig import (
    EXEC,
    Entry,
    Merged,
    bad,
    beside,
    check,
    file_bytes,
    kubeconfig_files,
    listed_files,
    material,
    named,
)
from steersman.lazy import TYPE_CHECKING
from steersman.record import field, record, replace

if TYPE_CHECKING:
    from typing import Any

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
DEFAULT_NAMESPACE = "default"
INTERACTIVE_MODES = ("Never", "IfAvailable", "Always")


@record(frozen=True, slots=True)
class Impersonation:
    """Whom the API server shall take us for (`--as`, `--as-group`, `--as-uid`, or `as` in a kubeconfig)."""

    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@record(frozen=True, slots=True)
class Overrides:
    """What the command line or a caller sets over the kubeconfig; "" and None leave the kubeconfig's word."""

    context: str = ""
    namespace: str = ""
    server: str = ""
    token: str = field(default="", repr=False)
    ca_file: str = ""
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str = ""
    impersonation: Impersonation = field(default_factory=Impersonation)


@record(frozen=True, slots=True)
class Tls:
    """PEM material (bytes, never paths, so that nothing depends on the working directory later) and how to verify."""

    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    insecure: bool = False
    server_name: str = ""


@record(frozen=True, slots=True)
class ExecPlugin:
    """A credential plugin (`users[].user.exec`)."""

    api_version: str
    command: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    install_hint: str = ""
    interactive_mode: str = "IfAvailable"
    provide_cluster_info: bool = False
    cluster_config: Any = None


@record(frozen=True, slots=True)
class Credentials:
    """How to prove who we are; `credentials.py` turns it into request headers."""

    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    exec: ExecPlugin | None = None


@record(frozen=True, slots=True)
class Connection:
    """All that is needed to talk to one API server. `source` says for messages where it was read."""

    server: str
    namespace: str = DEFAULT_NAMESPACE
    context: str = ""
    source: str = ""
    tls: Tls = field(default_factory=Tls)
    credentials: Credentials = field(default_factory=Credentials)
    impersonation: Impersonation = field(default_factory=Impersonation)
    proxy_url: str = field(default="", repr=False)  # may hold a password

    def where(self) -> str:
        """`https://… (context "kind" of ~/.kube/config)`, for messages."""
        parts = " of ".join(part for part in (f'context "{self.context}"' if self.context else "", self.source) if part)
        return f"{self.server} ({parts})" if parts else self.server


def context_names(explicit: str | None = None) -> list[str]:
    """The contexts that the kubeconfig files know. Raises ClusterUnreachable."""
    return sorted(Merged.of(kubeconfig_files(explicit)).contexts)


def in_cluster() -> bool:
    """Whether this process runs in a Pod with a service account."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and os.path.isfile(f"{SERVICE_ACCOUNT}/token")


def names_a_cluster(kubeconfig: str | None = None, overrides: Overrides | None = None) -> bool:
    """Whether anything here says which cluster is meant; if not, the embedded one may be started."""
    if (overrides is not None and (overrides.server or overrides.context)) or kubeconfig:
        return True
    return bool(kubeconfig_files()) or in_cluster()


def load_connection(kubeconfig: str | None = None, overrides: Overrides | None = None) -> Connection:
    """Resolve the cluster to talk to. Raises ClusterUnreachable where nothing usable names one."""
    overrides = overrides or Overrides()
    files = kubeconfig_files(kubeconfig)
    if files:
        merged = Merged.of(files)
        if merged.clusters or merged.contexts or merged.current_context or overrides.context or kubeconfig:
            return _from_kubeconfig(merged, overrides)
    if in_cluster():
        return _override(_from_service_account(), overrides)
    if overrides.server:
        return _override(Connection(server="", source="--kube-apiserver"), overrides)
    if files:
        why = f"{merged.source()} names no cluster"
    elif listed := listed_files():
        why = f"KUBECONFIG names {', '.join(listed)}, which {'does' if len(listed) == 1 else 'do'} not exist"
    else:
        why = "no kubeconfig found"
    raise ClusterUnreachable(
        f"Kubernetes cluster unreachable: {why}",
        hint="Name one with --kubeconfig or KUBECONFIG, or let `steer cluster start` run a cluster on this machine.",
    )


def _from_kubeconfig(merged: Merged, overrides: Overrides) -> Connection:
    context_name = overrides.context or merged.current_context
    if context_name and context_name not in merged.contexts:
        known = ", ".join(sorted(merged.contexts)) or "none"
        raise ClusterUnreachable(
            f'context "{context_name}" does not exist in {merged.source()}', hint=f"Contexts there: {known}."
        )
    context = merged.contexts[context_name][0] if context_name else {}
    cluster, cluster_file = named(merged.clusters, context.get("cluster"), "cluster", merged, context_name)
    user, user_file = named(merged.users, context.get("user"), "user", merged, context_name)
    if not cluster.get("server") and not overrides.server:
        raise ClusterUnreachable(
            f"Kubernetes cluster unreachable: {merged.source()} names no server"
            + (f' for context "{context_name}"' if context_name else " (no current-context is set)"),
            hint="Choose a context with --kube-context or `kubectl config use-context`.",
        )
    cluster_is, user_is = f'cluster "{context.get("cluster")}"', f'user "{context.get("user")}"'
    ca = material(cluster, "certificate-authority", cluster_file, cluster_is)
    if ca and cluster.get("insecure-skip-tls-verify"):
        raise bad(cluster_file, f"{cluster_is} has both a certificate-authority and insecure-skip-tls-verify")
    certificate = material(user, "client-certificate", user_file, user_is)
    key = material(user, "client-key", user_file, user_is)
    if bool(certificate) is not bool(key):
        given, missing = ("client-certificate", "client-key") if certificate else ("client-key", "client-certificate")
        raise bad(user_file, f"{user_is} has a {given}, but no {missing}")
    return _override(
        Connection(
            server=str(cluster.get("server") or ""),
            namespace=str(context.get("namespace") or DEFAULT_NAMESPACE),
            context=context_name,
            source=merged.source(),
            tls=Tls(
                ca=ca,
                certificate=certificate,
                key=key,
                insecure=bool(cluster.get("insecure-skip-tls-verify")),
                server_name=str(cluster.get("tls-server-name") or ""),
            ),
            credentials=_credentials(user, user_file, cluster, user_is),
            impersonation=_impersonation(user),
            proxy_url=str(cluster.get("proxy-url") or ""),
        ),
        overrides,
    )


def _credentials(user: Entry, file: str, cluster: Entry, owner: str) -> Credentials:
    plugin = user.get("exec")
    provider = user.get("auth-provider") or {}
    token = str(user.get("token") or "")
    if provider and not plugin and not token:
        token = str((provider.get("config") or {}).get("id-token") or "")
        if not token:
            raise ClusterUnreachable(
                f'{file}: the auth provider "{provider.get("name")}" is no longer part of Kubernetes\' clients',
                hint="Use its exec credential plugin instead.",
            )
    token_file = str(user.get("tokenFile") or "")
    return Credentials(
        token=token,
        token_file=beside(file, token_file) if token_file else "",
        username=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
        exec=_exec_plugin(plugin, file, cluster, owner) if plugin else None,
    )


def _exec_plugin(plugin: Entry, file: str, cluster: Entry, owner: str) -> ExecPlugin:
    check(plugin, EXEC, file, f"exec of {owner}")
    if not plugin.get("command"):
        raise bad(file, f"exec of {owner} has no command")
    version = str(plugin.get("apiVersion") or "client.authentication.k8s.io/v1beta1")
    mode = plugin.get("interactiveMode") or ("" if version.endswith("/v1") else "IfAvailable")
    if mode not in INTERACTIVE_MODES:
        said = f"is {mode!r}" if mode else "is missing, which that apiVersion asks for"
        raise bad(file, f"interactiveMode of exec of {owner} {said}; it is one of {', '.join(INTERACTIVE_MODES)}")
    if any("name" not in item for item in plugin.get("env") or []):
        raise bad(file, f"an entry of env in exec of {owner} has no name")
    command = str(plugin["command"])
    if os.sep in command:  # a bare name is looked up in PATH, a path is relative to the kubeconfig
        command = beside(file, command)
    extensions = cluster.get("extensions") or []
    config = next(
        (e.get("extension") for e in extensions if e.get("name") == "client.authentication.k8s.io/exec"), None
    )
    return ExecPlugin(
        api_version=version,
        command=command,
        args=tuple(str(arg) for arg in plugin.get("args") or []),
        env=tuple((str(item["name"]), str(item.get("value", ""))) for item in plugin.get("env") or []),
        install_hint=str(plugin.get("installHint") or ""),
        interactive_mode=mode,
        provide_cluster_info=bool(plugin.get("provideClusterInfo")),
        cluster_config=config,
    )


def _impersonation(user: Entry) -> Impersonation:
    extra = user.get("as-user-extra") or {}
    return Impersonation(
        user=str(user.get("as") or ""),
        groups=tuple(str(group) for group in user.get("as-groups") or []),
        uid=str(user.get("as-uid") or ""),
        extra=tuple((str(key), tuple(str(value) for value in values)) for key, values in extra.items()),
    )


def _from_service_account() -> Connection:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    ca, namespace = f"{SERVICE_ACCOUNT}/ca.crt", f"{SERVICE_ACCOUNT}/namespace"
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        namespace=_content(namespace).decode().strip() or DEFAULT_NAMESPACE,
        source="the Pod's service account",
        tls=Tls(ca=_content(ca)),
        credentials=Credentials(token_file=f"{SERVICE_ACCOUNT}/token"),
    )


def _content(path: str) -> bytes:
    """What is in a file, b"" where there is none."""
    return file_bytes(path, "the service account") if os.path.isfile(path) else b""


def _override(base: Connection, overrides: Overrides) -> Connection:
    tls = base.tls
    if overrides.ca_file:
        tls = replace(tls, ca=file_bytes(os.path.expanduser(overrides.ca_file), "--kube-ca-file"))
    if overrides.insecure_skip_tls_verify is not None:
        tls = replace(tls, insecure=overrides.insecure_skip_tls_verify)
    if overrides.tls_server_name:
        tls = replace(tls, server_name=overrides.tls_server_name)
    wanted = overrides.impersonation
    return replace(
        base,
        server=(overrides.server or base.server).rstrip("/"),
        namespace=overrides.namespace or base.namespace,
        tls=tls,
        credentials=Credentials(token=overrides.token) if overrides.token else base.credentials,
        impersonation=wanted if wanted.user or wanted.groups or wanted.uid else base.impersonation,
    )
