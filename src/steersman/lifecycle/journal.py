"""What an action has reached, written down where a successor finds it: as an annotation of the release's Lease.

It is small, because it is written at every hook and at every change of phase, and it is complete: with it and the records in the
storage, the way out that the failure table prescribes can be planned anew, whatever step the process died in.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Action, HookFailure, Phase, Policy
from steersman.plain_json import dumps, loads
from steersman.record import asdict, field, record, replace

if TYPE_CHECKING:
    from typing import Any


@record(frozen=True, slots=True)
class Journal:
    """`revision` is the one the action writes, `previous` the one it started from (0: none) with its status and description
    at that time. `began` says that the revision is in the storage; before that nothing has been touched that a successor would
    have to see to. `touched` says that resources may have been changed. `adopted` are the objects that were there before the
    action (as strings); `degraded` the hooks that failed without stopping it; `runs` the hook runs so far, without their logs;
    `cause` is the failure that ended the plan, if one did (`phase` then stays the one that it came in), `override` the failed
    hook's own annotation. `stamp` is the time at which the revision was deployed: another that bears its number has another
    one. `settled`: the action is over, and only its runs are still to be added to the history.
    """

    action: Action
    policy: Policy
    release: str
    revision: int
    previous: int = 0
    previous_status: str = ""
    previous_description: str = ""
    phase: Phase = Phase.RECORD
    step: str = ""
    began: bool = False
    touched: bool = False
    cause: str = ""
    override: HookFailure | None = None
    adopted: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    runs: tuple[dict[str, Any], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    stamp: str = ""
    settled: bool = False

    def at(self, **changes: Any) -> Journal:
        return replace(self, **changes)

    def to_json(self) -> str:
        return dumps(asdict(self))


# What a successor needs to know of what the user asked for.
_REMEMBERED = (
    "timeout",
    "wait",
    "no_hooks",
    "server_side",
    "force_conflicts",
    "history_max",
    "description",
    "keep_history",
    "delete_hooks",
    "cascade",
)


def remembered(options: Options) -> dict[str, Any]:
    """The options that are not the default, by name."""
    default = Options()
    return {name: value for name in _REMEMBERED if (value := getattr(options, name)) != getattr(default, name)}


def newly_said(options: Options) -> dict[str, Any]:
    """What whoever finishes an action may say anew of how, not of what: the time of each operation."""
    return {} if options.timeout == Options().timeout else {"timeout": options.timeout}


def from_json(text: str) -> Journal | None:
    """None for an empty journal, and for one that cannot be understood (a later version's)."""
    if not text:
        return None
    try:
        data = loads(text)
        return Journal(
            **{
                **data,
                "action": Action(data["action"]),
                "policy": Policy(data["policy"]),
                "phase": Phase(data["phase"]),
                "override": HookFailure(data["override"]) if data["override"] else None,
                "adopted": tuple(data["adopted"]),
                "degraded": tuple(data["degraded"]),
                "runs": tuple(data["runs"]),
            }
        )
    except (ValueError, KeyError, TypeError):
        return None
