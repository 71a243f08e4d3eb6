"""Writing a release's objects as Helm 4 writes them: server-side apply, or client-side create and three-way merge.

All writes carry the field manager `helm`, so that either tool goes on where the other stopped. Which requests Helm sends in
which case is pinned in tests/kube against helm 4.3.1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from steersman.errors import ApiError, Conflict, FieldConflict, ImmutableField, Invalid, NotFound
from steersman.kube.interface import Kubernetes, Object, ObjectRef, PatchType, ref_of
from steersman.kube.managed_fields import hand_over_patch
from steersman.kube.merge import three_way_strategic, two_way_merge
from steersman.kube.merge_keys import schema_of
from steersman.kube.status import causes
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.record import record

if TYPE_CHECKING:
    from typing import Literal

FIELD_MANAGER = "helm"
ATTEMPTS = 5  # at a read-modify-write that others may disturb


@record(frozen=True, slots=True)
class ApplyOptions:
    """How to write. `force_conflicts` goes with server-side apply only, `force_replace` with client-side only (Helm's rule)."""

    server_side: bool = True
    force_conflicts: bool = False
    force_replace: bool = False
    dry_run: bool = False
    strict: bool = True  # refuse fields that the kind does not have; client-side patches cannot, as with Helm
    field_manager: str = FIELD_MANAGER


@record(frozen=True, slots=True)
class Applied:
    """What a write did, and the object as it is now.

    `applied` says that a server-side apply went well and nobody read the object before, so what it changed is
    `moment.done_since`'s to tell.
    """

    action: Literal["created", "configured", "unchanged", "applied"]
    object: Object


async def create(kube: Kubernetes, obj: Object, options: ApplyOptions) -> Object:
    """Create an object that is not there. Client-side, AlreadyExists is an error; server-side, it is applied over.

    Raises FieldConflict, ImmutableField and other ApiErrors.
    """
    if options.server_side:
        return await _server_side(kube, obj, options)
    return await kube.create(obj, field_manager=options.field_manager, dry_run=options.dry_run)


async def update(
    kube: Kubernetes, original: Object | None, target: Object, options: ApplyOptions, *, hand_over: bool = False
) -> Applied:
    """Bring a live object from `original`, its manifest in the revision before, to `target`.

    It is created where it is missing. `original` None means that no manifest is known. `hand_over`: that revision was
    applied client-side and this one is server-side, so its fields change hands first.
    Raises FieldConflict, ImmutableField and other ApiErrors.
    """
    if options.server_side:
        return await _update_server_side(kube, target, options, hand_over=hand_over)
    try:
        live = await kube.get(ref_of(target))
    except NotFound:
        return Applied("created", await create(kube, target, options))
    if options.force_replace:
        return _compared(live, await _replace(kube, target, options))
    # Of an object that is taken over no manifest is known: what it has and the chart does not name stays.
    return await _merge(kube, original or {}, target, live, options)


async def recreate(
    kube: Kubernetes,
    target: Object,
    options: ApplyOptions,
    *,
    until_gone: Callable[[ObjectRef, str], Awaitable[None]],
) -> Object:
    """Delete the live object and create it anew, for a change that its kind does not allow.

    `until_gone(ref, uid)` waits for the end of that very object (`kube.wait.wait_deleted`).
    """
    ref = ref_of(target)
    try:
        uid = str((await kube.get(ref))["metadata"]["uid"])
        await kube.delete(ref, uid=uid)
        await until_gone(ref, uid)
    except NotFound:
        pass
    return await create(kube, target, options)


async def _update_server_side(kube: Kubernetes, target: Object, options: ApplyOptions, *, hand_over: bool) -> Applied:
    ref = ref_of(target)
    if not hand_over:
        return Applied("applied", await _server_side(kube, target, options))
    for attempt in range(ATTEMPTS):
        try:
            live = await kube.get(ref)
        except NotFound:
            return Applied("created", await _server_side(kube, target, options))
        patch = hand_over_patch(live, options.field_manager)
        if patch is None or options.dry_run:
            break
        try:
            await kube.patch(ref, patch, PatchType.JSON, field_manager=options.field_manager)
            break
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
    return _compared(live, await _server_side(kube, target, options))


async def _server_side(kube: Kubernetes, obj: Object, options: ApplyOptions) -> Object:
    try:
        return await kube.patch(
            ref_of(obj),
            obj,
            PatchType.APPLY,
            field_manager=options.field_manager,
            force=options.force_conflicts,
            dry_run=options.dry_run,
            strict=options.strict,
        )
    except ApiError as error:
        raise _explained(error, obj, server_side=True) from error


async def _merge(kube: Kubernetes, original: Object, target: Object, live: Object, options: ApplyOptions) -> Applied:
    schema = schema_of(target["apiVersion"], target["kind"])
    if schema is None:
        patch, patch_type = two_way_merge(original, target), PatchType.MERGE
    else:
        patch, patch_type = three_way_strategic(original, target, live, schema), PatchType.STRATEGIC
    if not patch:
        return Applied("unchanged", live)
    try:
        now = await kube.patch(
            ref_of(target), patch, patch_type, field_manager=options.field_manager, dry_run=options.dry_run
        )
    except ApiError as error:
        raise _explained(error, target, server_side=False) from error
    return _compared(live, now)


async def _replace(kube: Kubernetes, target: Object, options: ApplyOptions) -> Object:
    """PUT over whatever version is there now."""
    for attempt in range(ATTEMPTS):
        version = (await kube.get(ref_of(target)))["metadata"]["resourceVersion"]
        whole = {**target, "metadata": {**target["metadata"], "resourceVersion": version}}
        try:
            return await kube.replace(
                whole, field_manager=options.field_manager, dry_run=options.dry_run, strict=options.strict
            )
        except Conflict as error:
            if attempt == ATTEMPTS - 1:
                raise _explained(error, target, server_side=False, replacing=True) from error
        except ApiError as error:
            raise _explained(error, target, server_side=False, replacing=True) from error
    raise AssertionError("unreachable: the last attempt returns or raises")


def _compared(before: Object, after: Object) -> Applied:
    changed = before["metadata"].get("resourceVersion") != after["metadata"].get("resourceVersion")
    return Applied("configured" if changed else "unchanged", after)


# --- errors -------------------------------------------------------------------------------------------------------


def _explained(error: ApiError, obj: Object, *, server_side: bool, replacing: bool = False) -> ApiError:
    """The error in Helm's words, typed where a caller can do something about it."""
    ref = ref_of(obj)
    where = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    group, _, version = ref.api_version.rpartition("/")
    what = f"object {where} {group}/{version}, Kind={ref.kind}"
    if replacing:
        message = f"failed to replace object: {error}"
    elif not server_side:
        message = f'cannot patch "{ref.name}" with kind {ref.kind}: {error}'
    elif isinstance(error, Conflict):
        message = f"conflict occurred while applying {what}: {error}"
    else:
        message = f"server-side apply failed for {what}: {error}"
    if server_side and isinstance(error, Conflict) and (conflicts := field_conflicts(error)):
        managers = ", ".join(sorted({manager for manager, _ in conflicts}))
        return FieldConflict(
            message,
            code=error.code,
            reason=error.reason,
            details=error.details,
            conflicts=tuple(conflicts),
            hint=f"{managers} has set these fields; take them over with --force-conflicts, or drop them from the chart.",
        )
    if fields := immutable_fields(error):
        return ImmutableField(
            message,
            code=error.code,
            reason=error.reason,
            details=error.details,
            fields=tuple(fields),
            hint=f"To change {', '.join(fields)}, {ref.kind} {ref.name} must be made anew: --recreate-immutable does so.",
        )
    return type(error)(message, code=error.code, reason=error.reason, details=error.details, hint=error.hint)


def field_conflicts(error: ApiError) -> list[tuple[str, str]]:
    """The (manager, field) of each conflict that a server-side apply met."""
    found = []
    for reason, field, message in causes(error):
        if reason == "FieldManagerConflict":
            manager = _MANAGER.search(message)
            found.append((manager.group(1) if manager else "", field))
    return found


_MANAGER = pattern(r'conflict with "([^"]*)"')
_IMMUTABLE = pattern(
    r"(?i)field is immutable|may not be (?:changed|updated|added or removed|reduced|set once)|updates to .* are forbidden"
    r"|is immutable|may not change once set|fields? cannot be (?:changed|updated)|cannot change roleRef"
)


def immutable_fields(error: ApiError) -> list[str]:
    """The fields that this kind does not allow to change, where that is why the server refused; else nothing."""
    if not isinstance(error, Invalid):
        return []
    listed = [field for _, field, message in causes(error) if _IMMUTABLE.search(message)]
    return list(dict.fromkeys(listed))
