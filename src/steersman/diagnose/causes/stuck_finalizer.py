"""An object that cannot go away, because somebody has promised to see to something first."""

from __future__ import annotations

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts


def find(facts: Facts) -> Diagnosis | None:
    if not facts.deleting or not facts.finalizers:
        return None
    names, hook = ", ".join(facts.finalizers), facts.hook
    patch = '{"metadata":{"finalizers":null}}'
    take_off = f"kubectl -n {facts.namespace} patch {hook.kind.lower()} {hook.name} --type=merge -p '{patch}'"
    return Diagnosis(
        cause="stuck-finalizer",
        confidence=Confidence.HIGH,
        problem=f"{hook.kind} {hook.name} is being deleted and does not go away: the finalizer {names} is never taken off.",
        explanation="A finalizer keeps an object until its controller has cleaned up. That controller is not running, or it "
        "fails. The new hook cannot be created as long as the old object is there.",
        evidence=(Evidence(f"{hook.kind}/{hook.name}", f"metadata.finalizers: [{names}], deletionTimestamp set"),),
        fix="Get the controller behind it to work again. Only if it is gone for good, take the finalizer off by hand:\n"
        f"    {take_off}",
        verify=(f"kubectl -n {facts.namespace} get {hook.kind.lower()} {hook.name}", *again(facts)),
    )
