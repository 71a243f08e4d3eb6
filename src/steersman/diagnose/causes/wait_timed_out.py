"""Something was waited for, and the time was up."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import latest_of, log_rule
from steersman.diagnose.reading import exit_code
from steersman.diagnose.script import scripts

OBJECT = log_rule(
    "wait-timed-out",
    (
        r"error: timed out waiting for the condition on (?P<name>\S+)",
        r"error: deployment \"(?P<name>[^\"]+)\" exceeded its progress deadline",
        r"(?:error|Error): timed out waiting for the condition$|FAILED: (?:timed out waiting for the condition"
        r"|context deadline exceeded)$",
        r"error: watch closed before UntilWithoutRetry timeout",
    ),
    problem="kubectl or helm in the hook waited for {name}, which did not come into the state that was asked for in time.",
    explanation="The object exists; it has not become ready. Its own Pods and events say why. A pre hook that "
    "waits for a resource "
    "of its own release waits for what is created only after it.",
    fix="See why it is not ready (`kubectl describe`, its Pods' logs); give it longer (--timeout), or make the hook a "
    "post-install/post-upgrade one.",
    verify=("kubectl -n {namespace} get pods", "kubectl -n {namespace} get events --sort-by=.lastTimestamp"),
)
SERVER = log_rule(
    "wait-timed-out",
    (
        r"timeout occurred after waiting \d+ seconds for (?P<name>\S+)",
        r"Timeout after \S+ waiting on dependencies to become available",
        r"(?:[Tt]imed out|[Gg]iving up|[Gg]ave up) (?:after .*)?waiting for (?P<name>\S+)"
        r"|Operation timed out waiting for (?P<name2>\S+)",
    ),
    problem="The hook waited for {name}{name2}, and gave up.",
    explanation="What it waits for did not come in time: it is not running (yet), or under another name or port.",
    fix="See that the server is ready and that host and port are right; in a pre hook it cannot be a part of this very release. "
    "Give it longer, if it only is slow.",
    verify=("kubectl -n {namespace} get pods,services,endpoints",),
    at_most=Confidence.MEDIUM,
    depth=1,
)
_LOG = latest_of(OBJECT, SERVER)
_TIMEOUT = log_rule(
    "wait-timed-out",
    (r"",),
    problem="A command in the hook's script took longer than `timeout` gave it (exit code 124).",
    explanation="124 is what the command `timeout` returns when it had to stop what it ran.",
    fix="See what the command was at (its last line); make it quicker, or give it longer in {path}.",
    at_most=Confidence.MEDIUM,
    depth=1,
)


def find(facts: Facts) -> Diagnosis | None:
    if (found := _LOG(facts)) is not None:
        return found
    if exit_code(facts) == 124 and any("timeout " in script for script in scripts(facts)):
        return _TIMEOUT(facts)
    return None
