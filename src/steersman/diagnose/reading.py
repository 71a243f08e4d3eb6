"""How causes read a log: which line says it, what was said afterwards, and how sure that makes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import ContainerFacts, EventFacts, Facts
from steersman.diagnose.words import possible

# After such a line, what came before it has passed.
_RECOVERED = re.compile(
    r"(?i)^(?!.*\b(not|never|no|un\w+|fail\w*|error)\b)(?!.*\?\s*$).*\b(connected|is ready|now ready|"
    r"accepting connections|reachable|succeeded|successful(ly)?)\b"
)
# Only a line that a program prints as an error of its own; "migration failed" says nothing new.
_ERROR = re.compile(r"^(?:\S+: )*(?:ERROR|FATAL|PANIC)\b|^(?:Caused by: )?[\w.$]*(?:Error|Exception)\b: |: error: ")
# So does a line in plain words, unless it only sums up what was said before it.
_COMPLAINT = re.compile(
    r"(?i)\b(errors?|fail(ed|s|ure)|fatal|exception|cannot|can't|could ?n[o']t|unable|invalid|denied|corrupt\w*"
    r"|mismatch|violat\w+|"
    r"missing|panic|abort(ed|ing)?)\b"
)
_SUMMARY = re.compile(
    r"(?i)\b(migrations?|jobs?|hooks?|commands?|scripts?|tasks?|setup|deploy(ment)?|process|connection|request"
    r"|install(ation)?) (has |was )?"
    r"(fail|abort)|exit(ed|ing)?\b.*\b(code|status|with|\d+)|giv(e|ing) up|gave up|npm (ERR|error)|\*\*\* \[|"
    r"failed to (connect|run|execute|start|apply|migrate)|^\s*(hint|detail|context|note|help|see|try)\b|"
    r"errno|\bcode: |severity:|Traceback|exception was the direct cause|Emitted 'error' event|curl failed to verify|"
    r"Could not read from remote repository|Error is not recoverable|due to previous errors|\bfailed=\d+ +skipped=|"
    r"\d+ compile errors?$|"
    r"Unable to establish|Background on this error|: /dev/tcp/|another exception occurred"
)
# What clients say in the end who could not reach their server: why, stands in another line.
CONSEQUENCE = (
    r"\bAMQPConnectionError\b|\b(?:NoBrokersAvailable|Unable to bootstrap from \S+"
    r"|Broker transport failure|brokers? are down)|"
    r"(?:nats: no servers available for connection|NoServersError)|"
    r"Failed to connect to \S+:\d+ - Could not connect|"
    r"temporary error \(try again later\)|Client network socket disconnected before secure TLS connection|"
    r"P1001: Can't reach database server|Can't reach database server at|Could not connect to the endpoint URL|"
    r"KazooTimeoutError: Connection time-out|"
    r"^Error: context deadline exceeded$|"
    r"elastic_transport\.ConnectionError: Connection error$|"
    r"(?:NoHostAvailable\b|UnresolvableContactPoints|All host\(s\) tried for query failed)|"
    r"(?:No(?:de)? (?:living )?connections?(?: is| are)? available|There are no living connections)|"
    r"(?:A network-related or instance-specific error occurred while establishing a connection to SQL Server)|"
    r"(?:TDS server is unavailable or does not exist)|(?:Could not open a connection to SQL Server)|"
    r"(?:Reached the max retries per request limit.*|Stream isn't writeable and enableOfflineQueue.*)|"
    r"(?:Failed connecting to Zookeeper within the connection retry policy|Unable to connect to zookeeper.*)|"
    r"(?:Could not open JDBC Connection for transaction|Unable to obtain (?:JDBC )?connection from database.*)|"
    r"(?:Unable to open JDBC Connection for DDL execution|Failed to obtain JDBC Connection)|"
    r"(?:Connection to node -?\d+ \(\S+\) could not be established)"
)
# What an installer says after it could not fetch its index.
WITHOUT_INDEX = (
    r"unable to select packages|\(no such package\)|Unable to locate package|No matching distribution found|"
    r"Could not find a version that satisfies|Failed to fetch|Some index files failed to download|required by: world"
)
_CONSEQUENCE = re.compile(f"{CONSEQUENCE}|{WITHOUT_INDEX}")
# Said in passing: what `IF EXISTS` did not find is no error.
_HARMLESS = re.compile(r"\bNOTICE:|, (?:skipping|ignoring|ignored)\.?$|^\++ ")  # nor is the trace of `set -x`
_MILD = re.compile(r"^\W*(?:\d\S*\W+){0,2}(?:WARN(?:ING)?|INFO|DEBUG)\b")
# What is said of a Pod before its program starts; once that runs, it was overcome.
_BEFORE_START = frozenset(
    {
        "FailedScheduling", "FailedMount", "FailedAttachVolume", "FailedMapVolume", "Failed", "BackOff", "ErrImagePull",
        "InspectFailed", "FailedCreate", "FailedCreatePodSandBox", "NetworkNotReady", "ProvisioningFailed",
    }
)  # fmt: skip
_EVENT = re.compile(r"event (?P<reason>\S+) on ")
_NEAR = 8
_LONG = 4000
_QUOTE = re.compile(r"\\+\"")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def plain(line: str) -> str:
    """A line without colours, with the quotes that a logger of JSON or logfmt has escaped, and without the middle
    of a very long one, on which patterns would take minutes."""
    if len(line) > _LONG:
        line = f"{line[: _LONG // 2]} … {line[-_LONG // 2 :]}"
    if "\\" in line or "\x1b" in line:
        return _QUOTE.sub('"', _COLOUR.sub("", line))
    return line


@lru_cache(maxsize=8)
def _readable(logs: tuple[str, ...]) -> tuple[tuple[tuple[int, str], ...], str]:
    """The lines in which a cause may stand, the last one first, with their numbers; and all of them as a text in small
    letters."""
    lines = tuple((number, line) for number, line in enumerate(map(plain, logs)) if not _HARMLESS.search(line))
    return lines[::-1], "\n".join(line for _, line in lines).lower()


@dataclass(frozen=True, slots=True)
class Found:
    """The last line of the log that matches."""

    match: re.Match[str]
    number: int
    line: str
    confidence: Confidence

    def group(self, *names: str) -> str:
        """The first of these groups that took part, "" if none did."""
        known = self.match.groupdict()
        return next((known[name] for name in names if known.get(name)), "")


def search(facts: Facts, *patterns: re.Pattern[str], unless: re.Pattern[str] | None = None) -> Found | None:
    """The last line that one of `patterns` matches and `unless` does not; less sure where the program went on after it."""
    lines, text = _readable(facts.logs)
    likely = possible(patterns, text)
    for number, line in lines if likely else ():
        if unless is not None and unless.search(line):
            continue
        for pattern in likely:
            if match := pattern.search(line):
                after = facts.logs[number + 1 :]
                confidence = _confidence(after, patterns)
                if confidence is Confidence.HIGH and _MILD.search(facts.logs[number]) and any(map(str.strip, after)):
                    confidence = Confidence.MEDIUM
                return Found(match, number, facts.logs[number], confidence)
    return None


def _confidence(after: Sequence[str], patterns: tuple[re.Pattern[str], ...]) -> Confidence:
    if any(_RECOVERED.search(line) for line in after):
        return Confidence.LOW
    # An error that came later, and is none of this cause's own, may be the one that ended the program.
    after = [line for line in after if not _CONSEQUENCE.search(line)]
    if any(_ERROR.search(line) for line in after):
        return Confidence.MEDIUM
    if any(
        _COMPLAINT.search(line) and not _SUMMARY.search(line) and not _of(line, patterns)
        for line in after
        if line[:1].strip()
    ):
        return Confidence.MEDIUM
    # Nor is the end of the program near: it went on working. Stack frames (indented) are part of the error.
    if sum(1 for line in after if line.strip() and not line[0].isspace()) > _NEAR:
        return Confidence.MEDIUM
    return Confidence.HIGH


def _of(line: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    return any(pattern.search(line) for pattern in patterns)


def quoted(found: Found) -> Evidence:
    return Evidence("log", found.line.strip().replace("\r", "\\r"))


Cause = Callable[[Facts], Diagnosis | None]

_DEADLINE = re.compile(r"\bDeadlineExceeded\b")
_WAITED = re.compile(
    r"(?i)\bwait(ing|ed|s)?\b|\bnot (yet )?(ready|up|available|reachable)\b|\btim(ed|e) ?out\b|\bretry|\bg[ai]v(e|ing) up\b"
)


def overdue(facts: Facts) -> tuple[re.Match[str], Evidence] | None:
    """Where Kubernetes says that the Job was active for too long, or its Pod."""
    return search_said(facts, _DEADLINE)


def waited_in_vain(facts: Facts) -> bool:
    """Whether the hook was still at it when its time was up, ended with words about waiting, or without any."""
    if facts.run.reason == "Timeout" or overdue(facts) is not None:
        return True
    last = next((line for line in reversed(facts.logs) if line.strip()), "")
    return bool(_WAITED.search(last)) if last else bool(exit_code(facts))


def exit_code(facts: Facts) -> int | None:
    """With which code the hook's program ended; None where that is not known, or it was killed before it could."""
    return facts.run.exit_code or next((each.exit_code for each in reversed(facts.containers) if each.exit_code), None)


