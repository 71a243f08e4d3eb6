"""What commands print about a release, laid out as Helm lays it out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from steersman import moments
from steersman.cli.formats import table
from steersman.lazy import TYPE_CHECKING
from steersman.manifest.hooks import Hook, HookEvent
from steersman.release.record import ApplyMethod, Release

if TYPE_CHECKING:
    from typing import Any


def go_ansic(text: str) -> str:
    """An RFC 3339 time as Go's time.ANSIC shows it, in local time; "" stays empty."""
    moment = moments.read(text)
    if moment is None:
        return ""
    local = time.localtime(moment[0])
    return f"{time.strftime('%a %b', local)} {local.tm_mday:>2} {time.strftime('%H:%M:%S %Y', local)}"


def go_string(text: str) -> str:
    """An RFC 3339 time as Go's Time.String shows it in UTC, with the fraction it came with."""
    moment = moments.read(text)
    return f"{moments.utc(moment[0]).replace('T', ' ')}{moment[1]} +0000 UTC" if moment else ""


def in_layout(text: str, layout: str) -> str:
    """An RFC 3339 time in a layout of Go's, as it is recorded; "" for Time.String's own."""
    if not layout or not text:
        return go_string(text)
    from steersman.template.functions.gotime import parse
    from steersman.template.functions.timezone import UTC

    return parse("2006-01-02T15:04:05.999999999Z07:00", text, UTC).format(layout)


def chart_metadata(release: Release) -> dict[str, Any]:
    metadata: dict[str, Any] = release.chart.get("metadata") or {}
    return metadata


def chart_name(release: Release) -> str:
    """`name-version`, as lists show it."""
    metadata = chart_metadata(release)
    return f"{metadata.get('name', '')}-{metadata.get('version', '')}"


def app_version(release: Release) -> str:
    return str(chart_metadata(release).get("appVersion") or "")


def status_text(release: Release, *, resources: str = "", notes: bool = True, degraded: bool = True) -> str:
    """The block that install, upgrade and status print."""
    lines = [
        f"NAME: {release.name}",
        f"LAST DEPLOYED: {go_ansic(release.info.last_deployed)}",
        f"NAMESPACE: {release.namespace}",
        f"STATUS: {release.info.status}" + (" (degraded)" if degraded and release.degraded else ""),
        f"REVISION: {release.version}",
        f"DESCRIPTION: {release.info.description}",
    ]
    if resources:
        lines += ["RESOURCES:", resources]
    lines += suite_lines(release.hooks)
    if notes and release.info.notes:
        lines += ["NOTES:", release.info.notes.strip()]
    return "\n".join(lines)


NO_TESTS = "TEST SUITE: None"


def suite_lines(hooks: Sequence[Hook]) -> list[str]:
    """Helm's lines about the tests of a release: none for those that have not run, one where there are none."""
    return test_lines(hooks) if any(HookEvent.TEST in hook.events for hook in hooks) else [NO_TESTS]


def test_lines(hooks: Iterable[Hook]) -> list[str]:
    """Helm's lines about the last run of each test."""
    lines: list[str] = []
    for hook in hooks:
        if HookEvent.TEST in hook.events and hook.last_run.started_at:
            lines += [
                f"TEST SUITE:     {hook.name}",
                f"Last Started:   {go_ansic(hook.last_run.started_at)}",
                f"Last Completed: {go_ansic(hook.last_run.completed_at)}",
                f"Phase:          {hook.last_run.phase}",
            ]
    return lines


def list_data(releases: Iterable[Release], time_format: str = "") -> list[dict[str, str]]:
    """`steer list -o json`, key for key as Helm's. `time_format` is a layout of Go's."""
    return [
        {
            "name": release.name,
            "namespace": release.namespace,
            "revision": str(release.version),
            "updated": in_layout(release.info.last_deployed, time_format),
            "status": str(release.info.status),
            "chart": chart_name(release),
            "app_version": app_version(release),
        }
        for release in releases
    ]


LIST_HEADERS = ("NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION")


