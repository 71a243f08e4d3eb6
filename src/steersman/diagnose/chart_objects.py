"""What a release's record says: the objects that the chart renders, and the values it was rendered with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.diagnose.credentials import speaks_of_a_secret, without_credentials
from steersman.diagnose.facts import ChartObject
from steersman.errors import SteersmanError
from steersman.manifest.documents import Document, split
from steersman.release.record import Release

_SOURCE = re.compile(r"\A# Source: (?P<path>.*)")


def chart_objects(release: Release) -> tuple[ChartObject, ...]:
    """The ordinary resources and the hooks, with the names of the keys that they hold."""
    found = []
    for document in split("", release.manifest):
        source = _SOURCE.match(document.text)
        if (each := _read(document, source["path"].strip() if source else "")) is not None:
            found.append(each)
    for hook in release.hooks:
        for document in split(hook.path, hook.manifest):
            each = _read(
                document, hook.path, tuple(map(str, hook.events)), hook.weight, tuple(map(str, hook.delete_policies))
            )
            if each is not None:
                found.append(each)
    return tuple(found)


def _read(
    document: Document, path: str, events: tuple[str, ...] = (), weight: int = 0, policies: tuple[str, ...] = ()
) -> ChartObject | None:
    try:
        content = document.object
        if not isinstance(content, dict) or not document.name:
            return None
        keys = {*(content.get("data") or {}), *(content.get("stringData") or {}), *(content.get("binaryData") or {})}
        subjects = tuple(
            str(each.get("name")) for each in content.get("subjects") or () if each.get("kind") == "ServiceAccount"
        )
        return ChartObject(
            document.kind,
            document.name,
            document.namespace,
            path,
            events,
            weight,
            policies,
            tuple(sorted(keys)),
            subjects,
        )
    except (SteersmanError, TypeError, AttributeError):
        return None


def flat_values(release: Release) -> dict[str, str]:
    """The leaves of the values by dotted path; those whose name speaks of a secret are left out."""
    from steersman.chart.coalesce import coalesce_values
    from steersman.chart.model import Chart, Metadata

    name = str((release.chart.get("metadata") or {}).get("name", ""))
    chart = Chart(metadata=Metadata(name=name), values=release.chart.get("values") or {})
    values = coalesce_values(chart, release.config, lambda _: None)
    return {path: without_credentials(value) for path, value in _leaves(values, "") if not speaks_of_a_secret(path)}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _leaves(each, f"{path}[{at}]")
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, str(value)