def events_matching(facts: Facts, reason: str = "", message: str = "") -> list[Evidence]:
    """The events whose reason and message match these patterns (searched)."""
    return [
        Evidence(f"event {event.reason} on {event.about}", event.message)
        for event in facts.events
        if not _overcome(facts, event) and re.search(reason, event.reason) and re.search(message, event.message)
    ]


def _overcome(facts: Facts, event: EventFacts) -> bool:
    """Whether what an event says stood in the way of a program's start, and the program has run since."""
    if event.reason not in _BEFORE_START:
        return False
    ran = {each.pod for each in facts.containers if not each.init and _has_run(each)}
    kind, _, name = event.about.partition("/")
    if kind == "Pod" and any(each.pod == name for each in facts.containers):
        return name in ran
    # The Job itself, its claims, or a Pod that is gone: a run that has printed something, or ended by itself, did start.
    return facts.hook.kind in ("Job", "Pod") and bool(ran or (facts.logs and not facts.containers))


def _has_run(container: ContainerFacts) -> bool:
    never = ("StartError", "ContainerCannotRun", "CrashLoopBackOff after StartError")
    return container.state in ("running", "terminated") and container.reason not in never


def said(facts: Facts) -> list[Evidence]:
    """Everything that Kubernetes' components said: container states, events, conditions, and the end of the run."""
    found = [
        Evidence(f"Pod/{each.pod} container {each.name}", ": ".join(filter(None, (each.reason, each.message))))
        for each in facts.containers
        if each.reason or each.message
    ]
    found += events_matching(facts)
    found += [
        Evidence(f"{each.about} condition {each.type}", ": ".join(filter(None, (each.reason, each.message))))
        for each in facts.conditions
        if each.reason or each.message
    ]
    if facts.readiness:
        found.append(Evidence(f"{facts.hook.kind}/{facts.hook.name}", facts.readiness))
    if facts.run.reason or facts.run.message:
        found.append(Evidence(facts.run_source, ": ".join(filter(None, (facts.run.reason, facts.run.message)))))
    return found


def search_said(facts: Facts, pattern: re.Pattern[str]) -> tuple[re.Match[str], Evidence] | None:
    """The first of Kubernetes' own statements (an event as `Reason: message`) that matches."""
    for evidence in said(facts):
        event = _EVENT.match(evidence.source)
        if match := pattern.search(f"{event['reason']}: {evidence.quote}" if event else evidence.quote):
            return match, evidence
    return None
