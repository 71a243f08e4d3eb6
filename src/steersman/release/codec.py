"""Release records as Helm stores them: JSON, gzipped, in base64 (and once more where a Secret holds them).

Source: records written by helm 4.3.1. Go's rules are kept: fields that are empty are left out (`omitempty`), zero times too,
`last_run` always has a `phase`, and JSON escapes `<`, `>`, `&` as encoding/json does.
"""

from __future__ import annotations

import binascii
import zlib

from steersman.errors import SteersmanError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import gojson
from steersman.manifest.hooks import Hook, HookEvent, HookExecution, HookPhase
from steersman.plain_json import loads
from steersman.release.record import Info, Release, Status

if TYPE_CHECKING:
    from typing import Any

_GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP = 31  # zlib's word for a gzip member with the largest window; the module gzip would only be imported to say it


class RecordError(SteersmanError):
    """A stored record that is not one."""


def encode(release: Release) -> str:
    """A record's text: base64(gzip(JSON)), as Helm's ConfigMaps and database hold it."""
    return pack(gojson.dumps(to_json(release)))


def decode(text: str | bytes, *, labels: dict[str, str] | None = None) -> Release:
    """The reverse of `encode`; records of old Helm versions that are not gzipped are read as well.

    Raises RecordError.
    """
    try:
        if not text:
            raise ValueError("it is empty")
        record = loads(unpack(text))
        if not isinstance(record, dict):
            raise ValueError("JSON, but no object")
        release = from_json(record)
    except (binascii.Error, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            f"not a release record: {error}", hint="the record was damaged or written by another tool"
        ) from error
    release.labels = labels or {}
    return release


def pack(text: str) -> str:
    """base64(gzip(text))."""
    packed = zlib.compress(text.encode("utf-8", "surrogatepass"), 9, wbits=_GZIP)
    return binascii.b2a_base64(packed, newline=False).decode("ascii")


def unpack(text: str | bytes) -> bytes:
    """The reverse of `pack`; what is not gzipped stays as it is. Raises ValueError and zlib.error."""
    data = binascii.a2b_base64(text)
    return zlib.decompress(data, wbits=_GZIP) if data.startswith(_GZIP_MAGIC) else data


def to_json(release: Release) -> dict[str, Any]:
    """The record as JSON data, fields in Helm's order."""
    return _filled(
        name=release.name,
        info=_info_to_json(release.info),
        chart=release.chart,
        config=go_map(release.config),
        manifest=release.manifest,
        hooks=[hook_to_json(hook) for hook in release.hooks],
        version=release.version,
        namespace=release.namespace,
        apply_method=release.apply_method,
        **release.extra,
    )


def go_map(value: Any) -> Any:
    """Values as Go's JSON has them: the keys of every map in order, whole numbers without a point."""
    if isinstance(value, dict):
        return {key: go_map(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [go_map(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def from_json(data: dict[str, Any]) -> Release:
    known = dict(data)
    return Release(
        name=known.pop("name", ""),
        info=_info_from_json(known.pop("info", None) or {}),
        chart=known.pop("chart", None) or {},
        config=known.pop("config", None) or {},
        manifest=known.pop("manifest", ""),
        hooks=[hook_from_json(hook) for hook in known.pop("hooks", None) or []],
        version=known.pop("version", 0),
        namespace=known.pop("namespace", ""),
        apply_method=known.pop("apply_method", ""),
        extra=known,
    )


def hook_to_json(hook: Hook) -> dict[str, Any]:
    run = hook.last_run
    return {
        **_filled(
            name=hook.name,
            kind=hook.kind,
            path=hook.path,
            manifest=hook.manifest,
            events=[str(event) for event in hook.events],
        ),
        "last_run": {**_filled(started_at=run.started_at, completed_at=run.completed_at), "phase": _phase(run)},
        **_filled(
            weight=hook.weight,
            delete_policies=list(hook.delete_policies),
            output_log_policies=list(hook.output_log_policies),
        ),
    }


def hook_from_json(data: dict[str, Any]) -> Hook:
    run = data.get("last_run") or {}
    return Hook(
        name=data.get("name", ""),
        kind=data.get("kind", ""),
        path=data.get("path", ""),
        manifest=data.get("manifest", ""),
        events=[HookEvent(event) for event in data.get("events") or []],
        weight=data.get("weight", 0),
        delete_policies=list(data.get("delete_policies") or []),
        output_log_policies=list(data.get("output_log_policies") or []),
        last_run=HookExecution(
            started_at=_time(run.get("started_at")),
            completed_at=_time(run.get("completed_at")),
            phase=HookPhase(run.get("phase") or HookPhase.UNKNOWN),
        ),
    )


def _phase(run: HookExecution) -> str:
    # Helm leaves the phase of a hook that never ran empty; only a run that began is ever Unknown.
    return "" if run.phase is HookPhase.UNKNOWN and not run.started_at else run.phase.value


def _info_to_json(info: Info) -> dict[str, Any]:
    return _filled(
        first_deployed=info.first_deployed,
        last_deployed=info.last_deployed,
        deleted=info.deleted,
        description=info.description,
        status=str(info.status),
        rollback_revision=info.rollback_revision,
        notes=info.notes,
        resources=info.resources,
        **info.extra,
    )


def _info_from_json(data: dict[str, Any]) -> Info:
    known = dict(data)
    return Info(
        first_deployed=_time(known.pop("first_deployed", None)),
        last_deployed=_time(known.pop("last_deployed", None)),
        deleted=_time(known.pop("deleted", None)),
        description=known.pop("description", ""),
        status=Status(known.pop("status", None) or Status.UNKNOWN),
        notes=known.pop("notes", ""),
        resources=known.pop("resources", None) or {},
        rollback_revision=known.pop("rollback_revision", 0),
        extra=known,
    )


def _time(text: str | None) -> str:
    # Helm 3 wrote "" for a time that is not set, and Go's zero time may stand there as well.
    return "" if not text or text.startswith("0001-01-01T00:00:00") else text


def _filled(**fields: Any) -> dict[str, Any]:
    """Go's omitempty."""
    return {name: value for name, value in fields.items() if value not in ("", 0, None, [], {})}
