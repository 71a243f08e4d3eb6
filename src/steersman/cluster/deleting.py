"""Deletion: preconditions, propagation, grace, and the finalizers that hold an object back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from steersman.cluster import status
from steersman.cluster.kinds.catalog import strategy_of
from steersman.cluster.kinds.strategy import Propagation
from steersman.cluster.options import Deleted, WriteOptions
from steersman.cluster.resources import Resource
from steersman.cluster.writing import Writing

Json = dict[str, Any]

IMMORTAL = ("default", "kube-system", "kube-public")  # namespaces that nobody may delete


class Deleting(Writing):
    """Deleting, on top of writing: a mark is an update, and a last update may be a removal."""

    def delete(
        self,
        resource: str | Resource,
        name: str,
        namespace: str | None = None,
        *,
        propagation: Propagation | None = None,
        grace: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
        options: WriteOptions | None = None,
    ) -> Deleted:
        """Mark for deletion, or remove at once where nothing holds the object back.

        `grace` in seconds (0: at once, also for a Pod that is already terminating); `propagation` None means what the kind
        does by default; `options` say who asks. Raises NotFound, and Conflict where `uid` or `resource_version` are not
        the object's.
        """
        found = self._resource(resource)
        record = self.record(found, name, namespace)
        old = self.decode(found, record)
        meta: Json = old["metadata"]
        self._check_preconditions(found, meta, uid, resource_version)
        if found.storage == "namespaces" and name in IMMORTAL:
            raise status.forbidden(found, name, "this namespace may not be deleted")
        options = options or WriteOptions()
        options.dry_run = dry_run
        self._admit("DELETE", found, old, old, options)
        self._check("DELETE", found, old, old, options, "")
        if self.reviewer is not None:
            self.reviewer.review("validating", "DELETE", found, old, old, options)
        strategy = strategy_of(found)
        finalizers = _finalizers_for(meta.get("finalizers", []), propagation or strategy.propagation)
        seconds = strategy.grace(old, grace)
        held = bool(finalizers) or (found.storage == "namespaces" and bool(old.get("spec", {}).get("finalizers")))
        if "deletionTimestamp" in meta:
            left = meta.get("deletionGracePeriodSeconds", 0)
            if grace is None or seconds >= left:
                if left or held:
                    return Deleted(old, gone=False)
            elif seconds or held:
                _mark(meta, seconds, since=meta["deletionTimestamp"], left=left)
                return Deleted(self._commit(found, old, record, options), gone=False)
            return Deleted(self._remove(found, old, record, dry_run), gone=True)
        if not seconds and not held:
            return Deleted(self._remove(found, old, record, dry_run), gone=True)
        _mark(meta, seconds)
        _set_finalizers(meta, finalizers)
        if found.storage == "namespaces":
            old.setdefault("status", {})["phase"] = "Terminating"
        if meta.get("generation"):
            meta["generation"] += 1
        return Deleted(self._commit(found, old, record, options), gone=False)

    def _check_preconditions(
        self, resource: Resource, meta: Json, uid: str | None, resource_version: str | None
    ) -> None:
        for word, wanted, found, what in (
            ("UID", uid, meta["uid"], "deleted and then recreated"),
            ("ResourceVersion", resource_version, meta["resourceVersion"], "modified"),
        ):
            if wanted and wanted != found:
                why = f"the {word} in the precondition ({wanted}) does not match the {word} in record ({found}). "
                raise status.precondition(resource, meta["name"], f"{why}The object might have been {what}")


def _finalizers_for(finalizers: list[str], propagation: Propagation) -> list[str]:
    """The propagation policy is told to the garbage collector as a finalizer."""
    out = [name for name in finalizers if name not in ("orphan", "foregroundDeletion")]
    if propagation == "Orphan":
        return [*out, "orphan"]
    if propagation == "Foreground":
        return [*out, "foregroundDeletion"]
    return out


def _set_finalizers(meta: Json, finalizers: list[str]) -> None:
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)


def _mark(meta: Json, seconds: int, *, since: str = "", left: int = 0) -> None:
    """Set the deletion timestamp, which is when the grace ends; a shorter grace counts from the first mark."""
    start = datetime.now(UTC)
    if since:
        start = datetime.strptime(since, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - timedelta(seconds=left)
    meta["deletionTimestamp"] = (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    meta["deletionGracePeriodSeconds"] = seconds
