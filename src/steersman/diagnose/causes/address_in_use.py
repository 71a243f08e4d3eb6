"""A program that listens where another one already does."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "address-in-use",
    (
        r"EADDRINUSE[^\n]*?(?P<name>[\w.:]*:\d+)?$",
        r"(?P<name>\S+): bind: address already in use|[Aa]ddress already in use",
        r"Web server failed to start\. (?P<name>Port \d+) was already in use",
    ),
    problem="The port that the program wants to listen on is taken: {name}",
    explanation="Containers of one Pod share their ports: a sidecar, or the program itself started twice, has it. With "
    "hostNetwork it may be any program of the node.",
    fix="Give one of them another port in {path}; a migration needs no web server at all "
    "(spring.main.web-application-type=none).",
    verify=("steer get hooks {release}",),
)
