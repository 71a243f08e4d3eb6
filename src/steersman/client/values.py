"""Which values an upgrade takes: the new ones alone, or over those of the revision before (Helm's `--reuse-values` and kin)."""

from __future__ import annotations

from enum import StrEnum

from steersman.lazy import TYPE_CHECKING
from steersman.release.record import Release

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.model import Chart


class ReuseValues(StrEnum):
    """AUTO: the old values where no new ones are given. RESET: the new ones alone. REUSE: the new ones over the old ones and the
    old chart's defaults. RESET_THEN_REUSE: the new ones over the old ones, on the new chart's defaults."""

    AUTO = "auto"
    RESET = "reset"
    REUSE = "reuse"
    RESET_THEN_REUSE = "reset-then-reuse"


def values_for_upgrade(
    chart: Chart, given: dict[str, Any], current: Release, how: ReuseValues
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the values of the new revision, the default values of its chart)."""
    from steersman.chart.coalesce import coalesce_tables, coalesce_values, copy_table

    new, old = copy_table(given), copy_table(current.config)
    if how is ReuseValues.REUSE:
        defaults = coalesce_values(_recorded_chart(current), old, _silent)
        return coalesce_tables(new, copy_table(current.config), _silent), defaults
    if how is ReuseValues.RESET_THEN_REUSE:
        return coalesce_tables(new, old, _silent), chart.values
    if how is ReuseValues.AUTO and not new:
        return old, chart.values
    return new, chart.values


def _recorded_chart(release: Release) -> Chart:
    """As much of a chart as its values need."""
    from steersman.chart.model import Chart, Metadata

    metadata = Metadata(name=str((release.chart.get("metadata") or {}).get("name", "")))
    return Chart(metadata=metadata, values=release.chart.get("values") or {})


def _silent(_: str) -> None:
    """Helm logs what it thinks of old values; they were accepted when they were new."""
