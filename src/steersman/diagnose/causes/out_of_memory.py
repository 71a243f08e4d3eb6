"""Memory ran out: the container's limit, or the limit that a runtime sets itself."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import latest_of, log_rule
from steersman.diagnose.said_rule import said_rule

KILLED = said_rule(
    "out-of-memory",
    r"\bOOMKilled\b|\bOOMKilling\b",
    problem="The hook used more memory than its limit and was killed (OOMKilled, exit code 137).",
    explanation="resources.limits.memory of the container is lower than what the program needs at its peak.",
    fix="Raise resources.limits.memory of the container in {path} (for instance to twice its value), or let the hook work in "
    "smaller batches.",
)
HEAP = log_rule(
    "out-of-memory",
    (
        r"(?P<name>java\.lang\.OutOfMemoryError.*)",
        r"(?P<name>JavaScript heap out of memory)",
        r"(?P<name>Allowed memory size of \d+ bytes exhausted)",
        r"(?P<name>insufficient memory for the Java Runtime Environment)",
    ),
    problem="The program's own heap is too small: {name}.",
    explanation="The runtime stopped the program at the limit that it sets itself, which may be lower than the container's.",
    fix="Raise the runtime's limit (JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75, NODE_OPTIONS=--max-old-space-size=…, "
    "memory_limit in php.ini) and "
    "resources.limits.memory with it, in {path}; or let the hook work in smaller batches.",
)
REFUSED = log_rule(
    "out-of-memory",
    (
        r"^(?P<name>MemoryError)\b|(?P<other>Cannot allocate memory|cannot allocate memory|std::bad_alloc|fatal "
        r"error: runtime: out of memory)",
        r"(?P<name>ERROR:  out of memory)|NoMemoryError",
        r"(?P<name>memory allocation of \d+ bytes failed|eheap_alloc: Cannot allocate \d+ bytes of memory)",
        r"(?P<name>System\.OutOfMemoryException)",
    ),
    problem="The program was not given the memory that it asked for: {name}{other}.",
    explanation="It asked for more than the container's limit or the node has left.",
    fix="Raise resources.limits.memory of the container in {path}, or let the hook work in smaller batches.",
)
SHELL = log_rule(
    "out-of-memory",
    (r"line \d+: +\d+ Killed\b", r"^Killed$"),
    problem="A program that the hook's script had started was killed (SIGKILL), as the kernel does where memory runs out.",
    explanation="The script itself lived on, so Kubernetes does not say OOMKilled; nothing else in a container "
    "kills like this.",
    fix="Raise resources.limits.memory of the container in {path}, or let the program work in smaller batches.",
)
SERVER = log_rule(
    "out-of-memory",
    (
        r"DB::Exception: (?P<name>Memory limit .*exceeded)|(?P<name2>circuit_breaking_exception)",
        r"MongoServerError: (?P<name>.*exceeded memory limit.*|.*Exceeded memory limit.*)",
    ),
    problem="The server refused the request, as it would have used more memory than it may: {name}{name2}",
    explanation="The limit is the server's own (for a query, a user, or its whole heap); the hook's Pod is not short of memory.",
    fix="Let the hook work in smaller batches, or raise the limit of the server and its Pod's memory.",
)
_LOG = latest_of(HEAP, REFUSED, SHELL, SERVER)


def find(facts: Facts) -> Diagnosis | None:
    return KILLED(facts) or _LOG(facts)
