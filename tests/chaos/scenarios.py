"""The actions that are broken off: each from the state before it, with what fails in it of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TWO = {"message": "two"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """`before` leads to the state in which `action` begins; `values` are those of install and upgrade, on top of which an
    upgrade has another message."""

    name: str
    action: str
    before: tuple[str, ...] = ()
    policy: str = "rollback"
    values: dict[str, Any] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)

    def values_of(self, action: str) -> dict[str, Any]:
        """What fails, fails in the last action alone."""
        own = self.values if action == self.action else {}
        return {**own, **(TWO if action == "upgrade" else {})}


SCENARIOS = (
    Scenario("install", "install", values={"jobs": ["pre-install"]}),
    Scenario("install-pre-hook-fails", "install", values={"fail": ["pre-install"]}),
    Scenario("install-resource-fails", "install", values={"brokenResource": True}),
    Scenario("install-post-hook-fails", "install", values={"fail": ["post-install"]}),
    Scenario("upgrade", "upgrade", ("install",), values={"jobs": ["pre-upgrade"]}),
    Scenario("upgrade-pre-hook-fails", "upgrade", ("install",), values={"fail": ["pre-upgrade"]}),
    Scenario("upgrade-resource-fails", "upgrade", ("install",), values={"brokenResource": True}),
    Scenario("upgrade-post-hook-fails", "upgrade", ("install",), values={"fail": ["post-upgrade"]}),
    Scenario("rollback", "rollback", ("install", "upgrade")),
    Scenario("uninstall", "uninstall", ("install",)),
    Scenario("uninstall-keep-history", "uninstall", ("install", "upgrade"), chosen={"keep_history": True}),
    Scenario("uninstall-delete-hooks", "uninstall", ("install",), chosen={"delete_hooks": True}),
    Scenario("test", "test", ("install",)),
    Scenario("helm-install", "install", policy="helm"),
    Scenario("helm-upgrade", "upgrade", ("install",), policy="helm"),
    Scenario("helm-rollback", "rollback", ("install", "upgrade"), policy="helm"),
    Scenario("helm-uninstall", "uninstall", ("install",), policy="helm"),
)
