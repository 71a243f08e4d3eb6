"""Who fetches addresses of other protocols than http, https and oci: set by the command, which has plugins, asked below it."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Fetch = Callable[[str, Any], bytes]
    """the content of an address, given how to reach its server (steersman.chart.repo.fetch.Access)"""

_finders: list[Callable[[str], Fetch | None]] = []


def ask(finder: Callable[[str], Fetch | None]) -> None:
    """Let `finder` say who fetches addresses of a protocol, instead of whoever did before."""
    _finders[:] = [finder]


def fetcher(scheme: str) -> Fetch | None:
    """Who fetches addresses that begin with `scheme`:// in this program; None where nobody does."""
    return next((found for finder in _finders if (found := finder(scheme)) is not None), None)
