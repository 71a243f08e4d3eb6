"""A container that its runtime could not make or start."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.said_rule import said_rule

ROOT = said_rule(
    "runs-as-root",
    r"container has runAsNonRoot and image (?P<why>will run as root|has non-numeric user \([^)]*\).*)"
    r"|container's runAsUser breaks non-root policy",
    problem="The container must not run as root, and its image would: {why}.",
    explanation="securityContext.runAsNonRoot is true, and neither runAsUser nor the image names a user by number.",
    fix="Set runAsUser (for instance 1000) in the container's securityContext in {path}, or build the image with a "
    "numeric USER.",
)
DIRECTORY = said_rule(
    "file-missing",
    r"(?P<why>(?:error mounting|not a directory|cannot find)[^:]*subPath.*|failed to prepare subPath.*)"
    r"|(?:chdir to cwd|mkdir) .*(?P<other>\"[^\"]+\").*(?:no such file|not a directory)",
    problem="A path that the container's start needs is not there: {why}{other}.",
    explanation="workingDir or a subPath names what neither the image nor the volume contains.",
    fix="Correct workingDir, mountPath and subPath in {path}.",
)
OTHER = said_rule(
    "container-not-started",
    # A program that is not there, not executable, or for another processor, is a cause of its own.
    r"\b(?:CreateContainerError|RunContainerError|StartError|ContainerCannotRun|PreStartHookError|PostStartHookError"
    r"|FailedPostStartHook"
    r"|FailedCreatePodSandBox)\b:? ?(?!.*(?:executable file not found|no such file|permission denied|exec format))(?P<why>.*)",
    problem="The container runtime could not start the hook's container: {why}",
    explanation="The message is the runtime's own.",
    fix="Correct what the message names (command, volumes, securityContext) in {path}; of a sandbox or network "
    "error, look at the node.",
)


def find(facts: Facts) -> Diagnosis | None:
    return ROOT(facts) or DIRECTORY(facts) or OTHER(facts)
