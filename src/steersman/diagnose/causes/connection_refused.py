"""Nothing listens where the hook connects to."""

from __future__ import annotations

import re
from dataclasses import replace

from steersman.diagnose.advice import again, change, closest_service, describe_command
from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts, ServiceFacts
from steersman.diagnose.reading import quoted, search
from steersman.diagnose.targets import only_target

_HOST = r"(?P<host>[A-Za-z0-9_.-]*[A-Za-z0-9])"
PATTERNS = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf'connection to server at "{_HOST}".*port (?P<port>\d+) failed: Connection refused',
        rf"Could not connect to Redis at {_HOST}:(?P<port>\d+): Connection refused",
        rf"Failed to connect to {_HOST} port (?P<port>\d+)(?! after \d+ ms: Could not resolve)(?!.*timed? ?out)",
        rf"connect to {_HOST} port (?P<port>\d+).*failed: Connection refused",
        r"connect ECONNREFUSED (?P<ip>[\d.]+|::1):(?P<port>\d+)",
        rf"HTTPS?ConnectionPool\(host='{_HOST}', port=(?P<port>\d+)\).*Connection refused",
        rf"(?:can't connect to remote host|connect to) \(?(?!server:){_HOST}\)?.*Connection refused",
        rf"dial tcp (?:{_HOST}:)?(?P<port>\d+): connect: connection refused",
        rf"Error \d+ connecting to {_HOST}:(?P<port>\d+)\. Connection refused",
        rf"Can't connect to MySQL server on '{_HOST}(?::(?P<port>\d+))?' \((?:111|61)\)",
        rf"Can't connect to (?:MySQL )?server on '{_HOST}' \((?:111|115|61|\[Errno 111\].*)\)",
        rf"Connection to {_HOST}:(?P<port>\d+) refused",
        rf"{_HOST}:(?P<port>\d+) - no response$",
        r"Connect call failed \('(?P<host>[\d.:]+)', (?P<port>\d+)",
        r"The connection to the server (?P<host>[\w.-]+)(?::(?P<port>\d+))? was refused",
        rf"Unable to connect to the server: dial tcp {_HOST}:(?P<port>\d+): .*refused",
        r"NoHostAvailable: .*'(?P<host>[\d.]+):(?P<port>\d+)': ConnectionRefusedError",
        r"TNS:no listener|TNS:listener: all appropriate instances are blocking|target machine actively refused it",
        r"connection refused|ECONNREFUSED|ConnectionRefused(?:Error)?\b|:econnrefused\b",
    )
)
# kubectl without a configuration, and a resolver that does not answer, are causes of their own.
_NOT_MEANT = re.compile(r"localhost:8080|communications error to|lookup \S+ on [\d.]+:53")
_LOCAL = re.compile(r"^(localhost|127\..*|::1|0\.0\.0\.0)$")
_ADDRESS = re.compile(r"^[\d.]+$|:")


def find(facts: Facts) -> Diagnosis | None:
    found = search(facts, *PATTERNS, unless=_NOT_MEANT)
    if found is None:
        return None
    host, port = found.group("host", "ip"), found.group("port")
    if not host and (asked := only_target(facts)) is not None:
        host, port = asked.host, asked.port
    target = f"{host}:{port}" if host and port else host or "its server"
    diagnosis = Diagnosis(
        cause="connection-refused",
        confidence=found.confidence,
        problem=f"The hook was refused a connection to {target}: nothing listens there.",
        explanation="",
        evidence=(quoted(found),),
        line=found.number,
    )
    explanation, fix, verify = _reason(facts, host, port)
    return replace(
        diagnosis, explanation=explanation, fix=fix, verify=(describe_command(facts), *verify, *again(facts))
    )


def _reason(facts: Facts, host: str, port: str) -> tuple[str, str, tuple[str, ...]]:
    if _LOCAL.match(host):
        return (
            f"{host} inside a Pod is the Pod itself, not the node and not another Pod.",
            change(facts, host, "SERVICE.NAMESPACE")
            + "\nSERVICE.NAMESPACE is the Service of the server that is meant.",
            ("kubectl get services --all-namespaces",),
        )
    service = facts.service(host) if host and not _ADDRESS.search(host) else None
    if service is not None:
        return _service(service, host, port, facts)
    other = closest_service(facts, host) if host and not _ADDRESS.search(host) else None
    if other is not None:
        return (
            f"No Service {host} is in namespace {facts.namespace}; the closest one that exists is {other.host} "
            f"({other.host}.svc.cluster.local).",
            change(facts, host, other.host),
            (f"kubectl -n {other.namespace} get service,endpoints {other.name}",),
        )
    return (
        "The name was found and the machine answered, but no program listens on that port: it has not started yet, has "
        "stopped, or listens on another port.",
        "Check host and port, and that the server is ready before the hook runs. Let the hook wait for it (for instance "
        "`until pg_isready -h HOST; do sleep 1; done` with a limit).",
        (f"kubectl -n {facts.namespace} get pods,services,endpoints",),
    )


def _service(service: ServiceFacts, host: str, port: str, facts: Facts) -> tuple[str, str, tuple[str, ...]]:
    look = (f"kubectl -n {service.namespace} get service,endpoints {service.name}",)
    if port and service.ports and int(port) not in service.ports:
        ports = ", ".join(map(str, service.ports))
        return (
            f"The Service {service.host} has no port {port}, only {ports}.",
            change(facts, port, str(service.ports[0])),
            look,
        )
    if service.endpoints == 0:
        later = ""
        if facts.hook.event in ("pre-install", "pre-upgrade"):
            later = " A pre hook runs before the release's own resources are created or changed."
        return (
            f"The Service {service.host} exists, but no ready Pod stands behind it.{later}",
            "Get the Pods behind the Service ready first, or let the hook wait for them; if they are part of this "
            "very release, "
            "make the hook a post-install/post-upgrade one.",
            (*look, f"kubectl -n {service.namespace} get pods"),
        )
    return (
        f"The Service {service.host} exists; the Pods behind it do not listen on that port (yet).",
        f"Check the Service's targetPort, and let the hook wait until {host} answers.",
        look,
    )
