"""A repository (git, restic, helm) or a branch of it that is not there."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

GIT = log_rule(
    "repository-missing",
    (
        r"fatal: repository '(?P<name>[^']+)' (?:does not exist|not found)",
        r"(?:ERROR|remote): Repository not found",
        r"fatal: '(?P<name>[^']+)' does not appear to be a git repository",
        r"fatal: Remote branch (?P<name>\S+) not found|couldn't find remote ref (?P<name2>\S+)"
        r"|pathspec '(?P<name3>[^']+)' did not match",
        r"fatal: (?P<name>not a git repository)",
    ),
    problem="git does not find the repository or branch that the hook names: {name}{name2}{name3}",
    explanation="The name is wrong, the branch or tag was removed, the script is in another folder than it thinks, or the "
    "repository is private (which hosts do not tell strangers).",
    fix="Correct URL, branch or working folder in the hook's values; give the hook credentials for a private repository.",
    verify=("git ls-remote URL",),
)
RESTIC = log_rule(
    "repository-missing",
    (
        r"Fatal: unable to open config file(?!.*(?:dial tcp|connect:|lookup|denied|Forbidden|x509|timeout))",
        r"Fatal: repository does not exist: unable to open config file",
    ),
    problem="There is no restic repository at the place that the hook names.",
    explanation="It was never initialised, or the bucket, path or prefix in RESTIC_REPOSITORY is another one.",
    fix="Initialise it once (`restic snapshots || restic init` at the beginning of the script), or correct RESTIC_REPOSITORY.",
    verify=("steer get hooks {release}",),
)
HELM = log_rule(
    "repository-missing",
    (
        r"Error: (?:repo|repository) (?:name )?\(?\"?(?P<name>[^\s\")]+)\"?\)? not found"
        r"|no repositories (?:to show|configured|found)",
    ),
    problem="helm inside the hook does not know the repository {name}.",
    explanation="The list of repositories is kept in the user's home, which is empty in a Pod.",
    fix="Run `helm repo add` in the same script, use --repo URL or an oci:// reference.",
)

find = latest_of(GIT, RESTIC, HELM)
