"""Which commands there are; the module of each is imported when it is named, not before."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from collections.abc import Collection


@record(frozen=True, slots=True)
class Entry:
    """`module` (below steersman.cli) has the command as `command`; `text` is one line of help."""

    module: str
    text: str


COMMANDS: dict[str, Entry] = {
    "install": Entry("install", "install a chart"),
    "upgrade": Entry("upgrade", "upgrade a release"),
    "rollback": Entry("rollback", "roll back a release to a previous revision"),
    "uninstall": Entry("uninstall", "uninstall a release"),
    "test": Entry("test", "run tests for a release"),
    "status": Entry("status", "display the status of the named release"),
    "history": Entry("history", "fetch release history"),
    "list": Entry("list", "list releases"),
    "get": Entry("get", "download extended information of a named release"),
    "hooks": Entry("hooks", "show the hooks of a release: event, weight, policies, last run"),
    "logs": Entry("logs", "show what a release's hooks printed, also after their Jobs are gone"),
    "recover": Entry("recover", "finish what a killed command left half way"),
    "plan": Entry("plan", "show the steps an action would take, with a diff"),
    "apply": Entry("apply", "carry out a saved plan, if the cluster has not moved on"),
    "diagnose": Entry("diagnose", "say why a hook or a release failed, with evidence and fix"),
    "report": Entry("report", "write a release's history as one HTML page"),
    "review": Entry("review", "check a chart's hooks for production"),
    "rehearse": Entry("rehearse", "run an action on a throw-away cluster, with faults"),
    "create": Entry("create", "create a chart, or a hook in one"),
    "template": Entry("template", "locally render templates"),
    "lint": Entry("lint", "examine a chart for possible issues"),
    "show": Entry("show", "show information of a chart"),
    "package": Entry("package", "package a chart directory into a chart archive"),
    "dependency": Entry("dependency", "manage a chart's dependencies"),
    "pull": Entry("pull", "download a chart from a repository"),
    "push": Entry("push", "push a chart to a registry"),
    "registry": Entry("registry", "login to or logout from a registry"),
    "repo": Entry("repo", "add, list, remove, update, and index chart repositories"),
    "search": Entry("search", "search for a keyword in charts"),
    "cluster": Entry("cluster", "start, stop and look at the embedded cluster"),
    "completion": Entry("completion", "generate autocompletion scripts for the specified shell"),
    "verify": Entry("verify", "verify that a packaged chart has been signed and is valid"),
    "env": Entry("env", "print the environment that commands run in"),
    "plugin": Entry("plugin", "install, list, or uninstall Helm plugins"),
    "help": Entry("help", "show what a command does and its flags"),
    "version": Entry("version", "print the version"),
}
# How the list of commands is ordered for people.
SECTIONS = {
    "Releases": "install upgrade rollback uninstall test list status history get",
    "Hooks, before and after": "plan apply review rehearse hooks logs diagnose recover report",
    "Charts": "create template lint show package dependency",
    "Where charts come from": "pull push verify repo registry search",
    "Surroundings": "cluster env completion plugin version help",
}
ALIASES = {"ls": "list", "hist": "history", "del": "uninstall", "delete": "uninstall", "un": "uninstall"}
ALIASES |= {"dep": "dependency", "dependencies": "dependency", "inspect": "show", "fetch": "pull"}
# What Helm also calls the commands of its groups, where a group has them.
BELOW = {
    "ls": ("list",),
    "rm": ("remove", "uninstall"),
    "remove": ("uninstall",),
    "up": ("update",),
    "add": ("install",),
}


def below(name: str, children: Collection[str]) -> str:
    """The command of a group that `name` means; "" if none of its children."""
    return next((one for one in (name, *BELOW.get(name, ())) if one in children), "")
