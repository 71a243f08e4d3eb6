"""Putting values over a chart's defaults, level by level, as Helm does.

Who wins, from the strongest: the user's values, the parent's values for a subchart, the chart's own values.yaml; `global` flows
from parents down. A null of the user's removes a default. Two manners exist: *coalescing* (what templates see: nulls are
gone) and *merging* (used while subcharts' values are imported: nulls stay, so that they can still remove something later).

The order of operations and the sharing of nested tables are Helm's to the letter: charts have come to rely on what follows from
them (for one, a subchart's nested globals show in its parent). Source: the behaviour of helm 4.3.1.
"""

from __future__ import annotations

from steersman.chart.model import Chart
from steersman.chart.notice import INFO, notice
from steersman.errors import ValuesError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Table = dict[str, Any]
    Warn = Callable[[str], None]

GLOBAL = "global"


def coalesce_values(chart: Chart, values: Table | None, warn: Warn) -> Table:
    """What the chart's templates see as `.Values`, with each subchart's values under its name.

    Neither argument is changed. Raises ValuesError where a subchart's values are no table.
    """
    return _coalesce(chart, copy_table(values or {}), "", False, warn)


def merge_values(chart: Chart, values: Table | None, warn: Warn) -> Table:
    """As `coalesce_values`, but nulls are kept."""
    return _coalesce(chart, copy_table(values or {}), "", True, warn)


def copy_table(table: Table) -> Table:
    """A deep copy of tables and lists."""
    return {key: _copied(value) if type(value) in _CONTAINERS else value for key, value in table.items()}


_CONTAINERS = frozenset((dict, list))


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return copy_table(value)
    return [_copied(item) if type(item) in _CONTAINERS else item for item in value]


def _coalesce(chart: Chart, values: Table, prefix: str, merge: bool, warn: Warn) -> Table:
    _add_defaults(chart, values, prefix, merge, warn)
    inner_prefix = _joined(prefix, chart.name)
    for subchart in chart.dependencies:
        inner = values.setdefault(subchart.name, {})
        if not isinstance(inner, dict):
            raise ValuesError(
                f"type mismatch on {subchart.name}: {_mismatch(inner)}",
                hint=f"Values for the subchart {subchart.name} must be a table.",
            )
        _pass_globals_down(values, inner, inner_prefix, warn)
        values[subchart.name] = _coalesce(subchart, inner, inner_prefix, merge, warn)
    return values


def _pass_globals_down(source: Table, target: Table, prefix: str, warn: Warn) -> None:
    inner, outer = target.get(GLOBAL, {}), source.get(GLOBAL, {})
    if not isinstance(inner, dict):
        return warn(notice("warning: skipping globals because destination global is not a table.", INFO))
    if not isinstance(outer, dict):
        return warn(notice("warning: skipping globals because source global is not a table.", INFO))
    for key, value in outer.items():
        if isinstance(value, dict):
            # a shallow copy only: what lies deeper is shared between the charts
            table = dict(value)
            if key not in inner:
                inner[key] = table
            elif not isinstance(inner[key], dict):
                warn(notice(f'Conflict: cannot merge map onto non-map for "{key}". Skipping.', INFO))
            else:
                _join_tables(table, inner[key], _joined(prefix, key), True, warn)
                inner[key] = table
        elif isinstance(inner.get(key), dict):
            warn(notice(f"key {key} is table. Skipping", INFO))
        else:
            inner[key] = value
    target[GLOBAL] = inner
    return None


def _add_defaults(chart: Chart, values: Table, prefix: str, merge: bool, warn: Warn) -> None:
    path = _joined(prefix, chart.name)
    subcharts = {subchart.name for subchart in chart.dependencies}
    for key, default in copy_table(chart.values).items():
        if key not in values:
            if not merge:
                if default is None:
                    continue
                if isinstance(default, dict):
                    _drop_nulls(default)
            values[key] = default
            continue
        given = values[key]
        if given is None and not merge:
            del values[key]
        elif isinstance(given, dict):
            if isinstance(default, dict):
                keep_nulls = merge or key in subcharts
                if not keep_nulls:
                    _drop_nulls(default)
                _join_tables(given, default, _joined(path, key), keep_nulls, warn)
            elif default is not None:
                warn(notice(f"warning: skipped value for {path}.{key}: Not a table.", INFO))


def coalesce_tables(over: Table, under: Table, warn: Warn) -> Table:
    """`over` with what only `under` has; a null in `over` removes what `under` says. Changes both."""
    return _join_tables(over, under, "", False, warn)


def merge_tables(over: Table, under: Table, warn: Warn) -> Table:
    """`over` with what only `under` has; nulls are kept. Changes both."""
    return _join_tables(over, under, "", True, warn)


def _join_tables(over: Table, under: Table, prefix: str, merge: bool, warn: Warn) -> Table:
    said = {key for key, value in under.items() if value is not None}
    for key, value in over.items():
        if value is None:
            under[key] = None
    for key, value in under.items():
        if key not in over:
            over[key] = value
            continue
        given = over[key]
        if given is None and not merge and key in said:
            # the user takes a default away; a null that only the user knows stays
            del over[key]
        elif isinstance(value, dict):
            if isinstance(given, dict):
                _join_tables(given, value, _joined(prefix, key), merge, warn)
            else:
                about = f"{_joined(prefix, key)} ({_shown(value)})"
                warn(notice(f"warning: cannot overwrite table with non table for {about}", INFO))
        elif isinstance(given, dict) and value is not None:
            about = f"{_joined(prefix, key)} is a table. Ignoring non-table value ({_shown(value)})"
            warn(notice(f"warning: destination for {about}", INFO))
    return over


def _drop_nulls(table: Table) -> None:
    for key, value in list(table.items()):
        if value is None:
            del table[key]
        elif isinstance(value, dict):
            _drop_nulls(value)


def _joined(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _shown(value: Any) -> str:
    """Go's `%v`."""
    from steersman.template.gofmt import default_format

    return default_format(value)


def _mismatch(value: Any) -> str:
    """Go's `%t` of what is not a table, which is how Helm words the mismatch."""
    from steersman.template.gofmt_value import Printer

    return Printer().print_argument(value, "t")
