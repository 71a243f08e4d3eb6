"""A hook whose program said by its exit code alone that it failed: the last thing to say when nothing else is known."""

from __future__ import annotations

from steersman.diagnose.advice import again, log_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import RUN_ON, Facts
from steersman.diagnose.reading import exit_code

# What a shell's own exit codes say (POSIX, 2.8.2).
_MEANING = {
    126: "126 is the shell's word for a file that it may not execute.",
    127: "127 is the shell's word for a program that it did not find.",
}
_SIGNALS = {130: "SIGINT", 137: "SIGKILL"}  # a crash and SIGTERM are causes of their own


def find(facts: Facts) -> Diagnosis | None:
    code = exit_code(facts)
    if not code or facts.hook.kind in RUN_ON:
        return None
    last = [line.strip() for line in facts.logs if line.strip()][-3:]
    limit = facts.hook.job.get("backoffLimit", 6)
    attempts = f" (backoffLimit {limit} is used up)" if facts.run.reason == "BackoffLimitExceeded" else ""
    what = f"was ended by {_SIGNALS[code]}" if code in _SIGNALS else f"ended with exit code {code}"
    return Diagnosis(
        cause="exit-code",
        confidence=Confidence.MEDIUM,
        problem=f"The hook's program {what}{attempts}.",
        explanation=_explanation(code, bool(last)),
        evidence=(Evidence("exit code", str(code)), *(Evidence("log", line) for line in last)),
        fix="Correct what the last lines name. Scripts tell more with `set -ex`."
        if last
        else "Let the script say what it does (`set -ex`).",
        verify=(log_command(facts), *again(facts)),
        depth=1,
    )


def _explanation(code: int, printed: bool) -> str:
    if not printed:
        return _MEANING.get(code, "The program ran, printed nothing and reported failure.")
    told = "The program ran and reported failure itself; its last lines are the best there is to go by."
    return f"{told} {_MEANING[code]}" if code in _MEANING else told
