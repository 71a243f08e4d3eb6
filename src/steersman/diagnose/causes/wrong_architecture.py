"""A program that was built for another processor."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import quoted, search, search_said

_WORDS = re.compile(
    r"(?i)(?P<name>[\w./-]+)?\"?:? (?:cannot execute binary file: )?exec format error"
    r"|no match for platform in manifest"
    r"|invalid ELF header"
)


def find(facts: Facts) -> Diagnosis | None:
    said, found = search_said(facts, _WORDS), search(facts, _WORDS)
    if said is not None:
        line, confidence, evidence = -1, Confidence.HIGH, said[1]
    elif found is not None:
        line, confidence, evidence = found.number, found.confidence, quoted(found)
    else:
        return None
    return Diagnosis(
        cause="wrong-architecture",
        confidence=confidence,
        problem="The hook's program is not one that this node's processor can run (exec format error).",
        explanation="The image was built for another architecture (amd64 on an arm64 node, or the reverse); of a "
        "script: it has no #! line.",
        evidence=(evidence,),
        fix="Build the image for the nodes' architecture (docker buildx build --platform linux/amd64,linux/arm64), "
        "or bind the Pod to nodes "
        "of the image's (nodeSelector: kubernetes.io/arch: …). A script needs #!/bin/sh as its first line.",
        verify=(
            "kubectl get nodes -L kubernetes.io/arch",
            f"docker manifest inspect {', '.join(facts.images)}",
            *again(facts),
        ),
        line=line,
    )
