"""A review's result as text, JSON, SARIF and JUnit; each function returns the whole text."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from steersman.review.runner import Review

FORMATS = ("text", "json", "sarif", "junit")


def render(review: Review, output: str) -> str:
    """The review in one of FORMATS."""
    renderer: Callable[[Review], str] = import_module(f"{__name__}.{output}").render
    return renderer(review)
