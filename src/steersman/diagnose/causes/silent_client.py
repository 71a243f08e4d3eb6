"""A client that was told to be silent: its exit code is all that it says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import exit_code
from steersman.diagnose.script import scripts

# The exit codes that curl's and GNU wget's manuals list: cause, and in words.
CURL = {
    3: ("url-malformed", "the URL is malformed"),
    5: ("name-not-resolved", "the proxy's name could not be resolved"),
    6: ("name-not-resolved", "the host's name could not be resolved"),
    7: ("connection-refused", "nothing accepts connections at host and port"),
    22: ("http-status", "the server answered with a status of 400 or above"),
    23: ("disk-full", "what was received could not be written"),
    26: ("file-missing", "the file to be sent could not be read"),
    28: ("connection-timeout", "the server did not answer in time"),
    35: ("tls", "the TLS handshake failed (a plain HTTP port?)"),
    47: ("too-many-redirects", "there were too many redirects"),
    51: ("tls", "the server's certificate was not accepted"),
    52: ("connection-lost", "the server closed the connection without an answer"),
    56: ("connection-lost", "the connection broke while data was received"),
    60: ("tls", "the server's certificate is not trusted"),
    77: ("tls", "the file with the authorities' certificates cannot be read"),
}
WGET = {
    3: ("disk-full", "a file could not be read or written"),
    4: ("connection-refused", "the network failed (no name, no connection)"),
    5: ("tls", "the server's certificate was not accepted"),
    6: ("http-status", "the server wants credentials"),
    8: ("http-status", "the server answered with an error status"),
}
_URL = re.compile(r"https?://[^\s\"'|;)]+")


def find(facts: Facts) -> Diagnosis | None:
    code = exit_code(facts)
    if code is None or any(line.strip() for line in facts.logs):
        return None
    script = " ".join(scripts(facts))
    found = _meaning(script, "curl", CURL, code) or _meaning(script, "wget", WGET, code)
    if found is None:
        return None
    program, cause, words = found
    url = next(iter(_URL.findall(script)), "URL")
    return Diagnosis(
        cause=cause,
        confidence=Confidence.MEDIUM,
        problem=f"{program} in the hook ended with exit code {code}, which says: {words}.",
        explanation=f"It printed nothing (it was called silent), so that only its exit code tells. It asked {url}.",
        evidence=(Evidence("exit code", str(code)),),
        fix=f"Correct what the code names, and let {program} say more the next time "
        f"({'curl -fsS' if program == 'curl' else 'wget -nv'}).",
        verify=(
            f"kubectl -n {facts.namespace} run http-check --rm -it --restart=Never --image=curlimages/curl -- curl -sv {url}",
            *again(facts),
        ),
    )


def _meaning(script: str, program: str, codes: Mapping[int, tuple[str, str]], code: int) -> tuple[str, str, str] | None:
    """Only where the program is the last thing that the script runs is its exit code the container's (or with `set -e`)."""
    if not re.search(rf"(?<![\w-]){program}(?![\w-])", script) or code not in codes:
        return None
    return program, *codes[code]
