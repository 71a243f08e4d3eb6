"""A hook that was not done in its time. Why it took so long is another cause's to say."""

from __future__ import annotations

from steersman.diagnose.advice import again, log_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import overdue


def find(facts: Facts) -> Diagnosis | None:
    said = overdue(facts)
    limit = facts.hook.job.get("activeDeadlineSeconds") or facts.hook.spec.get("activeDeadlineSeconds")
    if facts.run.reason == "Timeout":  # the Job says DeadlineExceeded as well then: that is how it was stopped
        problem = "The hook was not done within its timeout, and was stopped."
        fix = "Give it longer (--timeout, or the annotation steersman.dev/hook-timeout: 10m on the hook), or make it quicker."
        evidence = Evidence(facts.run_source, facts.run.message or "Timeout")
    elif said is not None:
        problem = f"The hook was not done within activeDeadlineSeconds ({limit} s) and was stopped."
        fix = f"Raise activeDeadlineSeconds in {facts.hook.path or 'the template'}, or make the hook quicker."
        evidence = said[1]
    else:
        return None
    last = next((line for line in reversed(facts.logs) if line.strip()), "")
    explanation = (
        f'It was still at work; the last thing it printed: "{last.strip()}"' if last else "It had printed nothing."
    )
    return Diagnosis(
        cause="deadline",
        confidence=Confidence.HIGH,
        problem=problem,
        explanation=explanation,
        evidence=(evidence, *((Evidence("log", last.strip()),) if last else ())),
        fix=fix,
        verify=(log_command(facts), *again(facts)),
        depth=1,
    )
