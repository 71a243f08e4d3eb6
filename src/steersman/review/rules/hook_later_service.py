"""A hook calls a Service of the chart that is not there when the hook runs: its name does not even resolve."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.lines import Path
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import entries
from steersman.review.subject import Item, Subject
from steersman.review.timeline import moments


def check(subject: Subject) -> Iterator[Finding]:
    services = {item.name for item in subject.items if item.kind == "Service" and item.name}
    for hook in subject.hooks:
        if not hook.is_awaited:
            continue
        called = {name: path for name in services if (path := place(hook, name))}
        told: set[str] = set()
        for moment in moments(subject, hook):
            for name in sorted(called.keys() - told):
                makers = list(subject.named("Service", name))
                if any(item in moment.present for item in makers):
                    continue
                told.add(name)
                yield hook.finding(
                    f"it calls the Service {name}, which {moment.why_absent(makers[0])}",
                    called[name],
                    hint="Run the hook when the Service is there, or make the Service and what is behind it hooks, too.",
                )


# A variable with the bare name of a Service means its host only where it is called so.
_PLACE = re.compile(r"HOST|ADDR|URL|URI|DSN|ENDPOINT|SERVER|SERVICE$|BROKER|NODES?$|PEERS?$", re.IGNORECASE)


def place(hook: Item, name: str) -> Path:
    """Where a hook's containers name a host of this name; () for nowhere."""
    host = re.escape(name) + r"(?![\w,-])"  # a list of hosts is no call: a certificate's names, for one
    whole = re.compile(rf"(?:\w+://)?(?:[^\s/@]*@)?{host}(?:[.:/]\S*)?")
    within = re.compile(
        rf"(?:://(?:[^\s/@]*@)?|(?:-h|--host|--hostname|-H)[ =\n]|\bhost=)[\"']?{host}|(?<![\w.-]){host}:\d"
    )
    for container in hook.containers:
        for at, entry in entries(container.spec.get("env")):
            value = str(entry.get("value") or "")
            if whole.fullmatch(value) and (value != name or _PLACE.search(str(entry.get("name")))):
                return (*container.path, "env", at)
        if within.search(container.text):
            return (*container.path, "command" if container.spec.get("command") else "args")
    return ()


RULE = Rule(
    "hook-later-service", "lifecycle", Severity.ERROR, "Services that a hook calls are there when it runs", check
)
