"""`--template`: what a command knows, printed by a Go template of the user's, with Go's own functions and no others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from steersman.template.values import GoObject, StringMap

if TYPE_CHECKING:
    from steersman.manifest.hooks import Hook
    from steersman.release.record import Release
    from steersman.template.functions.gotime import Time

NAME = "_"  # Helm's name for it, which stands in errors
NEVER = "0001-01-01T00:00:00Z"


def render(template: str, data: Any) -> str:
    """What is not there is printed as nothing. Raises TemplateError in Go's words."""
    from steersman.errors import TemplateError
    from steersman.template.environment import Environment

    environment = Environment({}, cache=False)
    try:
        environment.parse(NAME, template)
        return environment.render(NAME, data)
    except TemplateError as error:
        raise TemplateError(_in_gos_words(str(error)), location=error.location, hint=error.hint) from error


def _in_gos_words(message: str) -> str:
    """Helm lays out the errors of charts' templates in its own way; this is the one line that text/template has."""
    if found := re.fullmatch(r"parse error at \((_:\d+)\): (.*)", message, re.DOTALL):
        return f"template: {found[1]}: {found[2]}"
    return "template: " + ": ".join(line.strip().rstrip(":") for line in message.split("\n"))


def release_value(release: Release, labels: dict[str, str]) -> GoObject:
    """`.Release` of `get all --template`: a record with the fields of Helm's release.v1.Release."""
    info = release.info
    return struct(
        "*v1.Release",
        Name=release.name,
        Info=struct(
            "*v1.Info",
            FirstDeployed=_time(info.first_deployed),
            LastDeployed=_time(info.last_deployed),
            Deleted=_time(info.deleted),
            Description=info.description,
            Status=str(info.status),
            RollbackRevision=info.rollback_revision,
            Notes=info.notes,
            Resources={},
        ),
        Chart=_chart(release.chart),
        Config=release.config,
        Manifest=release.manifest,
        Hooks=[_hook(hook) for hook in release.hooks],
        Version=release.version,
        Namespace=release.namespace,
        Labels=StringMap(labels),
        ApplyMethod=release.apply_method,
    )


def struct(go_type: str, **fields: Any) -> GoObject:
    """A Go struct of this type, or a pointer to one, with these fields."""
    kind = "ptr" if go_type.startswith("*") else "struct"
    names = {name: name for name in fields}
    made: GoObject = type("Struct", (GoObject,), {"go_type": go_type, "go_kind": kind, "go_fields": names})()
    vars(made).update(fields)
    return made


def _chart(record: dict[str, Any]) -> GoObject:
    from steersman.chart.decode import decode
    from steersman.chart.metadata import METADATA

    metadata = decode(record.get("metadata") or {}, METADATA)
    return struct(
        "*v2.Chart",
        Raw=[],
        Metadata=struct("*v2.Metadata", **metadata.templating()),
        Lock=record.get("lock"),
        Templates=[_file(file) for file in record.get("templates") or []],
        Values=record.get("values") or {},
        Files=[_file(file) for file in record.get("files") or []],
        ModTime=_time(record.get("modtime") or ""),
        # methods of Go's
        Name=metadata.name,
        AppVersion=metadata.app_version,
        ChartFullPath=metadata.name,
        IsRoot=True,
        Dependencies=[],
    )


def _file(file: dict[str, Any]) -> GoObject:
    import base64

    data = base64.b64decode(file.get("data") or "")
    return struct("*common.File", Name=file.get("name", ""), ModTime=_time(file.get("modtime") or ""), Data=data)


def _hook(hook: Hook) -> GoObject:
    run = hook.last_run
    return struct(
        "*v1.Hook",
        Name=hook.name,
        Kind=hook.kind,
        Path=hook.path,
        Manifest=hook.manifest,
        Events=[str(event) for event in hook.events],
        LastRun=struct(
            "v1.HookExecution",
            StartedAt=_time(run.started_at),
            CompletedAt=_time(run.completed_at),
            Phase=str(run.phase) if run.started_at else "",
        ),
        Weight=hook.weight,
        DeletePolicies=list(map(str, hook.delete_policies)),
        OutputLogPolicies=list(map(str, hook.output_log_policies)),
    )


def _time(text: str) -> Time:
    from steersman.template.functions.gotime import parse
    from steersman.template.functions.timezone import UTC

    return parse("2006-01-02T15:04:05.999999999Z07:00", text or NEVER, UTC)
