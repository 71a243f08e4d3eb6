"""Which failure policy a command follows."""

from __future__ import annotations

import os

from steersman.errors import UsageError
from steersman.lifecycle.policy import Policy

POLICY_VARIABLE = "STEERSMAN_FAILURE_POLICY"


def chosen_policy(flag: str | None) -> Policy:
    """The flag, else the environment, else `rollback`. Raises UsageError."""
    word = flag or os.environ.get(POLICY_VARIABLE) or Policy.ROLLBACK
    try:
        return Policy(word)
    except ValueError:
        raise UsageError(f"{POLICY_VARIABLE}={word}: it is one of {', '.join(Policy)}") from None
