"""The errors of the API as Kubernetes words them, and the `Status` object that carries one.

Each function makes one of `steersman.errors`' API errors; the in-process caller catches it, the HTTP layer sends
`to_status(error)`. Wording follows apimachinery's `api/errors` and `field.Error`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from steersman.cluster.resources import Resource
from steersman.errors import AlreadyExists, ApiError, Conflict, Forbidden, Gone, Invalid, NotFound, Unauthorized

Json = dict[str, Any]

REASONS = {
    "Required value": "FieldValueRequired",
    "Invalid value": "FieldValueInvalid",
    "Unsupported value": "FieldValueNotSupported",
    "Duplicate value": "FieldValueDuplicate",
    "Forbidden": "FieldValueForbidden",
    "Not found": "FieldValueNotFound",
    "Too long": "FieldValueTooLong",
    "Too many": "FieldValueTooMany",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing wrong with one field: `problem` is one of the keys of REASONS; `text` is all that follows the field."""

    field: str
    problem: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}"


def go_value(value: Any) -> str:
    """A value as field.Error prints it: strings quoted, objects as JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=isinstance(value, dict))


def required(field: str, detail: str = "") -> Cause:
    return Cause(field, "Required value", "Required value" + (f": {detail}" if detail else ""))


def bad_value(field: str, value: Any, detail: str) -> Cause:
    return Cause(field, "Invalid value", f"Invalid value: {go_value(value)}: {detail}")


def unsupported(field: str, value: Any, allowed: tuple[str, ...]) -> Cause:
    words = ", ".join(go_value(item) for item in allowed)
    return Cause(field, "Unsupported value", f"Unsupported value: {go_value(value)}: supported values: {words}")


def not_found_field(field: str, value: Any) -> Cause:
    return Cause(field, "Not found", f"Not found: {go_value(value)}")


def duplicate(field: str, value: Any) -> Cause:
    return Cause(field, "Duplicate value", f"Duplicate value: {go_value(value)}")


def forbidden_field(field: str, detail: str) -> Cause:
    return Cause(field, "Forbidden", f"Forbidden: {detail}")


def details(resource: Resource, name: str, *, kind: str = "") -> Json:
    out: Json = {"name": name, "group": resource.group, "kind": kind or resource.plural}
    return {key: value for key, value in out.items() if value}


def not_found(resource: Resource, name: str) -> NotFound:
    message = f'{resource.name} "{name}" not found'
    return NotFound(message, code=404, reason="NotFound", details=details(resource, name))


def no_such_path() -> NotFound:
    """Below a group and version that is served, whatever names none of its resources."""
    return NotFound("the server could not find the requested resource", code=404, reason="NotFound", details={})


def already_exists(resource: Resource, name: str, *, going: bool = False) -> AlreadyExists:
    """`going`: it waits for its deletion to be done with."""
    message = f'{"object is being deleted: " if going else ""}{resource.name} "{name}" already exists'
    return AlreadyExists(message, code=409, reason="AlreadyExists", details=details(resource, name))


def conflict(resource: Resource, name: str, why: str) -> Conflict:
    message = f'Operation cannot be fulfilled on {resource.name} "{name}": {why}'
    return Conflict(message, code=409, reason="Conflict", details=details(resource, name))


def precondition(resource: Resource, name: str, why: str) -> Conflict:
    """A deletion that asked for another object than the one that is there; Kubernetes names its kind, not its resource."""
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    message = f'Operation cannot be fulfilled on {kind} "{name}": {why}'
    found = details(resource, name, kind=resource.kind)
    return Conflict(message, code=409, reason="Conflict", details=found)


def modified(resource: Resource, name: str) -> Conflict:
    return conflict(
        resource, name, "the object has been modified; please apply your changes to the latest version and try again"
    )


def invalid(resource: Resource, name: str, causes: list[Cause]) -> Invalid:
    """422 with one cause a field; the message names a single cause bare and several in brackets."""
    return invalid_kind(resource.kind, resource.group, name, causes)


def invalid_kind(kind: str, group: str, name: str, causes: list[Cause]) -> Invalid:
    """As `invalid`, for a kind that may be none of a resource's (`TokenRequest`), or unknown ("")."""
    texts = list(dict.fromkeys(str(cause) for cause in causes))
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    found: Json = {key: value for key, value in (("name", name), ("group", group), ("kind", kind)) if value}
    found["causes"] = [
        {"reason": REASONS[cause.problem], "message": cause.text, "field": cause.field} for cause in causes
    ]
    qualified = f"{kind}.{group}" if group else kind
    return Invalid(f'{qualified} "{name}" is invalid: {text}', code=422, reason="Invalid", details=found)


