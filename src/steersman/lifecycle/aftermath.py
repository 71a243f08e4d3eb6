"""What follows a failure: which records are written, which steps lead back, what is said. Pure, as the plans are.

It is asked in two situations that must not differ: a step failed in this process, or a process died and this one recovers the
release. All it needs to know is what the journal keeps.
"""

from __future__ import annotations

from steersman.lifecycle.common import Groups, manifest_resources
from steersman.lifecycle.plan import AwaitDeletion, Plan, RecordRevision
from steersman.lifecycle.policy import Action, HookFailure, Policy, Remedy, Rule
from steersman.lifecycle.rollback import plan_return
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.uninstall import deletions, plan_uninstall
from steersman.record import record, replace
from steersman.release.record import Release, Status


@record(frozen=True, slots=True)
class Fallen:
    """A plan that failed. `release` is the revision it is about as it stands, `previous` the one before (None: there is none),
    `override` the failed hook's own annotation,
    `adopted` the objects that were there before it began (as strings)."""

    plan: Plan
    release: Release
    previous: Release | None
    rule: Rule
    cause: str
    event: str = ""
    override: HookFailure | None = None
    adopted: frozenset[str] = frozenset()

    def text(self, template: str) -> str:
        previous = self.previous
        return self.rule.text(
            template,
            release=self.release.name,
            event=self.event,
            cause=self.cause,
            revision=self.release.version,
            previous=previous.version if previous else 0,
            status=previous.status if previous else "",
        )

    @property
    def remedy(self) -> Remedy:
        """The table's, unless there is nothing to go back to: then what was created goes."""
        if self.rule.remedy is Remedy.ROLL_BACK and return_target(self) is None:
            return Remedy.REMOVE_CREATED
        return self.rule.remedy

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said below the error."""
        if self.remedy is not self.rule.remedy:
            return (f'Release "{self.release.name}" was never deployed; what this attempt had created is removed',)
        return tuple(self.text(line) for line in self.rule.lines)


def verdict(fallen: Fallen) -> Groups:
    """The record of the failure, written before anything is put in order."""
    rule, release = fallen.rule, fallen.release
    if fallen.plan.action is Action.TEST:
        return [(RecordRevision(release=release, status=release.status),)]  # its hooks' last runs
    if rule.status is not None:
        status, description = rule.status, fallen.text(rule.description)
        record = RecordRevision(release=release, status=status, description=description)
        current = fallen.plan.current if rule.supersedes else None
        before: Groups = [(RecordRevision(release=current, status=Status.SUPERSEDED),)] if current else []
        return [*before, (record,)]
    if rule.restore and fallen.previous is not None:
        old = fallen.previous
        return [(RecordRevision(release=old, status=old.status, description=old.info.description),)]
    return []


def removal(fallen: Fallen, situation: Situation) -> Groups:
    """Delete what the failed attempt created, and nothing that was there before it."""
    previous = {str(resource.ref) for resource in manifest_resources(fallen.plan.current, situation)}
    created = tuple(
        resource
        for resource in manifest_resources(fallen.release, situation)
        if str(resource.ref) not in fallen.adopted | previous
    )
    if not created:
        return []
    awaited = fallen.plan.policy is Policy.ROLLBACK
    wait: Groups = [(AwaitDeletion(refs=tuple(resource.ref for resource in created)),)] if awaited else []
    return [*deletions(created), *wait]


def way_back(fallen: Fallen, situation: Situation) -> Plan:
    """The plan of the remedies that are actions of their own. `situation` is as it stands after `verdict`."""
    plan = fallen.plan
    if fallen.remedy is Remedy.UNINSTALL:
        return plan_uninstall(situation, plan.policy, plan.options)
    target = return_target(fallen)
    assert target is not None, "without a target there is no way back"
    options = plan.options
    if plan.policy is Policy.ROLLBACK:  # the record of the attempt is needed until its way back is done
        options = replace(options, history_max=0)
    return plan_return(situation, situation.existing(), target, plan.policy, options)


def return_target(fallen: Fallen) -> Release | None:
    """The revision to go back to: the one that was deployed when the action began."""
    previous = fallen.previous
    return previous if previous is not None and previous.status in (Status.DEPLOYED, Status.SUPERSEDED) else None
