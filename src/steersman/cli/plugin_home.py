"""Where this user's plugins are, and what they are told of the command that runs: helm's variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from shutil import which
from typing import Any

from steersman.cli.home import home
from steersman.cli.settings import Settings

# Global options that mean nothing here, but something to a plugin: field → (variable, helm's default).
LIMITS = {"burst_limit": ("HELM_BURST_LIMIT", "100"), "qps": ("HELM_QPS", "0")}


def folders() -> list[str]:
    """The folders to look for plugins in: HELM_PLUGINS, several with `:` between them, or helm's own."""
    return [folder for folder in setting().split(os.pathsep) if folder]


def setting() -> str:
    """HELM_PLUGINS as it is set, or what it stands for when it is not."""
    said = os.environ.get("HELM_PLUGINS")
    return os.path.join(home().data_home, "plugins") if said is None else said


def variables(settings: Settings, given: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What helm sets for a plugin; $HELM_BIN is this command. `given` may have the LIMITS, which steer itself ignores."""
    from steersman.cli.env import variables as known

    ours = ("HELM_DRIVER", "STEERSMAN_FAILURE_POLICY")  # a plugin has them as they are, if they are set
    told = {key: value for key, value in known(settings).items() if key not in ours}
    for field, (variable, default) in LIMITS.items():
        said = str((given or {}).get(field) or os.environ.get(variable, default))
        told[variable] = said if field != "qps" else _two_places(said)
    return told


def binary() -> str:
    """The path of `steer` itself."""
    mine = sys.argv[0] if sys.argv else ""
    if os.path.basename(mine) == "steer" and os.access(mine, os.X_OK):
        return os.path.abspath(mine)
    beside = os.path.join(os.path.dirname(sys.executable), "steer")
    return beside if os.access(beside, os.X_OK) else which("steer") or "steer"


def _two_places(number: str) -> str:
    try:
        return f"{float(number):.2f}"
    except ValueError:
        return "0.00"
