"""Which subcharts take part, under which names, and what of their values shows in their parents.

`process` answers for one set of values: aliases make copies, tags and conditions switch off, `import-values` lifts values up.
Source: Helm's docs/topics/charts#chart-dependencies and the behaviour of helm 4.3.1.
"""

from __future__ import annotations

from steersman.chart.coalesce import (
    coalesce_values,
    copy_table,
    merge_tables,
    merge_values,
)
from steersman.chart.model import Chart, Dependency
from steersman.chart.notice import notice
from steersman.chart.versions import is_compatible
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING
from steersman.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from steersman.chart.coalesce import Table

    Warn = Callable[[str], None]


def process(chart: Chart, values: Table, warn: Warn) -> Chart:
    """A copy of the chart with only the subcharts that these values leave on, named by their aliases, and with imported
    values among its own. Neither argument is changed. Raises ValuesError."""
    result = _own_copy(chart)
    _select(result, values, "", warn)
    _import_values(result, warn)
    return result


def check_present(chart: Chart) -> None:
    """Raise ChartError when Chart.yaml asks for a subchart that charts/ does not hold."""
    present = {subchart.name for subchart in chart.dependencies}
    missing = [dependency.name for dependency in chart.metadata.dependencies or () if dependency.name not in present]
    if missing:
        raise ChartError(
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to "
            f"fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}",
            hint="Fetch them with `steer dependency build`, or pass --dependency-update.",
        )


def _own_copy(chart: Chart) -> Chart:
    """A copy whose chart, metadata and dependency objects can be changed; files and values are shared."""
    result = replace(chart)
    result.metadata = replace(chart.metadata)
    if chart.metadata.dependencies is not None:
        result.metadata.dependencies = [replace(dependency) for dependency in chart.metadata.dependencies]
    result.set_dependencies([_own_copy(subchart) for subchart in chart.dependencies])
    return result


# --- aliases, tags, conditions ------------------------------------------------------------------------------------


def _select(chart: Chart, values: Table, path: str, warn: Warn) -> None:
    wanted = chart.metadata.dependencies
    if wanted is None:
        return
    chart.set_dependencies(_named(chart, wanted))
    for dependency in wanted:
        dependency.name = dependency.alias or dependency.name
        dependency.enabled = True
    seen = coalesce_values(chart, values, warn)
    _apply_tags(wanted, seen, warn)
    _apply_conditions(wanted, seen, path, warn)
    off = {dependency.name for dependency in wanted if not dependency.enabled}
    chart.metadata.dependencies = [dependency for dependency in wanted if dependency.name not in off]
    chart.set_dependencies([subchart for subchart in chart.dependencies if subchart.name not in off])
    for subchart in chart.dependencies:
        _select(subchart, seen, f"{path}{subchart.name}.", warn)


def _named(chart: Chart, wanted: list[Dependency]) -> list[Chart]:
    """The subcharts: first those that Chart.yaml does not mention, then its own order, each under its alias."""

    def fits(dependency: Dependency, subchart: Chart) -> bool:
        return subchart.name == dependency.name and is_compatible(dependency.version, subchart.metadata.version)

    result = [
        subchart for subchart in chart.dependencies if not any(fits(dependency, subchart) for dependency in wanted)
    ]
    for dependency in wanted:
        found = next((subchart for subchart in chart.dependencies if fits(dependency, subchart)), None)
        if found is not None:
            named = _own_copy(found)
            named.metadata.name = dependency.alias or named.metadata.name
            result.append(named)
    return result


def _apply_tags(wanted: list[Dependency], values: Table, warn: Warn) -> None:
    tags = values.get("tags")
    if not isinstance(tags, dict):
        return
    for dependency in wanted:
        said = set()
        for tag in dependency.tags or ():
            if isinstance(tags.get(tag), bool):
                said.add(tags[tag])
            elif tag in tags:
                warn(notice("returned non-bool value", tag=tag, chart=dependency.name))
        dependency.enabled = True in said or False not in said


def _apply_conditions(wanted: list[Dependency], values: Table, path: str, warn: Warn) -> None:
    for dependency in wanted:
        for condition in dependency.condition.strip().split(","):
            if not condition:
                continue
            value = _leaf(values, path + condition)
            if isinstance(value, bool):
                dependency.enabled = value
                break
            if value is not _NOTHING:
                warn(notice("returned non-bool value", path=condition, chart=dependency.name))


_NOTHING = object()


def _leaf(values: Table, path: str) -> Any:
    """The value at a dotted path if it is there and is no table."""
    *tables, key = path.split(".")
    table = _table(values, tables)
    value = _NOTHING if table is None else table.get(key, _NOTHING)
    return _NOTHING if isinstance(value, dict) else value


def _table(values: Table, path: list[str]) -> Table | None:
    for name in path:
        inner = values.get(name)
        if not isinstance(inner, dict):
            return None
        values = inner
    return values


# --- import-values ------------------------------------------------------------------------------------------------


def _import_values(chart: Chart, warn: Warn) -> None:
    for subchart in chart.dependencies:
        _import_values(subchart, warn)
    if chart.metadata.dependencies is None:
        return
    seen = merge_values(chart, None, warn)
    imported: Table = {}
    for dependency in chart.metadata.dependencies:
        lifted: list[Any] = []
        for item in dependency.import_values or ():
            if isinstance(item, dict):
                child, parent = _word(item.get("child")), _word(item.get("parent"))
            elif isinstance(item, str):
                child, parent = f"exports.{item}", "."
            else:
                continue
            lifted.append({"child": child, "parent": parent})
            names = [*dependency.name.split("."), *child.split(".")]
            table = _table(seen, names)
            if table is None:
                missing = next(name for end, name in enumerate(names, 1) if _table(seen, names[:end]) is None)
                error = f'"{missing}" is not a table'
                if isinstance(item, dict):
                    warn(notice("ImportValues missing table from chart", chart=dependency.name, error=error))
                else:
                    warn(notice("ImportValues missing table", error=error))
                continue
            imported = merge_tables(imported, _placed(parent, table), warn)
        dependency.import_values = lifted
    # the parent's own values win over imported ones
    chart.values = merge_tables(copy_table(seen), imported, warn)


def _placed(path: str, table: Table) -> Table:
    if path == ".":
        return table
    for name in reversed(path.split(".")):
        table = {name: table}
    return table


def _word(value: Any) -> str:
    """Go's `%v` of what should be a string."""
    return "<nil>" if value is None else str(value)
