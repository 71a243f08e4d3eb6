"""A host name that DNS does not know, and the Service that was most likely meant."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again, change, closest_service, describe_command
from steersman.diagnose.diagnosis import Diagnosis, Evidence
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import Found, quoted, search
from steersman.diagnose.targets import only_target

_HOST = r"(?P<host>[A-Za-z0-9_.-]*[A-Za-z0-9])"
_HOST2 = _HOST.replace("host", "host2")
PATTERNS = tuple(
    re.compile(text)
    for text in (
        r'could not translate host name "(?P<option>-[A-Za-z]|--[\w-]+)" to address',
        r"Unknown (?:MySQL )?(?:server )?host '(?P<option>-[A-Za-z]|--[\w-]+)'",
        r"Could not connect to Redis at (?P<option>-[A-Za-z]|--[\w-]+):\d+: ",
        r"Could not resolve host: (?P<option>-[A-Za-z]|--[\w-]+)$",
        rf'could not translate host name "{_HOST}" to address',
        rf"failed to resolve host '{_HOST}'",
        rf"{_HOST}:\d+: \[Errno -[235]\]",
        rf"Could not resolve (?:host|proxy): {_HOST}",
        rf"unable to resolve host {_HOST}",
        rf"getaddrinfo for {_HOST}",
        rf"Could not connect to Redis at {_HOST}:\d+: (?:Name or service not known|Temporary failure in name resolution)",
        rf"Error -[23] connecting to {_HOST}:\d+",
        rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) {_HOST}",
        rf"Unknown (?:MySQL )?(?:server )?host '{_HOST}'",
        rf"(?:bad address|unable to resolve host address) ['‘]{_HOST}['’]",
        rf"(?:nc|wget|ssh|ping): {_HOST}: (?:Name or service not known|Temporary failure in name|bad address)",
        rf"lookup {_HOST}(?: on [\d.:]+)?: (?:no such host|server misbehaving)",
        rf"java\.net\.UnknownHostException: {_HOST}",
        rf"Failed to resolve '{_HOST}(?::\d+)?'|resolve server {_HOST2}:\d+ from bootstrap\.servers",
        rf"Could not resolve hostname {_HOST}: |Not found address of host: {_HOST2}",
        rf"(?:Name or service not known|No such host is known\.?|Name does not resolve) \({_HOST}:\d+\)",
        rf"getaddrinfo: {_HOST} \d+: ",
        rf"querySrv (?:ENOTFOUND|ESERVFAIL|EREFUSED) {_HOST}|DNS query name does not exist: {_HOST2}",
        rf"tcp connect \({_HOST}:\d+\): non-existing domain|Address not available: {_HOST2}",
        r"No resolvable bootstrap urls given|failed to lookup address information|No such host is known"
        r"|UnresolvableContactPoints",
        r":nxdomain\b|\bORA-12545\b",
        rf"server can't find {_HOST}: NXDOMAIN",
        r"no servers could be reached|Temporary failure resolving",
        r"Name or service not known|Temporary failure in name resolution|nodename nor servname provided|Name does not resolve",
    )
)


def find(facts: Facts) -> Diagnosis | None:
    found = search(facts, *PATTERNS)
    if found is None:
        return None
    asked = only_target(facts)
    host = found.group("host", "host2") or (asked.host if asked is not None else "")
    if found.group("option"):
        return _shifted(facts, found)
    confidence, evidence = found.confidence, [quoted(found)]
    name = f"The host name {host}" if host else "A host name"
    problem = f"{name} cannot be resolved from the hook's Pod."
    explanation = f"No Service of that name is in namespace {facts.namespace}."
    fix = (
        "Give the hook a name that exists: SERVICE for one in its own namespace, SERVICE.NAMESPACE for one in another."
    )
    verify: tuple[str, ...] = ("kubectl get services --all-namespaces",)
    other = closest_service(facts, host) if host else None
    if host and facts.service(host) is not None:
        confidence = confidence.one_less
        explanation = (
            f"The Service {host} is there now: it was created after the hook ran, or the cluster's DNS had a fault."
        )
        fix = "Run it again. If it comes back, look at the cluster's DNS (kube-system), or let the hook wait for the name."
        verify = ("kubectl -n kube-system get pods", _lookup(facts, host))
    elif other is not None:
        problem = f"{name} cannot be resolved from the hook's Pod: the Service is {other.host}."
        where = (
            ""
            if other.namespace == facts.namespace
            else f" (it lives in namespace {other.namespace}, not {facts.namespace})"
        )
        explanation = (
            f"No Service {host} is in namespace {facts.namespace}. The closest one that exists is {other.name}{where}; "
            f"its full name is {other.host}.svc.cluster.local."
        )
        evidence.append(Evidence("cluster", f"Service {other.name} in namespace {other.namespace}"))
        fix = change(facts, host, other.name if other.namespace == facts.namespace else other.host)
        verify = (f"kubectl -n {other.namespace} get service,endpoints {other.name}", _lookup(facts, other.host))
    elif host and (mine := _of_this_chart(facts, host)):
        problem = f"{name} cannot be resolved: its Service does not exist yet when this hook runs."
        explanation = f"{mine}. A {facts.hook.event} hook runs before that."
        fix = (
            "Make the hook a post-install/post-upgrade one, or make the Service and the server behind it hooks of a lower "
            "weight, too."
        )
    elif not facts.services:
        confidence, explanation = confidence.one_less, "Which Services there are could not be seen."
    return Diagnosis(
        cause="name-not-resolved",
        confidence=confidence,
        problem=problem,
        explanation=explanation,
        evidence=tuple(evidence),
        fix=fix,
        verify=(describe_command(facts), *verify, *again(facts)),
        line=found.number,
    )


def _shifted(facts: Facts, found: Found) -> Diagnosis:
    """An empty variable without quotes vanishes, and the client takes the next option for the host's name."""
    option = found.group("option")
    return Diagnosis(
        cause="variable-missing",
        confidence=found.confidence,
        problem=f"The client was given no host name: it took {option}, the next option, for one.",
        explanation="The variable that should hold the host is empty or not set, and without quotes it vanishes from the "
        "command. Hooks inherit nothing from the application's containers.",
        evidence=(quoted(found),),
        fix=f"Set the variable in {facts.hook.path or facts.hook.name} (`env`, `envFrom`), and begin the script with `set -eu`, "
        "so that a variable that is not set is named.",
        verify=(f"steer -n {facts.namespace} get hooks {facts.release}", *again(facts)),
        line=found.number,
    )


def _of_this_chart(facts: Facts, host: str) -> str:
    for each in facts.chart:
        if each.kind == "Service" and each.name == host.split(".")[0]:
            when = (
                f"a hook of {', '.join(each.events)}"
                if each.events
                else "an ordinary resource, created after all pre hooks"
            )
            return f"This chart's Service {each.name} ({each.path}) is {when}"
    return ""


def _lookup(facts: Facts, host: str) -> str:
    return (
        f"kubectl -n {facts.namespace} run dns-check --rm -it --restart=Never --image=busybox:1.36 -- nslookup {host}"
    )
