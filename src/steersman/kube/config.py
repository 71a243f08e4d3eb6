"""Which cluster, as whom: kubeconfig files, in-cluster service accounts and command-line overrides become one `Connection`.

The rules are kubectl's (client-go's clientcmd): `--kubeconfig` names exactly one file; else `$KUBECONFIG` is a list whose
missing files are skipped and whose first mention of a name wins; else `~/.kube/config`; with none of these, and inside a
Pod, the service account. Why this is not a library: see "The Kubernetes client" in docs/architecture.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from steersman.errors import ClusterUnreachable
from steersman.record import field, record, replace

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_NAMESPACE = "default"


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


def kubeconfig_files(explicit: str | None = None) -> list[Path]:
    """The kubeconfig files that exist and would be read, in order of precedence. `explicit` is listed even if missing."""
    if explicit:
        return [Path(explicit).expanduser()]
    listed = [entry for entry in os.environ.get("KUBECONFIG", "").split(os.pathsep) if entry]
    paths = [Path(entry) for entry in listed] if listed else [Path("~/.kube/config").expanduser()]
    return [path for path in paths if path.is_file()]


def context_names(explicit: str | None = None) -> list[str]:
    """The contexts that the kubeconfig files know. Raises ClusterUnreachable."""
    return sorted(_Merged.of(kubeconfig_files(explicit)).contexts)


def in_cluster() -> bool:
    """Whether this process runs in a Pod with a service account."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (SERVICE_ACCOUNT / "token").is_file()


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
        merged = _Merged.of(files)
        if merged.clusters or merged.contexts or kubeconfig:
            return _from_kubeconfig(merged, overrides)
    if in_cluster():
        return _override(_from_service_account(), overrides)
    if overrides.server:
        return _override(Connection(server="", source="--kube-apiserver"), overrides)
    raise ClusterUnreachable(
        "Kubernetes cluster unreachable: no kubeconfig found",
        hint="Name one with --kubeconfig or KUBECONFIG, or let `steer cluster start` run a cluster on this machine.",
    )


@record(slots=True)
class _Merged:
    """Several kubeconfig files as one; each named entry remembers its file, for relative paths and messages."""

    files: list[Path]
    current_context: str
    clusters: dict[str, tuple[dict[str, Any], Path]]
    users: dict[str, tuple[dict[str, Any], Path]]
    contexts: dict[str, tuple[dict[str, Any], Path]]

    @classmethod
    def of(cls, files: list[Path]) -> _Merged:
        merged = cls(files, "", {}, {}, {})
        for path in files:
            document = _read(path)
            merged.current_context = merged.current_context or str(document.get("current-context") or "")
            for key, inner, target in (
                ("clusters", "cluster", merged.clusters),
                ("users", "user", merged.users),
                ("contexts", "context", merged.contexts),
            ):
                entries = document.get(key) or []
                if not isinstance(entries, list):
                    raise _bad(path, f"`{key}` is not a list")
                for entry in entries:
                    if not isinstance(entry, dict) or "name" not in entry:
                        raise _bad(path, f"an entry of `{key}` has no name")
                    if not isinstance(entry.get(inner) or {}, dict):
                        raise _bad(path, f'`{inner}` of "{entry["name"]}" is not a mapping')
                    target.setdefault(str(entry["name"]), (entry.get(inner) or {}, path))
        return merged

    def source(self) -> str:
        return os.pathsep.join(str(path) for path in self.files)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text()
    except OSError as error:
        raise ClusterUnreachable(
            f"cannot read kubeconfig {path}: {error.strerror}", hint="Check --kubeconfig or KUBECONFIG."
        ) from error
    except UnicodeDecodeError as error:
        raise _bad(path, "it is not UTF-8 text") from error
    if text.lstrip().startswith("{"):  # JSON is valid YAML and ten times quicker to read
        try:
            document = json.loads(text)
        except ValueError as error:
            raise _bad(path, str(error)) from error
    else:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            document = yaml.load(text, Loader=loader)
        except yaml.YAMLError as error:
            raise _bad(path, " ".join(str(error).split())) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise _bad(path, "it is not a mapping")
    return document


def _bad(path: Path, why: str) -> ClusterUnreachable:
    return ClusterUnreachable(
        f"{path} is not a usable kubeconfig: {why}", hint="`kubectl config view` shows how it is read."
    )


