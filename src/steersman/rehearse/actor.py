"""What a rehearsal needs of a client. `steersman.client.AsyncClient` is one; it is handed in, for it stands above this room."""

from __future__ import annotations

from typing import Any, Protocol

from steersman.kube.interface import Kubernetes
from steersman.lifecycle.operation import Operation
from steersman.lifecycle.plan import Plan
from steersman.lifecycle.policy import Policy
from steersman.release.record import Release


class Actor(Protocol):
    """The actions on releases of one namespace."""

    @property
    def kube(self) -> Kubernetes: ...

    async def install(self, name: str, chart: Any, values: Any = None, **options: Any) -> Operation: ...

    async def upgrade(self, name: str, chart: Any, values: Any = None, **options: Any) -> Operation: ...

    async def rollback(self, name: str, revision: int = 0, **options: Any) -> Operation: ...

    async def uninstall(self, name: str, **options: Any) -> Operation: ...

    async def test(self, name: str, **options: Any) -> Operation: ...

    async def plan_install(self, name: str, chart: Any, values: Any = None, **options: Any) -> Plan: ...

    async def plan_upgrade(self, name: str, chart: Any, values: Any = None, **options: Any) -> Plan: ...

    async def plan_rollback(self, name: str, revision: int = 0, **options: Any) -> Plan: ...

    async def plan_uninstall(self, name: str, **options: Any) -> Plan: ...

    async def plan_test(self, name: str, **options: Any) -> Plan: ...

    async def get(self, name: str, revision: int = 0) -> Release: ...

    async def list(self, **options: Any) -> list[Release]: ...


class MakeActor(Protocol):
    """How a client is made for a cluster."""

    def __call__(self, kube: Kubernetes, *, namespace: str, policy: Policy) -> Any: ...
