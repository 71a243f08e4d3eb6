"""The errors of an action in helm's words, for those who chose policy `helm`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from steersman.errors import SteersmanError
from steersman.lifecycle.policy import Policy


@contextmanager
def helm_words(policy: Policy, prefix: str = "") -> Iterator[None]:
    """Under policy `helm`, an error that the block raises begins with `prefix` and comes without a hint of ours."""
    try:
        yield
    except SteersmanError as error:
        if policy is Policy.HELM:
            error.args, error.hint = (f"{prefix}{error}",), ""
        raise
