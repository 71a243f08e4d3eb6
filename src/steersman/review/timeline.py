"""What of a chart is in the cluster at the moment at which a hook runs.

Source: the behaviour of helm 4.3.1. Only what is certain counts as there: an upgrade, a rollback, a test or an uninstall
finds what an install left, and nothing that an earlier upgrade may have added.
"""

from __future__ import annotations

from dataclasses import dataclass

from steersman.manifest.hooks import DeletePolicy, HookEvent
from steersman.review.subject import Item, Subject

_INSTALL = (HookEvent.PRE_INSTALL, HookEvent.POST_INSTALL)
# The events whose hooks' leavings an event finds, beyond what earlier hooks of its own made.
_BEFORE: dict[HookEvent, tuple[HookEvent, ...]] = {
    HookEvent.PRE_INSTALL: (),
    HookEvent.POST_INSTALL: (HookEvent.PRE_INSTALL,),
    HookEvent.PRE_UPGRADE: _INSTALL,
    HookEvent.POST_UPGRADE: (*_INSTALL, HookEvent.PRE_UPGRADE),
    HookEvent.PRE_ROLLBACK: _INSTALL,
    HookEvent.POST_ROLLBACK: (*_INSTALL, HookEvent.PRE_ROLLBACK),
    HookEvent.PRE_DELETE: _INSTALL,
    HookEvent.POST_DELETE: (*_INSTALL, HookEvent.PRE_DELETE),
    HookEvent.TEST: _INSTALL,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """The start of one hook, and what is there by then."""

    hook: Item
    event: HookEvent
    present: frozenset[Item]

    def why_absent(self, item: Item) -> str:
        """How it comes that `item` is not there, as the end of a sentence: `… is created only after it`."""
        if item.is_dropped:
            return "has a hook event that Helm does not know, so Helm leaves it out"
        if item.hook is None:
            if self.event is HookEvent.POST_DELETE:
                return "is deleted before it"
            return f"is no hook, so Helm creates it only after all {self.event} hooks"
        if self.event in item.events:
            if item.weight == self.hook.weight:
                return f"is a hook of the same weight ({item.weight}), and by its name it comes later"
            return f"is a hook of weight {item.weight}, created only after this one of weight {self.hook.weight}"
        if DeletePolicy.HOOK_SUCCEEDED in item.delete_policies:
            return f"is a hook that is deleted (hook-succeeded) at the end of {' and '.join(item.events)}"
        return f"is a hook of {' and '.join(item.events)}, not of {self.event}"


def moments(subject: Subject, hook: Item) -> list[Moment]:
    """One for each event at which `hook` runs, install first."""
    found = []
    for event in HookEvent:
        if event not in hook.events:
            continue
        order = subject.event(event)
        present = set(order[: order.index(hook)])
        for earlier in _BEFORE[event]:
            present.update(item for item in subject.event(earlier) if _stays(item))
        if event is HookEvent.POST_DELETE:
            present.update(item for item in subject.resources if _is_kept(item))
        elif event is not HookEvent.PRE_INSTALL:
            present.update(subject.resources)
        found.append(Moment(hook, event, frozenset(present)))
    return found


def _stays(item: Item) -> bool:
    return DeletePolicy.HOOK_SUCCEEDED not in item.delete_policies


def _is_kept(item: Item) -> bool:
    return item.annotations.get("helm.sh/resource-policy") == "keep"
