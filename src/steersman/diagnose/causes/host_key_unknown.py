"""An ssh server whose key the container does not know."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "host-key-unknown",
    (
        r"Host key verification failed",
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        r"SSHException: Server '(?P<host>[^']+)' not found in known_hosts",
        r"knownhosts: key (?:is unknown|mismatch)",
    ),
    problem="ssh does not go on: the container does not know the host key of the server {host}.",
    explanation="In a Pod there is no known_hosts file, and nobody who could answer yes; or the server has a new key.",
    fix="Put the output of `ssh-keyscan HOST` (checked against what the host publishes) into a ConfigMap, mount it and name it "
    '(UserKnownHostsFile, GIT_SSH_COMMAND="ssh -o UserKnownHostsFile=/ssh/known_hosts"), or use '
    "StrictHostKeyChecking=accept-new.",
    verify=("kubectl -n {namespace} get configmaps",),
)
