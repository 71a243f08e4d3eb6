"""What a run says about a hook."""

from __future__ import annotations

from steersman.lifecycle.events import HookFinished, Outcome
from steersman.lifecycle.policy import Action, Phase, Policy, rule
from steersman.rehearse.faults import ENDED_EARLY
from steersman.rehearse.perform import Performance, Play
from steersman.rehearse.verdict import Result, Scenario, Verdict


def plain_verdict(hook: HookFinished, seen: Performance) -> Verdict:
    """Whether the hook succeeds undisturbed."""
    lack = seen.unable.get((hook.kind, hook.hook))
    if lack is not None:
        return Verdict(hook.event, hook.hook, Scenario.RUNS, Result.SKIPPED, lack)
    if hook.result == "Succeeded":
        return Verdict(hook.event, hook.hook, Scenario.RUNS, Result.HELD, f"{hook.seconds:.1f} s", seconds=hook.seconds)
    detail = ": ".join(filter(None, (hook.reason, hook.message)))
    if seen.unable:
        detail += f" (it had to do without {', '.join(name for _, name in seen.unable)}, which could not run here)"
    return Verdict(
        hook.event, hook.hook, Scenario.RUNS, Result.BROKEN, detail, hook.log_tail, hook.seconds, seen.cause(hook)
    )


def repeated_verdict(hook: HookFinished, after: HookFinished, scenario: Scenario, seen: Performance) -> Verdict:
    """Whether the hook succeeds after a run of it that came to its end, or was killed, in the run that was `seen`."""
    note = seen.notes.get(hook.hook)
    if after.result == "Succeeded":
        result = Result.SKIPPED if note == ENDED_EARLY else Result.HELD
        detail = "the second run did no harm" if scenario is Scenario.TWICE else "it recovered"
        return Verdict(hook.event, hook.hook, scenario, result, note or detail, seconds=after.seconds)
    early = scenario is Scenario.TWICE or note == ENDED_EARLY
    what = "fails when it runs a second time" if early else "does not recover from being killed"
    detail = f"{what}: {after.message or after.reason}"
    cause = seen.cause(after)
    return Verdict(hook.event, hook.hook, scenario, Result.BROKEN, detail, after.log_tail, after.seconds, cause)


def failing_verdict(play: Play, hook: HookFinished, seen: Performance) -> Verdict:
    """Whether the hook's failure led to what the failure table says."""
    wrong = wrong_end(play, hook, seen)
    if wrong:
        return Verdict(hook.event, hook.hook, Scenario.FAILS, Result.BROKEN, wrong)
    return Verdict(hook.event, hook.hook, Scenario.FAILS, Result.HELD, _right_end(play, hook, seen))


def wrong_end(play: Play, hook: HookFinished, seen: Performance) -> str:
    """What of the failure table did not hold; "" if all did."""
    finished = seen.finished
    if finished is None:
        return "the action did not end"
    expected = Outcome.DEGRADED if _completes(play, hook, seen) else Outcome.FAILED
    if finished.outcome is not expected:
        return f"the action ended {finished.outcome}, not {expected}, although the hook failed"
    if expected is Outcome.DEGRADED or not play.before:
        return ""
    if play.policy is Policy.ROLLBACK and play.action is not Action.UNINSTALL and not seen.deployed_after:
        return "no revision of the release is deployed any more"
    if hook.event.startswith("pre-") and seen.deployed_after != seen.revision_before:
        return f"revision {seen.deployed_after} is deployed instead of {seen.revision_before}"
    return ""


def _right_end(play: Play, hook: HookFinished, seen: Performance) -> str:
    if _completes(play, hook, seen):
        uninstall = play.action is Action.UNINSTALL
        return "the release is gone, with a warning" if uninstall else "the release completes, marked degraded"
    if not play.before:
        return "the install fails, and nothing of it is deployed"
    if not seen.deployed_after:
        return "the action fails"
    return f"the action fails, and revision {seen.deployed_after} is still deployed"


def _completes(play: Play, hook: HookFinished, seen: Performance) -> bool:
    """Whether the action is to complete although this hook failed."""
    found = rule(play.policy, play.action, _phase(hook), override=seen.overrides.get(hook.hook))
    return found.completes and not found.error


def _phase(hook: HookFinished) -> Phase:
    if hook.event.startswith("pre-"):
        return Phase.PRE_HOOKS
    return Phase.POST_HOOKS if hook.event.startswith("post-") else Phase.TESTS
