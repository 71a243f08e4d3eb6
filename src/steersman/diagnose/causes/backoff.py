"""A hook whose program said by its exit code alone that it failed: the last thing to say when nothing else is known."""

from __future__ import annotations

from steersman.diagnose.advice import again, log_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import RUN_ON, Facts

_SIGNALS = {130: "SIGINT", 134: "SIGABRT", 137: "SIGKILL", 139: "SIGSEGV (a crash of the program)", 143: "SIGTERM"}


def find(facts: Facts) -> Diagnosis | None:
    code = _exit_code(facts)
    if not code or facts.hook.kind in RUN_ON:
        return None
    last = [line.strip() for line in facts.logs if line.strip()][-3:]
    limit = facts.hook.job.get("backoffLimit", 6)
    attempts = f" (backoffLimit {limit} is used up)" if facts.run.reason == "BackoffLimitExceeded" else ""
    what = f"was ended by {_SIGNALS[code]}" if code in _SIGNALS else f"ended with exit code {code}"
    return Diagnosis(
        cause="exit-code",
        confidence=Confidence.HIGH if code in (134, 139) else Confidence.MEDIUM,
        problem=f"The hook's program {what}{attempts}.",
        explanation="The program ran and reported failure itself; its last lines are the best there is to go by."
        if last
        else "The program ran, printed nothing and reported failure.",
        evidence=(Evidence("exit code", str(code)), *(Evidence("log", line) for line in last)),
        fix="Correct what the last lines name. Scripts tell more with `set -ex`."
        if last
        else "Let the script say what it does (`set -ex`).",
        verify=(log_command(facts), *again(facts)),
        depth=1,
    )


def _exit_code(facts: Facts) -> int | None:
    codes = [each.exit_code for each in facts.containers if each.exit_code]
    return facts.run.exit_code or (codes[-1] if codes else None)
