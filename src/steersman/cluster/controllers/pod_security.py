"""Pod Security admission: the levels `baseline` and `restricted`, as the labels of a namespace ask for them.

Source: kubernetes.io "Pod Security Standards" and "Pod Security Admission"; the words are those of k8s.io/pod-security-admission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from steersman.cluster import status
from steersman.cluster.machinery import Json, Objects, Operation, WriteOptions
from steersman.cluster.resources import Resource

_LABEL = "pod-security.kubernetes.io/"
_TEMPLATES = {
    "deployments.apps", "replicasets.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch", "cronjobs.batch",
    "replicationcontrollers", "podtemplates",
}  # fmt: skip
_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
_SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

Problem = tuple[str, str]
"""What is forbidden, and where ("" for nothing to add)."""


class PodSecurity:
    """A check of writes (`objects.checks`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(
        self,
        operation: Operation,
        resource: Resource,
        new: Json,
        old: Json | None,
        options: WriteOptions,
        subresource: str,
    ) -> None:
        whole = resource.storage == "pods"
        if (
            operation == "DELETE"
            or (whole and operation != "CREATE")
            or (not whole and resource.storage not in _TEMPLATES)
        ):
            return
        namespace = self._objects.find("namespaces", new["metadata"].get("namespace", ""))
        labels = (namespace["metadata"].get("labels") or {}) if namespace is not None else {}
        wanted = {mode: labels.get(f"{_LABEL}{mode}", "privileged") for mode in ("enforce", "warn")}
        if set(wanted.values()) <= {"privileged"}:
            return
        spec = new["spec"] if whole else _template(new)
        if spec is None:
            return
        self._judge(resource, new, spec, wanted, labels, options, enforce=whole)

    def _judge(
        self, resource: Resource, new: Json, spec: Json, wanted: dict[str, str], labels: Json, options: WriteOptions,
        *, enforce: bool,
    ) -> None:  # fmt: skip
        for mode in ("enforce", "warn"):
            level = wanted[mode]
            if level == "privileged" or (mode == "enforce" and not enforce):
                continue
            problems = violations(level, new["metadata"], spec)
            if not problems:
                continue
            version = labels.get(f"{_LABEL}{mode}-version", "latest")
            told = f'violates PodSecurity "{level}:{version}": {told_as_one(problems)}'
            if mode == "enforce":
                meta = new["metadata"]
                raise status.forbidden(resource, meta.get("name") or meta.get("generateName", ""), told)
            options.warnings.append(f"would {told.replace('violates', 'violate', 1)}")


def _template(obj: Json) -> Json | None:
    spec = obj.get("spec") or {}
    if "jobTemplate" in spec:
        spec = spec["jobTemplate"].get("spec") or {}
    found: Json | None = (spec.get("template") or obj.get("template") or {}).get("spec")
    return found


def told_as_one(problems: list[Problem]) -> str:
    return ", ".join(f"{what} ({detail})" if detail else what for what, detail in problems)


def violations(level: str, meta: Json, spec: Json) -> list[Problem]:
    """All that the level does not allow, in the order in which Kubernetes tells it."""
    checks = _BASELINE + (_RESTRICTED if level == "restricted" else ())
    replaced = {_baseline_capabilities, _baseline_seccomp} if level == "restricted" else set()
    return [problem for check in checks if check not in replaced for problem in check(meta, spec)]


def _containers(spec: Json) -> list[Json]:
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def _context(container: Json) -> Json:
    return container.get("securityContext") or {}


def _named(found: list[Json], must: str) -> str:
    names = ", ".join(f'"{each["name"]}"' for each in found)
    return f"{'container' if len(found) == 1 else 'containers'} {names} {must}"


def _setters(pod: bool, containers: list[Json], must: str) -> str:
    """The Pod itself and some containers that all do the same."""
    if not containers:
        return f"pod {must}"
    return ("pod and " if pod else "") + _named(containers, must)


def _quoted(values: Any) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _host_namespaces(meta: Json, spec: Json) -> Iterator[Problem]:
    used = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    if used:
        yield "host namespaces", ", ".join(used)


def _privileged(meta: Json, spec: Json) -> Iterator[Problem]:
    if found := [each for each in _containers(spec) if _context(each).get("privileged")]:
        yield "privileged", _named(found, "must not set securityContext.privileged=true")


def _baseline_capabilities(meta: Json, spec: Json) -> Iterator[Problem]:
    found, more = [], set()
    for each in _containers(spec):
        bad = set((_context(each).get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        if bad:
            found.append(each)
            more |= bad
    if found:
        yield (
            "non-default capabilities",
            _named(found, f"must not include {_quoted(sorted(more))} in securityContext.capabilities.add"),
        )


def _host_path(meta: Json, spec: Json) -> Iterator[Problem]:
    found = [each["name"] for each in spec.get("volumes") or () if "hostPath" in each]
    if found:
        yield "hostPath volumes", f"{'volume' if len(found) == 1 else 'volumes'} {_quoted(found)}"


def _host_ports(meta: Json, spec: Json) -> Iterator[Problem]:
    found, used = [], set()
    for each in _containers(spec):
        ports = {port["hostPort"] for port in each.get("ports") or () if port.get("hostPort")}
        if ports:
            found.append(each)
            used |= ports
    if found:
        verb = "uses" if len(found) == 1 else "use"
        ports_text = f"{'hostPort' if len(used) == 1 else 'hostPorts'} {', '.join(map(str, sorted(used)))}"
        yield "hostPort", _named(found, f"{verb} {ports_text}")


def _seccomp_type(context: Json) -> str | None:
    return (context.get("seccompProfile") or {}).get("type")


def _baseline_seccomp(meta: Json, spec: Json) -> Iterator[Problem]:
    pod = _seccomp_type(_context(spec)) == "Unconfined"
    found = [each for each in _containers(spec) if _seccomp_type(_context(each)) == "Unconfined"]
    if pod or found:
        yield "seccompProfile", _setters(pod, found, 'must not set securityContext.seccompProfile.type to "Unconfined"')


def _proc_mount(meta: Json, spec: Json) -> Iterator[Problem]:
    if found := [each for each in _containers(spec) if _context(each).get("procMount") not in (None, "", "Default")]:
        values = sorted({_context(each)["procMount"] for each in found})
        yield "procMount", _named(found, f"must not set securityContext.procMount to {_quoted(values)}")


def _sysctls(meta: Json, spec: Json) -> Iterator[Problem]:
    used = [each["name"] for each in _context(spec).get("sysctls") or () if each["name"] not in _SYSCTLS]
    if used:
        yield "forbidden sysctls", ", ".join(used)


def _selinux(meta: Json, spec: Json) -> Iterator[Problem]:
    options = [each.get("seLinuxOptions") or {} for each in (_context(spec), *map(_context, _containers(spec)))]
    kinds = sorted({each.get("type", "") for each in options} - _SELINUX)
    if kinds:
        yield "seLinuxOptions", f"type {_quoted(kinds)}" if len(kinds) == 1 else f"types {_quoted(kinds)}"


def _privilege_escalation(meta: Json, spec: Json) -> Iterator[Problem]:
    if found := [each for each in _containers(spec) if _context(each).get("allowPrivilegeEscalation") is not False]:
        yield (
            "allowPrivilegeEscalation != false",
            _named(found, "must set securityContext.allowPrivilegeEscalation=false"),
        )


def _restricted_capabilities(meta: Json, spec: Json) -> Iterator[Problem]:
    undropped, adding, added = [], [], set()
    for each in _containers(spec):
        capabilities = _context(each).get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or ()):
            undropped.append(each)
        if bad := set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
            adding.append(each)
            added |= bad
    parts = []
    if undropped:
        parts.append(_named(undropped, 'must set securityContext.capabilities.drop=["ALL"]'))
    if adding:
        parts.append(_named(adding, f"must not include {_quoted(sorted(added))} in securityContext.capabilities.add"))
    if parts:
        yield "unrestricted capabilities", "; ".join(parts)


def _volume_types(meta: Json, spec: Json) -> Iterator[Problem]:
    kinds = {
        each["name"]: [key for key in each if key not in ("name", *_VOLUMES)] for each in spec.get("volumes") or ()
    }
    found = {name: each[0] for name, each in kinds.items() if each}
    if found:
        types = sorted(set(found.values()))
        who, use = ("volume", "uses") if len(found) == 1 else ("volumes", "use")
        kind = "type" if len(types) == 1 else "types"
        yield "restricted volume types", f"{who} {_quoted(found)} {use} restricted volume {kind} {_quoted(types)}"


def _non_root(meta: Json, spec: Json) -> Iterator[Problem]:
    pod = _context(spec).get("runAsNonRoot")
    explicit = [each for each in _containers(spec) if _context(each).get("runAsNonRoot") is False]
    unset = [each for each in _containers(spec) if _context(each).get("runAsNonRoot") is None]
    if pod is False or explicit:
        must = "must not set securityContext.runAsNonRoot=false"
        yield "runAsNonRoot != true", _setters(pod is False, explicit, must)
    elif unset and pod is None:
        yield "runAsNonRoot != true", "pod or " + _named(unset, "must set securityContext.runAsNonRoot=true")


def _root_user(meta: Json, spec: Json) -> Iterator[Problem]:
    found = [each for each in _containers(spec) if _context(each).get("runAsUser") == 0]
    pod = _context(spec).get("runAsUser") == 0
    if pod or found:
        yield "runAsUser=0", _setters(pod, found, "must not set runAsUser=0")


def _restricted_seccomp(meta: Json, spec: Json) -> Iterator[Problem]:
    good = ("RuntimeDefault", "Localhost")
    pod = _seccomp_type(_context(spec))
    kinds = [(each, _seccomp_type(_context(each))) for each in _containers(spec)]
    bad = [each for each, kind in kinds if kind is not None and kind not in good]
    unset = [each for each, kind in kinds if kind is None]
    wrong = pod is not None and pod not in good
    if wrong or bad:
        values = {str(pod)} if wrong else set()
        values |= {str(_seccomp_type(_context(each))) for each in bad}
        must = f"must not set securityContext.seccompProfile.type to {_quoted(sorted(values))}"
        yield "seccompProfile", _setters(wrong, bad, must)
    elif unset and pod is None:
        must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
        yield "seccompProfile", "pod or " + _named(unset, must)


_Check = Callable[[Json, Json], Iterator[Problem]]
_BASELINE: tuple[_Check, ...] = (
    _baseline_capabilities, _host_namespaces, _host_path, _host_ports, _privileged, _proc_mount, _selinux,
    _baseline_seccomp, _sysctls,
)  # fmt: skip
_RESTRICTED: tuple[_Check, ...] = (
    _privilege_escalation, _restricted_capabilities, _volume_types, _non_root, _root_user, _restricted_seccomp,
)  # fmt: skip
