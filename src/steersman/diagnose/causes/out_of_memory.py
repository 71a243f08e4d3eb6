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
_LOG = latest_of(HEAP, REFUSED, SHELL)


def find(facts: Facts) -> Diagnosis | None:
    return KILLED(facts) or _LOG(facts)
