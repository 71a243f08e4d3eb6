"""A second container that never ends: the Job never completes, and the release waits for it until its timeout."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.images import parse
from steersman.review.migrations import scripts
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list, as_object
from steersman.review.subject import Container, Item, Subject

# Proxies and collectors run until somebody ends them, whatever their arguments.
_HELPERS = re.compile(
    r"(^|/)(proxyv2|cloud-sql-proxy|cloudsql-proxy|gce-proxy|cloud_sql_proxy|alloydb-auth-proxy|envoy|fluent-bit|fluentd"
    r"|pgbouncer|haproxy|oauth2-proxy|opentelemetry-collector(-contrib)?|statsd-exporter|promtail)$|(^|/)linkerd2?/proxy$"
)
# Servers, when they are started as their image starts them.
_SERVERS = re.compile(
    r"(^|/)(nginx|httpd|postgres|postgresql|mysql|mariadb|redis|valkey|mongo|mongodb|rabbitmq|memcached|elasticsearch|traefik)$"
)
# How a main container ends its helper: its endpoint, a signal, or a tool made for it.
_ENDS_IT = re.compile(r"quitquitquit|/shutdown\b|linkerd-await|\b(p?kill|killall)\b|\bscuttle\b|\bsv stop\b")
_INJECTED = {
    "sidecar.istio.io/inject": (("true",), "istio-proxy"),
    "linkerd.io/inject": (("enabled", "ingress"), "linkerd-proxy"),
    "consul.hashicorp.com/connect-inject": (("true",), "consul's Envoy"),
    "dapr.io/enabled": (("true",), "daprd"),
    "vault.hashicorp.com/agent-inject": (("true",), "vault-agent"),
}
_NATIVE = (
    "sidecar.istio.io/nativeSidecar",
    "config.linkerd.io/proxy-enable-native-sidecar",
    "config.beta.linkerd.io/proxy-enable-native-sidecar",
    "config.alpha.linkerd.io/proxy-enable-native-sidecar",
    "vault.hashicorp.com/agent-pre-populate-only",
)
HINT = (
    "Make it a native sidecar (under initContainers with restartPolicy: Always, Kubernetes 1.29 or newer), or let the main "
    "container end it when it is done (its quit endpoint, a flag)."
)


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        if not hook.is_awaited or _ENDS_IT.search(scripts(subject, hook)):
            continue
        mains = [container for container in hook.containers if not container.init]
        for container in mains:
            if runs_for_ever(container):
                beside = "runs on when the hook's work is done" if len(mains) > 1 else "is a server, which never ends"
                yield hook.finding(
                    f"container {container.name} ({container.image}) {beside}: the {hook.kind} never completes, and the release "
                    "fails at its timeout",
                    container.path,
                    hint=HINT if len(mains) > 1 else "Give it a command that does the work and ends.",
                )
        yield from injected(subject, hook)


def runs_for_ever(container: Container) -> bool:
    image = parse(container.image)
    repository = image.repository
    words = container.words
    if container.spec.get("restartPolicy") == "Always":
        return False
    if re.search(r"(^|/)vault$", repository) and "agent" in words:
        return not any("exit-after-auth" in word or "exit_after_auth" in word for word in words) and not _configured(
            words
        )
    if as_list(container.spec.get("command")) and not re.search(r"proxy|envoy|nginx|fluent", words[0]):
        return False
    if repository in ("docker", "library/docker") and "dind" in image.tag:
        return True
    if _HELPERS.search(repository):
        return not any(word in ("--version", "validate", "--mode=validate") for word in words)
    return bool(_SERVERS.search(repository)) and (not words or words[0].startswith("-"))


def _configured(words: tuple[str, ...]) -> bool:
    """Whether a configuration that cannot be seen may make the agent end."""
    return any(word.startswith(("-config", "--config")) for word in words)


def injected(subject: Subject, hook: Item) -> Iterator[Finding]:
    """A sidecar that the cluster adds because the Pod, or the chart's namespace, asks for it."""
    place = (*hook.pod_path[:-1], "metadata")
    metadata = as_object(hook.at(place))
    asked = {**as_object(metadata.get("annotations")), **as_object(metadata.get("labels"))}
    if any(str(asked.get(name)).lower() == "true" for name in _NATIVE):
        return
    for name, (values, who) in _INJECTED.items():
        if str(asked.get(name)).lower() in values:
            yield hook.finding(
                f"{name} adds {who} to the Pod, which runs on when the hook's work is done, unless it is a native sidecar there",
                place,
                hint=f'Leave the hook out of it ({name}: "{"disabled" if "linkerd" in name else "false"}"), or end it by its '
                "quit endpoint.",
                doubtful=True,
            )
            return
    for namespace in subject.named("Namespace", hook.namespace):
        if as_object(namespace.metadata.get("labels")).get("istio-injection") == "enabled" and not any(
            name in asked for name in _INJECTED
        ):
            yield hook.finding(
                f"{namespace.title} has Istio add its proxy to every Pod: it runs on when the hook's work is done, "
                "unless it is a native sidecar there",
                place,
                hint='Leave the hook out of it (sidecar.istio.io/inject: "false"), or end the proxy by its quit endpoint.',
                doubtful=True,
            )


RULE = Rule(
    "sidecar-keeps-hook-running", "pod", Severity.ERROR, "every container of a hook ends when the work is done", check
)
