"""A Pod that was thrown out, by its node or for another Pod."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "evicted",
    r"\bEvicted\b:?(?P<why>.*)|\b(?:Preempt(?:ed|ing)|PreemptionByScheduler|TaintManagerEviction|NodeShutdown"
    r"|NodeLost|TerminationByKubelet"
    r"|DeletionByTaintManager|EvictionByEvictionAPI)\b:?(?P<other>.*)",
    problem="The hook's Pod was evicted from its node before it was done. {why}{other}",
    explanation="The node ran out of memory or disk, was drained or shut down, or a Pod of higher priority needed the place.",
    fix="State resources.requests (memory, ephemeral-storage) in {path} that fit what the hook uses, and run it "
    "again; hooks must be safe to "
    "run twice.",
    verify=("kubectl describe nodes",),
)
