"""A test that says no: the hook did what it is for."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "test-failed",
    (
        r"^FAILED (?P<name>\S+::\S+)|^--- FAIL: (?P<name2>\S+)|^not ok \d+ (?P<name3>.*)",
        r"^=+ (?P<name>\d+ failed\b.*?) =+$|^(?P<name2>\d+ failed, \d+ passed.*)$|^Tests: +(?P<name3>\d+ failed,.*)",
        r"Tests run: \d+, (?P<name>Failures: [1-9]\d*.*)|^\s+(?P<name2>\d+ failing)$",
        r"(?P<name>thresholds on metrics '[^']*' have been crossed)",
    ),
    problem="The tests that the hook runs failed: {name}{name2}{name3}",
    explanation="The hook worked; what it tests does not behave as its tests expect.",
    fix="Look at the test's own words above. If the application was only not ready yet, let the tests wait for it.",
    depth=1,
)
