"""An API server with Kubernetes' own roles, and ways to ask it as somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster.access.bootstrap import ensure_roles
from steersman.cluster.machinery import Objects

from ..api.conftest import Api, Reply, api_server, kubeconfig_session  # noqa: TID252

Json = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class World:
    """`objects` directly, `api` as the admin, `asked` as the ServiceAccount `hook` of namespace `app`."""

    objects: Objects
    api: Api
    kubeconfig: Path

    async def asked(self, method: str, path: str, body: Any = None, *, user: str = "", **headers: str) -> Reply:
        """As the account, or as `user`, who the admin says he is."""
        named = {"Impersonate-User": user or "system:serviceaccount:app:hook", **headers}
        return await self.api.call(method, path, body, headers=named)

    async def can(self, method: str, path: str, body: Any = None) -> bool:
        """Whether the account is let in, whatever becomes of the request then."""
        return (await self.asked(method, path, body)).status != 403

    def role(self, name: str, *rules: Json, namespace: str = "app") -> None:
        """Such a role, and a binding of the account to it; `namespace` "": cluster-wide."""
        kind = "Role" if namespace else "ClusterRole"
        where = {"namespace": namespace} if namespace else {}
        meta: Json = {"name": name, **where}
        self.objects.create(
            f"{kind.lower()}s.{RBAC}", {"metadata": dict(meta), "rules": list(rules)}, namespace or None
        )
        self.bind(name, kind, namespace)

    def bind(self, name: str, kind: str = "ClusterRole", namespace: str = "app") -> None:
        reference = {"apiGroup": RBAC, "kind": kind, "name": name}
        subject = {"kind": "ServiceAccount", "name": "hook", "namespace": "app"}
        binding: Json = {"metadata": {"name": f"{name}-hook"}, "roleRef": reference, "subjects": [subject]}
        plural = "rolebindings" if namespace else "clusterrolebindings"
        self.objects.create(f"{plural}.{RBAC}", binding, namespace or None)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with api_server(tmp_path, accounts=True) as running:
        for name in ("kube-system", "app"):
            running.objects.create("namespaces", {"metadata": {"name": name}})
        running.objects.create("serviceaccounts", {"metadata": {"name": "hook"}}, "app")
        ensure_roles(running.objects)
        session, url = kubeconfig_session(running.kubeconfig)
        async with session:
            yield World(running.objects, Api(session, url), running.kubeconfig)