def list_table(releases: Iterable[Release], *, headers: bool = True, time_format: str = "") -> str:
    return table(LIST_HEADERS, [list(row.values()) for row in list_data(releases, time_format)], show_headers=headers)


def history_data(releases: Iterable[Release]) -> list[dict[str, object]]:
    """`steer history -o json`, key for key as Helm's."""
    return [
        {
            "revision": release.version,
            "updated": release.info.last_deployed,
            "status": str(release.info.status),
            "chart": chart_name(release),
            "app_version": app_version(release),
            **({"rollback_revision": release.info.rollback_revision} if release.info.rollback_revision else {}),
            "description": release.info.description,
        }
        for release in releases
    ]


HISTORY_HEADERS = ("REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION")


def history_table(releases: Iterable[Release], *, rollback: bool = False) -> str:
    """`rollback` adds the column that says which revision was rolled back to."""
    known = list(releases)
    rows = [
        [
            release.version,
            go_ansic(release.info.last_deployed),
            release.info.status,
            chart_name(release),
            app_version(release),
            release.info.description,
        ]
        for release in known
    ]
    if not rollback:
        return table(HISTORY_HEADERS, rows)
    headers = [*HISTORY_HEADERS[:-1], "ROLLBACK", HISTORY_HEADERS[-1]]
    targets = [str(release.info.rollback_revision or "") for release in known]
    return table(headers, [[*row[:-1], target, row[-1]] for row, target in zip(rows, targets, strict=True)])


def metadata_data(release: Release, labels: dict[str, str]) -> dict[str, object]:
    """`steer get metadata -o json`: what is empty is left out, as Helm does."""
    metadata = chart_metadata(release)
    dependencies = metadata.get("dependencies") or []
    known: dict[str, object] = {
        "name": release.name,
        "chart": metadata.get("name", ""),
        "version": metadata.get("version", ""),
        "appVersion": app_version(release),
        "annotations": metadata.get("annotations"),
        "labels": labels,
        "dependencies": dependencies,
        "namespace": release.namespace,
        "revision": release.version,
        "status": str(release.info.status),
        "deployedAt": rfc3339(release.info.last_deployed),
        "applyMethod": release.apply_method,
    }
    optional = ("annotations", "labels", "dependencies", "applyMethod")
    return {key: value for key, value in known.items() if value or key not in optional}


APPLY_METHODS = {ApplyMethod.SSA: "server-side apply", ApplyMethod.CSA: "client-side apply"}


def metadata_text(release: Release, labels: dict[str, str]) -> str:
    metadata = chart_metadata(release)
    annotations = metadata.get("annotations") or {}
    method = APPLY_METHODS.get(ApplyMethod(release.apply_method or "csa"), "")
    if not release.apply_method:
        method = "client-side apply (defaulted)"
    return "\n".join(
        [
            f"NAME: {release.name}",
            f"CHART: {metadata.get('name', '')}",
            f"VERSION: {metadata.get('version', '')}",
            f"APP_VERSION: {app_version(release)}",
            f"ANNOTATIONS: {pairs(annotations)}",
            f"LABELS: {pairs(labels)}",
            f"DEPENDENCIES: {','.join(str(item.get('name', '')) for item in metadata.get('dependencies') or [])}",
            f"NAMESPACE: {release.namespace}",
            f"REVISION: {release.version}",
            f"STATUS: {release.info.status}",
            f"DEPLOYED_AT: {rfc3339(release.info.last_deployed)}",
            f"APPLY_METHOD: {method}",
        ]
    )


def pairs(mapping: dict[str, Any]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(mapping.items()))


def rfc3339(text: str) -> str:
    """Whole seconds in UTC, as Go's time.RFC3339."""
    moment = moments.read(text)
    return f"{moments.utc(moment[0])}Z" if moment else ""


def hooks_text(hooks: Iterable[Hook]) -> str:
    """`steer get hooks`: each hook's manifest under its source."""
    return "".join(f"---\n# Source: {hook.path}\n{hook.manifest}\n" for hook in hooks)
