"""A hook that calls helm for a release that is in the middle of something."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "release-locked",
    (
        r"another operation \(install/upgrade/rollback\) is in progress",
        r"release: already exists|cannot re-use a name that is still in use",
    ),
    problem="helm inside the hook was refused: another operation is in progress on the release that it names.",
    explanation="While a hook runs, its own release is pending: a hook cannot upgrade the release that it belongs to.",
    fix="Take the call of helm out of the hook, or let it work on another release.",
    verify=("steer -n {namespace} history {release}",),
)
