"""A package that a hook installs and that its index does not have."""

from __future__ import annotations

import re
from dataclasses import replace

from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import log_rule

_RULE = log_rule(
    "package-missing",
    (
        r"^\s+(?P<name>\S+) \(no such package\)|E: Unable to locate package (?P<name2>\S+)",
        r"E: Package '(?P<name>[^']+)' has no installation candidate",
        r"No matching distribution found for (?P<name>\S+)",
        r"npm (?:ERR!|error) 404 +'(?P<name>[^']+)' is not in this registry|ETARGET No matching version found for (?P<name2>\S+)",
        r"No match for argument: (?P<name>\S+)|Could not find a valid gem '(?P<name2>[^']+)'",
        r"Could not find gem '(?P<name>[^']+)'|Could not find a matching version of package (?P<name2>\S+)",
    ),
    problem="The hook installs {name}{name2}, and its package index has no such package or version.",
    explanation="The name or version is wrong for this distribution, the index is a private one that the hook "
    "does not ask, or the "
    "index was never fetched (apt-get update).",
    fix="Build what the hook needs into an image and use that: installing at each run is slow and fails with the "
    "network. Else correct "
    "the name, and give the hook the index (--index-url, .npmrc).",
)
_NETWORK = re.compile(
    r"temporary error \(try again later\)|Temporary failure|NewConnectionError|Failed to fetch"
    r"|Could not connect to|Could not resolve"
)


def find(facts: Facts) -> Diagnosis | None:
    found = _RULE(facts)
    if found is not None and any(_NETWORK.search(line) for line in facts.logs):
        # The index could not be fetched, so that it lacks everything.
        return replace(
            found,
            cause="connection-failed",
            depth=1,
            confidence=min(found.confidence, Confidence.MEDIUM, key=lambda each: each.rank),
            problem="The hook installs packages, and could not fetch the index of packages.",
            explanation="The Pod has no way to it: DNS, a NetworkPolicy, or a proxy that it is not told of.",
        )
    return found