def bad_request(message: str) -> Invalid:
    return Invalid(message, code=400, reason="BadRequest")


def undecodable(resource: Resource, why: str) -> Invalid:
    kind = resource.kind
    return bad_request(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {why}')


def bad_patch(shown: str, why: str) -> Invalid:
    """422 for a patch; Kubernetes names no object here."""
    cause = bad_value("patch", shown, why)
    found = [{"reason": REASONS[cause.problem], "message": cause.text, "field": cause.field}]
    return Invalid(f' "" is invalid: {cause}', code=422, reason="Invalid", details={"causes": found})


def go_map(value: Any) -> str:
    """A value as Go's %+v prints it: `map[spec:map[replicas:1]]`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_map(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_map(item) for item in value) + "]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def untyped(resource: Resource, namespace: str | None, name: str, why: str) -> ApiError:
    """Server-side apply of what is no object of its kind: 500, as the API server has it."""
    subject = f"{namespace}/{name}" if namespace else f"/{name}"
    group = f"{resource.group}/{resource.version}" if resource.group else f"/{resource.version}"
    message = f"failed to create typed patch object ({subject}; {group}, Kind={resource.kind}): {why}"
    return ApiError(message, code=500, reason="InternalError")


def bad_options(kind: str, causes: list[Cause]) -> Invalid:
    """Options of a request (`PatchOptions`, `ListOptions` …) that cannot be."""
    text = ", ".join(str(cause) for cause in causes)
    if len(causes) > 1:
        text = f"[{text}]"
    found = [{"reason": REASONS[cause.problem], "message": cause.text, "field": cause.field} for cause in causes]
    details: Json = {"group": "meta.k8s.io", "kind": kind, "causes": found}
    return Invalid(f'{kind}.meta.k8s.io "" is invalid: {text}', code=422, reason="Invalid", details=details)


def forbidden(resource: Resource, name: str, why: str, causes: list[Json] | None = None) -> Forbidden:
    subject = f'{resource.name} "{name}"' if name else resource.name
    found = details(resource, name)
    if causes:
        found["causes"] = causes
    return Forbidden(f"{subject} is forbidden: {why}", code=403, reason="Forbidden", details=found)


def unauthorized() -> Unauthorized:
    return Unauthorized("Unauthorized", code=401, reason="Unauthorized")


def expired(message: str) -> Gone:
    return Gone(message, code=410, reason="Expired")


def method_not_allowed() -> ApiError:
    return ApiError(
        "the server does not allow this method on the requested resource", code=405, reason="MethodNotAllowed"
    )


def apply_conflict(conflicts: list[tuple[str, str]]) -> Conflict:
    """409 of server-side apply; `conflicts` are pairs of manager (as in `"helm" using apps/v1`) and field path."""
    count = len(conflicts)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": field}
        for manager, field in conflicts
    ]
    grouped: dict[str, list[str]] = {}
    for manager, field in conflicts:
        grouped.setdefault(manager, []).append(field)
    parts = [
        f"conflict with {manager}: {fields[0]}"
        if len(grouped) == 1 and len(fields) == 1
        else f"conflicts with {manager}:\n" + "\n".join(f"- {field}" for field in fields)
        for manager, fields in grouped.items()
    ]
    message = f"Apply failed with {count} conflict{'' if count == 1 else 's'}: " + "\n".join(parts)
    return Conflict(message, code=409, reason="Conflict", details={"causes": causes})


def to_status(error: ApiError) -> Json:
    status: Json = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": str(error),
    }
    if error.reason:
        status["reason"] = error.reason
    if error.details:
        status["details"] = error.details
    elif error.reason in ("Invalid", "Forbidden", "NotFound", "MethodNotAllowed"):
        status["details"] = {}
    status["code"] = error.code
    return status


def success(resource: Resource, name: str, uid: str) -> Json:
    """What a deletion that is done at once answers."""
    found = details(resource, name)
    found["uid"] = uid
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": found}
