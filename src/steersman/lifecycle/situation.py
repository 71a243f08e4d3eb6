"""What is known of a release before an action, and what Helm's rules conclude from it: which revision is the current one,
which number comes next, whether the action is allowed at all."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.errors import ReleaseExists, ReleaseNotFound, ReleasePending
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.scopes import CLUSTER_SCOPED, GroupKind
from steersman.record import record
from steersman.release.record import Release, Status
from steersman.release.storage import Storage
from steersman.release.stored import Stored

if TYPE_CHECKING:
    from steersman.lifecycle.runs import HookRun

# A failed attempt that ended in these hooks has touched no resource, so the revision before it is what runs.
_UNTOUCHED = pattern(r"pre-(upgrade|rollback) hooks? failed|interrupted before any resource was touched")
_RAN_ONCE = (Status.DEPLOYED, Status.SUPERSEDED)


@record(frozen=True, slots=True)
class Situation:
    """`history` is oldest first. `cluster_scoped` are the kinds without a namespace that this cluster serves,
    `runs` the recorded hook runs, where somebody asked for them."""

    name: str
    namespace: str
    history: tuple[Stored, ...] = ()
    cluster_scoped: frozenset[GroupKind] = CLUSTER_SCOPED
    runs: tuple[HookRun, ...] = ()

    @property
    def newest(self) -> Stored | None:
        return self.history[-1] if self.history else None

    @property
    def deployed(self) -> Stored | None:
        """The newest revision that is `deployed`."""
        return next((stored for stored in reversed(self.history) if stored.status is Status.DEPLOYED), None)

    @property
    def possibly_live(self) -> list[Release]:
        """The revisions of which resources may be in the cluster, newest first: what is deployed, and every later attempt that
        may have touched something before it failed."""
        since = self.deployed.version if self.deployed is not None else 0
        later = [stored.release() for stored in reversed(self.history) if stored.version >= since]
        return [release for release in later if release.version == since or not touched_nothing(release)]

    @property
    def next_revision(self) -> int:
        return self.newest.version + 1 if self.newest else 1

    def revision(self, version: int) -> Release:
        """Raises ReleaseNotFound."""
        for stored in self.history:
            if stored.version == version:
                return stored.release()
        known = ", ".join(str(stored.version) for stored in self.history)
        raise ReleaseNotFound(
            f"release has no {version} version",
            release=self.name,
            hint=f"revisions in the history: {known}" if known else "",
        )

    def existing(self) -> Release:
        """The newest revision. Raises ReleaseNotFound."""
        if self.newest is None:
            raise ReleaseNotFound(
                "release: not found", release=self.name, hint="`steer list -A` shows the releases of all namespaces"
            )
        return self.newest.release()

    def shown(self, policy: Policy) -> Release:
        """The revision that stands for the release in `status` and `list`.

        Helm shows the newest. Under `rollback` an attempt that failed before it touched anything does not hide what is deployed.
        Raises ReleaseNotFound.
        """
        newest = self.existing()
        deployed = self.deployed
        if policy is Policy.ROLLBACK and deployed is not None and touched_nothing(newest):
            return deployed.release()
        return newest

    def starts_over(self, policy: Policy) -> bool:
        """Whether an install may take this name: it is free, was uninstalled with its history kept (Helm wants `--replace` for
        that), or under `rollback` never got beyond a failed install."""
        if self.newest is None:
            return True
        if policy is Policy.HELM:
            return False
        never = not any(stored.status in _RAN_ONCE for stored in self.history)
        return self.newest.status is Status.UNINSTALLED or (self.newest.status is Status.FAILED and never)

    def require_installable(self, policy: Policy, *, replace: bool = False) -> None:
        """Raises ReleaseExists or ReleasePending."""
        newest = self.newest
        if newest is None or self.starts_over(policy):
            return
        if replace and newest.status in (Status.UNINSTALLED, Status.FAILED):
            return
        if policy is Policy.ROLLBACK:
            self.require_idle()
        reason = "cannot reuse a name that is still in use"
        where = f"release {self.name!r} is {newest.status} at revision {newest.version}"
        raise ReleaseExists(
            f"release name check failed: {reason}" if policy is Policy.HELM else f"{reason}: {where}",
            release=self.name,
            hint=f"`steer upgrade --install {self.name}` changes it, `steer uninstall {self.name}` removes it"
            if newest.status is not Status.UNINSTALLING
            else f"its removal was begun and not finished: `steer uninstall {self.name}` finishes it",
        )

    def require_idle(self) -> None:
        """Raises ReleasePending when the newest revision says that somebody is at work."""
        newest = self.newest
        if newest is not None and newest.status.pending:
            raise ReleasePending(
                "another operation (install/upgrade/rollback) is in progress",
                release=self.name,
                status=str(newest.status),
                revision=newest.version,
                hint=f"revision {newest.version} is {newest.status} and nobody holds the release's lease: if what wrote it is "
                f"dead, `steer recover {self.name}` puts the release in order",
            )

    def upgraded(self) -> Release:
        """The revision that an upgrade starts from. Raises ReleaseNotFound and ReleasePending."""
        newest = self.newest
        if newest is not None:
            self.require_idle()
            if newest.status is Status.DEPLOYED:
                return newest.release()
            if self.deployed is not None:
                return self.deployed.release()
            if newest.status in (Status.SUPERSEDED, Status.FAILED):
                return newest.release()
        hint = f"`steer upgrade --install {self.name}` installs it"
        if newest is not None and newest.status is Status.UNINSTALLING:
            hint = f"its removal was begun and not finished: `steer uninstall {self.name}` finishes it"
        raise ReleaseNotFound(f'"{self.name}" has no deployed releases', release=self.name, hint=hint)

    def rollback_target(self, version: int, policy: Policy) -> Release:
        """The revision to go back to; 0 is the one before. Raises ReleaseNotFound."""
        newest = self.existing()
        if version:
            return self.revision(version)
        if policy is Policy.HELM:
            return self.revision(newest.version - 1)
        now = self.shown(policy).version
        before = [stored for stored in self.history if stored.version < now and stored.status in _RAN_ONCE]
        if not before:
            raise ReleaseNotFound(
                f"release {self.name!r} has no earlier revision that was deployed",
                release=self.name,
                hint=f"`steer history {self.name}` shows all revisions",
            )
        return before[-1].release()


async def look(storage: Storage, name: str) -> Situation:
    """What the storage knows of a release."""
    return Situation(name, storage.namespace, tuple(await storage.history(name)))


def touched_nothing(release: Release) -> bool:
    """Whether this is a failed attempt that ended before any resource was touched."""
    return release.status is Status.FAILED and _UNTOUCHED.search(release.info.description) is not None


def situations(found: Iterable[Stored]) -> list[Situation]:
    """Stored revisions of any releases, by release."""
    releases: dict[tuple[str, str], list[Stored]] = {}
    for stored in found:
        releases.setdefault((stored.namespace, stored.name), []).append(stored)
    return [
        Situation(name, namespace, tuple(sorted(history, key=lambda stored: stored.version)))
        for (namespace, name), history in releases.items()
    ]