def _from_kubeconfig(merged: _Merged, overrides: Overrides) -> Connection:
    context_name = overrides.context or merged.current_context
    if context_name and context_name not in merged.contexts:
        known = ", ".join(sorted(merged.contexts)) or "none"
        raise ClusterUnreachable(
            f'context "{context_name}" does not exist in {merged.source()}', hint=f"Contexts there: {known}."
        )
    context = merged.contexts[context_name][0] if context_name else {}
    cluster, cluster_file = _named(merged.clusters, context.get("cluster"), "cluster", merged)
    user, user_file = _named(merged.users, context.get("user"), "user", merged)
    if not cluster.get("server") and not overrides.server:
        raise ClusterUnreachable(
            f"Kubernetes cluster unreachable: {merged.source()} names no server"
            + (f' for context "{context_name}"' if context_name else " (no current-context is set)"),
            hint="Choose a context with --kube-context or `kubectl config use-context`.",
        )
    return _override(
        Connection(
            server=str(cluster.get("server") or ""),
            namespace=str(context.get("namespace") or DEFAULT_NAMESPACE),
            context=context_name,
            source=merged.source(),
            tls=Tls(
                ca=_material(cluster, "certificate-authority", cluster_file),
                certificate=_material(user, "client-certificate", user_file),
                key=_material(user, "client-key", user_file),
                insecure=bool(cluster.get("insecure-skip-tls-verify")),
                server_name=str(cluster.get("tls-server-name") or ""),
            ),
            credentials=_credentials(user, user_file, cluster),
            impersonation=_impersonation(user),
            proxy_url=str(cluster.get("proxy-url") or ""),
        ),
        overrides,
    )


def _named(
    entries: dict[str, tuple[dict[str, Any], Path]], name: str | None, what: str, merged: _Merged
) -> tuple[dict[str, Any], Path]:
    if not name:
        return {}, merged.files[0]
    if name not in entries:
        raise ClusterUnreachable(
            f'{what} "{name}" does not exist in {merged.source()}', hint="Correct the context that names it."
        )
    return entries[name]


def _material(entry: dict[str, Any], key: str, file: Path) -> bytes:
    """PEM bytes of `key-data` (base64) or of the file that `key` names, relative to its kubeconfig."""
    if data := entry.get(f"{key}-data"):
        import base64

        try:
            return base64.b64decode(data, validate=False)
        except (ValueError, TypeError) as error:
            raise _bad(file, f"{key}-data is not base64") from error
    if path := entry.get(key):
        return _file(file.parent / path, key)
    return b""


def _file(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ClusterUnreachable(f"unable to read {what} {path}: {error.strerror}") from error


def _credentials(user: dict[str, Any], file: Path, cluster: dict[str, Any]) -> Credentials:
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
        token_file=str(file.parent / token_file) if token_file else "",
        username=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
        exec=_exec_plugin(plugin, file, cluster) if plugin else None,
    )


def _exec_plugin(plugin: dict[str, Any], file: Path, cluster: dict[str, Any]) -> ExecPlugin:
    if not plugin.get("command"):
        raise _bad(file, "an exec plugin has no command")
    command = str(plugin["command"])
    if os.sep in command:  # a bare name is looked up in PATH, a path is relative to the kubeconfig
        command = str(file.parent / command)
    extensions = cluster.get("extensions") or []
    config = next(
        (e.get("extension") for e in extensions if e.get("name") == "client.authentication.k8s.io/exec"), None
    )
    return ExecPlugin(
        api_version=str(plugin.get("apiVersion") or "client.authentication.k8s.io/v1beta1"),
        command=command,
        args=tuple(str(arg) for arg in plugin.get("args") or []),
        env=tuple((str(item["name"]), str(item.get("value", ""))) for item in plugin.get("env") or []),
        install_hint=str(plugin.get("installHint") or ""),
        interactive_mode=str(plugin.get("interactiveMode") or "IfAvailable"),
        provide_cluster_info=bool(plugin.get("provideClusterInfo")),
        cluster_config=config,
    )


def _impersonation(user: dict[str, Any]) -> Impersonation:
    extra = user.get("as-user-extra") or {}
    return Impersonation(
        user=str(user.get("as") or ""),
        groups=tuple(str(group) for group in user.get("as-groups") or []),
        uid=str(user.get("as-uid") or ""),
        extra=tuple((str(key), tuple(str(value) for value in values)) for key, values in extra.items()),
    )


def _from_service_account() -> Connection:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    ca, namespace = SERVICE_ACCOUNT / "ca.crt", SERVICE_ACCOUNT / "namespace"
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        namespace=namespace.read_text().strip() if namespace.is_file() else DEFAULT_NAMESPACE,
        source="the Pod's service account",
        tls=Tls(ca=ca.read_bytes() if ca.is_file() else b""),
        credentials=Credentials(token_file=str(SERVICE_ACCOUNT / "token")),
    )


def _override(base: Connection, overrides: Overrides) -> Connection:
    tls = base.tls
    if overrides.ca_file:
        tls = replace(tls, ca=_file(Path(overrides.ca_file).expanduser(), "--kube-ca-file"))
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
