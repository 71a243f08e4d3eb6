"""The options of the commands that change a release, in Helm's words and in ours, gathered into `lifecycle.plan.Options`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from steersman.cli import declare
from steersman.cli.declare import Declared, Parameter
from steersman.cli.durations import DURATION
from steersman.cli.policy import POLICY_VARIABLE, chosen_policy
from steersman.errors import UsageError
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy
from steersman.record import field_names, record

if TYPE_CHECKING:
    from typing import Any

Command = Callable[..., "Any"]

OUTPUTS = ["table", "json", "yaml", "jsonl"]
WAIT_STRATEGIES = ("watcher", "hookOnly", "legacy")


@record(frozen=True, slots=True)
class How:
    """How an action is told about: which failure policy it follows, and what is shown of it."""

    policy: Policy
    output: str = "table"
    hook_logs: str = "all"


# name on the command line → (click attributes); each is a field of lifecycle.plan.Options
_FLAGS: dict[str, str] = {
    "--no-hooks": "prevent hooks from running",
    "--parallel-hooks": "run hooks of equal weight together",
    "--hooks-on-change": "skip hooks whose last run succeeded and of which nothing has changed since",
    "--wait-for-jobs": "with --wait, also wait until all Jobs have been completed",
    "--strict": "exit 1 also when only a post hook failed",
    "--force-conflicts": "server-side apply takes over fields that others own",
    "--force-replace": "update resources by replacing them",
    "--take-ownership": "adopt resources that belong to no release, or to another",
    "--recreate-immutable": "delete and create anew a resource of which an immutable field changes",
    "--cleanup-on-fail": "remove new resources when the action fails",
    "--rollback-on-failure": "undo the action when it fails (what --failure-policy=rollback does by itself)",
    "--skip-crds": "do not install CRDs",
    "--upgrade-crds": "also bring the CRDs of crds/ that are there already to what the chart says",
    "--create-namespace": "create the release's namespace if not present",
    "--keep-history": "remove the resources, keep the release's history",
    "--ignore-not-found": "a release that does not exist counts as uninstalled",
    "--delete-hooks": "remove what hooks have created, too",
}
_ALIASES = {"--rollback-on-failure": ("--atomic",), "--force-replace": ("--force",)}


def action_options(flags: str = "", *, description: bool = True) -> Callable[[Command], Command]:
    """The named flags, and what every action has; the command gets `options: Options` and `how: How`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def collected(*args: Any, **given: Any) -> Any:
            how = How(
                policy=chosen_policy(given.pop("failure_policy")),
                output=given.pop("output"),
                hook_logs=given.pop("hook_logs"),
            )
            fields = {name: given.pop(name) for name in list(given) if name in field_names(Options)}
            fields["wait"] = wait_strategy(fields.get("wait"))
            if "server_side" in fields:
                fields["server_side"] = server_side(fields["server_side"])
            return command(*args, options=Options(**fields), how=how, **given)

        decorated: Command = collected
        for option in reversed(_options(flags.split(), description)):
            decorated = option(decorated)
        return decorated

    return decorate


def _options(names: list[str], description: bool) -> list[Callable[[Command], Command]]:
    common: list[Callable[[Command], Command]] = [
        declare.option(
            "--timeout",
            type=DURATION,
            default="5m0s",
            show_default=True,
            help="time for any single operation, like one hook",
        ),
        declare.option(
            "--failure-policy",
            type=declare.Choice([str(policy) for policy in Policy]),
            help=f"what a failure does: rollback (default) or exactly what helm does; ${POLICY_VARIABLE}",
        ),
        declare.option(
            "--wait-lock", type=DURATION, default="0s", help="wait so long for another command on the same release"
        ),
        declare.option(
            "--hook-patience", type=DURATION, default="30s", help="start post hooks when readiness stands still so long"
        ),
        declare.option(
            "--hook-logs",
            type=declare.Choice(["all", "failed", "none"]),
            default="all",
            help="which hooks' output to show",
        ),
        declare.option(
            "-o",
            "--output",
            type=declare.Choice(OUTPUTS),
            default="table",
            help="format of the result; jsonl: every event",
        ),
    ]
    flags: list[Callable[[Command], Command]] = [
        declare.option(
            name, *_ALIASES.get(name, ()), name.strip("-").replace("-", "_"), is_flag=True, help=_FLAGS[name]
        )
        for name in names
    ]
    if description:
        flags.append(declare.option("--description", default="", help="add a custom description"))
    return [*flags, *common]


def late_options(command: Declared, *, dry_run: bool = True, server_side: str = "") -> Declared:
    """Add the options whose value stands only behind an equals sign: `--wait`, `--dry-run`; and `--server-side`.

    `server_side` is that option's default, "" for a command that does not have it.
    """
    added = [
        declare.bare(
            "--wait",
            bare_value="watcher",
            default=None,
            help="wait until resources are ready: watcher, hookOnly (only hooks), legacy",
            metavar="[=STRATEGY]",
        )
    ]
    if dry_run:
        what = "only show what would be: client asks no cluster, server does"
        added.append(declare.bare("--dry-run", bare_value="unset", default="none", help=what, metavar="[=MODE]"))
    if server_side == "auto":
        what = "apply in the server: true, false, or auto as before"
        added.append(Parameter(("--server-side",), {"default": "auto", "help": what}))
    elif server_side:
        what = "apply in the server instead of the client"
        added.append(declare.bare("--server-side", bare_value="true", default="true", help=what, metavar="[=BOOL]"))
    command.parameters.extend(added)
    return command


def wait_strategy(value: str | None) -> str | None:
    """Helm's words for `--wait`; true and false as Helm still takes them. Raises UsageError."""
    if value is None or value in WAIT_STRATEGIES:
        return value
    if value in ("true", "false"):
        return "watcher" if value == "true" else "hookOnly"
    raise UsageError(
        f'invalid argument "{value}" for "--wait" flag: invalid wait input "{value}". '
        f"Valid inputs are {', '.join(WAIT_STRATEGIES[:-1])}, and {WAIT_STRATEGIES[-1]}"
    )


def server_side(value: str) -> bool | None:
    """`--server-side`: true, false, or auto (None). Raises UsageError."""
    known = {"true": True, "false": False, "auto": None}
    if value not in known:
        raise UsageError('invalid/unknown release server-side apply method: must be "true", "false" or "auto"')
    return known[value]
