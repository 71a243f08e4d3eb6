"""The actions that are broken off: each from the state before it, with what fails in it of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TWO = {"message": "two"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """`before` leads to the state in which `action` begins; `values` are those of install and upgrade, on top of which an
    upgrade has another message. `lasting` are those of the actions before: the hooks of rollback, uninstall and test are
    theirs."""

    name: str
    action: str
    before: tuple[str, ...] = ()
    policy: str = "rollback"
    values: dict[str, Any] = field(default_factory=dict)
    lasting: dict[str, Any] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)
    driver: str = "secret"

    def values_of(self, action: str) -> dict[str, Any]:
        """What fails, fails in the last action alone."""
        own = self.values if action == self.action else self.lasting
        return {**own, **(TWO if action == "upgrade" else {})}


def _fails(*events: str) -> dict[str, Any]:
    return {"fail": list(events)}


_ONE, _BOTH = ("install",), ("install", "upgrade")
_BROKEN = {"brokenResource": True}
_JOBS = {"jobs": ["pre-rollback", "post-rollback", "pre-delete", "post-delete", "test"]}

SCENARIOS = (
    Scenario("install", "install", values={"jobs": ["pre-install", "post-install"]}),
    Scenario("install-pre-hook-fails", "install", values=_fails("pre-install")),
    Scenario("install-resource-fails", "install", values=_BROKEN),
    Scenario("install-post-hook-fails", "install", values=_fails("post-install")),
    Scenario("upgrade", "upgrade", _ONE, values={"jobs": ["pre-upgrade", "post-upgrade"]}),
    Scenario("upgrade-pre-hook-fails", "upgrade", _ONE, values=_fails("pre-upgrade")),
    Scenario("upgrade-resource-fails", "upgrade", _ONE, values=_BROKEN),
    Scenario("upgrade-post-hook-fails", "upgrade", _ONE, values=_fails("post-upgrade")),
    Scenario("upgrade-no-hooks", "upgrade", _BOTH, chosen={"no_hooks": True, "history_max": 2}),
    Scenario("rollback", "rollback", _BOTH, lasting=_JOBS),
    Scenario("rollback-pre-hook-fails", "rollback", _BOTH, lasting=_fails("pre-rollback")),
    Scenario("rollback-post-hook-fails", "rollback", _BOTH, lasting=_fails("post-rollback")),
    Scenario("uninstall", "uninstall", _ONE, lasting=_JOBS),
    Scenario("uninstall-pre-hook-fails", "uninstall", _ONE, lasting=_fails("pre-delete")),
    Scenario("uninstall-post-hook-fails", "uninstall", _ONE, lasting=_fails("post-delete")),
    Scenario("uninstall-keep-history", "uninstall", _BOTH, chosen={"keep_history": True}),
    Scenario("uninstall-delete-hooks", "uninstall", _ONE, chosen={"delete_hooks": True}),
    Scenario("test", "test", _ONE, lasting=_JOBS),
    Scenario("test-fails", "test", _ONE, lasting=_fails("test")),
    Scenario("configmap-install-resource-fails", "install", values=_BROKEN, driver="configmap"),
    Scenario("configmap-upgrade", "upgrade", _ONE, driver="configmap"),
    Scenario("configmap-uninstall", "uninstall", _BOTH, driver="configmap"),
    Scenario("helm-install", "install", policy="helm"),
    Scenario("helm-install-post-hook-fails", "install", policy="helm", values=_fails("post-install")),
    Scenario("helm-upgrade", "upgrade", _ONE, policy="helm"),
    Scenario("helm-upgrade-resource-fails", "upgrade", _ONE, policy="helm", values=_BROKEN),
    Scenario("helm-upgrade-back", "upgrade", _ONE, policy="helm", values=_BROKEN, chosen={"rollback_on_failure": True}),
    Scenario("helm-rollback", "rollback", _BOTH, policy="helm"),
    Scenario("helm-uninstall", "uninstall", _ONE, policy="helm"),
    Scenario("helm-uninstall-keep-history", "uninstall", _ONE, policy="helm", chosen={"keep_history": True}),
    Scenario("helm-test", "test", _ONE, policy="helm", lasting=_JOBS),
    Scenario("helm-configmap-upgrade", "upgrade", _ONE, policy="helm", driver="configmap"),
)
