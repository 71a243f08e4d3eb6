"""What a request asks for beside its object: Create-, Update-, Patch-, Delete- and ListOptions, checked as apimachinery checks
them (`meta/v1/validation`, `meta/internalversion/validation`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steersman.cluster import status
from steersman.cluster.api import negotiate
from steersman.cluster.status import Cause

Json = dict[str, Any]

LONGEST_MANAGER = 128  # bytes
_KINDS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}
_POLICIES = ("Background", "Foreground", "Orphan")


def check_write(method: str, query: Mapping[str, str], *, apply: bool) -> None:
    """Raises Invalid (422) for options that cannot be. `apply`: it is a patch of server-side apply."""
    causes = _dry_run([query["dryRun"]] if query.get("dryRun") else [])
    validation = query.get("fieldValidation", "")
    if validation not in ("", "Ignore", "Warn", "Strict"):
        causes.append(status.unsupported("fieldValidation", validation, ("Ignore", "Strict", "Warn")))
    manager = query.get("fieldManager", "")
    if len(manager.encode()) > LONGEST_MANAGER:
        causes.append(Cause("fieldManager", "Too long", f"Too long: may not be more than {LONGEST_MANAGER} bytes"))
    for position, letter in enumerate(manager):
        if not letter.isprintable():
            detail = f"invalid character U+{ord(letter):04X} (at position {position})"
            causes.append(status.bad_value("fieldManager", manager, detail))
    if method == "PATCH" and apply and not manager:
        causes.append(status.required("fieldManager", "is required for apply patch"))
    if method == "PATCH" and not apply and "force" in query:
        causes.append(status.forbidden_field("force", "may not be specified for non-apply patch"))
    _refuse(_KINDS[method], causes)


def delete_arguments(options: Json, query: Mapping[str, str]) -> Json:
    """What DeleteOptions and the query say, as keyword arguments of `Objects.delete`. Raises Invalid (400, 422)."""
    grace = options.get("gracePeriodSeconds")
    if grace is None:
        grace = negotiate.integer(query, "gracePeriodSeconds")
    policy = options.get("propagationPolicy") or query.get("propagationPolicy") or None
    orphan = options.get("orphanDependents", query.get("orphanDependents"))
    causes = _dry_run(options.get("dryRun") or ([query["dryRun"]] if query.get("dryRun") else []))
    if orphan is not None and policy is not None:
        detail = "orphanDependents and deletionPropagation cannot be both set"
        causes.append(status.bad_value("propagationPolicy", policy, detail))
    if policy not in (None, *_POLICIES):
        causes.append(status.unsupported("propagationPolicy", policy, _POLICIES))
    _refuse("DeleteOptions", causes)
    if orphan is not None:
        policy = "Orphan" if orphan in (True, "true") else "Background"
    preconditions = options.get("preconditions") or {}
    return {
        "propagation": policy,
        "grace": grace,
        "uid": preconditions.get("uid"),
        "resource_version": preconditions.get("resourceVersion"),
        "dry_run": bool(options.get("dryRun")) or query.get("dryRun") == "All",
    }


def check_list(query: Mapping[str, str]) -> None:
    """Raises Invalid (422) for ListOptions that contradict themselves."""
    match, causes = query.get("resourceVersionMatch", ""), []
    path = "resourceVersionMatch"
    watches = query.get("watch") in ("1", "true")
    initial = query.get("sendInitialEvents", "")
    if watches and initial and match != "NotOlderThan":
        detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes.append(status.forbidden_field(path, detail))
    if match and watches and not initial:
        detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(status.forbidden_field(path, detail))
    if match and not watches and not query.get("resourceVersion"):
        detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        causes.append(status.forbidden_field(path, detail))
    if match and query.get("continue"):
        causes.append(status.forbidden_field(path, "resourceVersionMatch is forbidden when continue is provided"))
    allowed = ("NotOlderThan",) if watches else ("Exact", "NotOlderThan", "")
    if match and match not in allowed:
        causes.append(status.unsupported(path, match, allowed))
    if match == "Exact" and not watches and query.get("resourceVersion") == "0":
        detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        causes.append(status.forbidden_field(path, detail))
    if initial and not watches:
        causes.append(status.forbidden_field("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    _refuse("ListOptions", causes)


def _dry_run(values: list[str]) -> list[Cause]:
    if set(values) <= {"All"}:
        return []
    return [status.unsupported("dryRun", values, ("All",))]


def _refuse(kind: str, causes: list[Cause]) -> None:
    if causes:
        raise status.bad_options(kind, causes)
