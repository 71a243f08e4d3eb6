"""`HELM_DRIVER=secret` and `configmap`: a revision is one object in the release's namespace."""

from __future__ import annotations

import binascii
import contextlib

from steersman.errors import NotFound
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.record import record
from steersman.release.record import Release, storage_key
from steersman.release.stored import OWNER, Stored, from_labels, named, system_labels

if TYPE_CHECKING:
    from typing import Any

# The API server's MaxSecretSize: all values of `data` together, after their base64 is taken off.
API_SIZE_LIMIT = 1024 * 1024


@record(slots=True)
class ObjectDriver:
    """Revisions as Secrets or ConfigMaps, labelled and typed as Helm does."""

    kube: Kubernetes
    kind: str = "Secret"
    size_limit: int | None = API_SIZE_LIMIT

    @property
    def name(self) -> str:
        return self.kind.lower()

    async def query(
        self,
        namespace: str | None,
        *,
        name: str = "",
        version: int | None = None,
        superseded: bool = True,
        selector: str = "",
    ) -> list[Stored]:
        # What most objects do not fulfil stands first: a server looks no further than that.
        terms = [f"name={name}"] if name else []
        if version is not None:
            terms.append(f"version={version}")
        if not superseded:
            terms.append("status!=superseded")
        terms.append(f"owner={OWNER}")
        if selector:
            terms.append(selector)
        found = await self.kube.list("v1", self.kind, namespace=namespace, label_selector=",".join(terms))
        return [self._read(item) for item in found.items]

    async def create(self, release: Release, payload: str) -> Object:
        return await self.kube.create(self._object(release, payload, created=True), field_manager="helm")

    async def update(self, release: Release, payload: str) -> None:
        await self.kube.replace(self._object(release, payload, created=False), field_manager="helm")

    async def delete(self, namespace: str, name: str, version: int) -> None:
        with contextlib.suppress(NotFound):
            await self.kube.delete(ObjectRef("v1", self.kind, storage_key(name, version), namespace))

    def _object(self, release: Release, payload: str, *, created: bool) -> dict[str, Any]:
        secret = self.kind == "Secret"
        return {
            "apiVersion": "v1",
            "kind": self.kind,
            "metadata": {
                "name": release.key,
                "namespace": release.namespace,
                "labels": {**release.labels, **system_labels(release, created=created)},
            },
            **({"type": "helm.sh/release.v1"} if secret else {}),
            "data": {"release": binascii.b2a_base64(payload.encode(), newline=False).decode() if secret else payload},
        }

    def _read(self, item: dict[str, Any]) -> Stored:
        """One without its data is a revision all the same: its number is taken, and who looks inside is told of the damage."""
        payload = (item.get("data") or {}).get("release") or ""
        if self.kind == "Secret":
            payload = binascii.a2b_base64(payload).decode("ascii", "replace")
        metadata = item["metadata"]
        return from_labels(metadata["namespace"], named(metadata["name"], metadata.get("labels") or {}), payload)
