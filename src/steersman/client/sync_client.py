"""The synchronous client: the same as `AsyncClient`, one call at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from steersman.client.async_client import AsyncClient
from steersman.client.loop import Loop
from steersman.client.rendering import ChartOptions
from steersman.client.results import HookInfo, ReleaseStatus
from steersman.client.values import ReuseValues
from steersman.kube.interface import Kubernetes
from steersman.lifecycle.events import Event, ReleaseFinished
from steersman.lifecycle.operation import Operation, require_success
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Policy
from steersman.release.record import Release, Status

if TYPE_CHECKING:
    from steersman.client.async_client import ChartLike

T = TypeVar("T")
OnEvent = Callable[[Event], None]


class Client:
    """As AsyncClient. Actions return when they are done and raise ReleaseFailed when they fail; `on_event` is called with each
    event as it happens. Ctrl-C stops an action cleanly and then raises KeyboardInterrupt.

    It runs an event loop of its own. Where one is running already, as in a notebook, that is in a thread of its own, and
    `on_event` is called there.
    """

    def __init__(
        self,
        kube: Kubernetes | None = None,
        *,
        kubeconfig: str | None = None,
        namespace: str | None = None,
        driver: str = "",
        policy: Policy = Policy.ROLLBACK,
    ) -> None:
        self._loop = Loop()
        self._client = self._loop.run(
            _made(lambda: AsyncClient(kube, kubeconfig=kubeconfig, namespace=namespace, driver=driver, policy=policy))
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()

    # --- actions ----------------------------------------------------------------------------------------------

    def install(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        replace: bool = False,
        on_event: OnEvent | None = None,
    ) -> ReleaseFinished:
        return self._act(
            self._client.install(name, chart, values, options=options, chart_options=chart_options, replace=replace),
            on_event,
        )

    def upgrade(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        reuse: ReuseValues = ReuseValues.AUTO,
        install: bool = False,
        on_event: OnEvent | None = None,
    ) -> ReleaseFinished:
        return self._act(
            self._client.upgrade(
                name, chart, values, options=options, chart_options=chart_options, reuse=reuse, install=install
            ),
            on_event,
        )

    def rollback(
        self, name: str, revision: int = 0, *, options: Options | None = None, on_event: OnEvent | None = None
    ) -> ReleaseFinished:
        return self._act(self._client.rollback(name, revision, options=options), on_event)

    def uninstall(
        self, name: str, *, options: Options | None = None, on_event: OnEvent | None = None
    ) -> ReleaseFinished:
        return self._act(self._client.uninstall(name, options=options), on_event)

    def test(self, name: str, *, options: Options | None = None, on_event: OnEvent | None = None) -> ReleaseFinished:
        return self._act(self._client.test(name, options=options), on_event)

    def recover(self, name: str, *, options: Options | None = None, on_event: OnEvent | None = None) -> ReleaseFinished:
        return self._act(self._client.recover(name, options=options), on_event)

    # --- plans ------------------------------------------------------------------------------------------------

    def plan_install(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        replace: bool = False,
    ) -> Plan:
        return self._loop.run(
            self._client.plan_install(
                name, chart, values, options=options, chart_options=chart_options, replace=replace
            )
        )

    def plan_upgrade(
        self,
        name: str,
        chart: ChartLike,
        values: dict[str, Any] | None = None,
        *,
        options: Options | None = None,
        chart_options: ChartOptions | None = None,
        reuse: ReuseValues = ReuseValues.AUTO,
        install: bool = False,
    ) -> Plan:
        return self._loop.run(
            self._client.plan_upgrade(
                name, chart, values, options=options, chart_options=chart_options, reuse=reuse, install=install
            )
        )

    def plan_rollback(self, name: str, revision: int = 0, *, options: Options | None = None) -> Plan:
        return self._loop.run(self._client.plan_rollback(name, revision, options=options))

    def plan_uninstall(self, name: str, *, options: Options | None = None) -> Plan:
        return self._loop.run(self._client.plan_uninstall(name, options=options))

    def plan_test(self, name: str, *, options: Options | None = None) -> Plan:
        return self._loop.run(self._client.plan_test(name, options=options))

    # --- questions --------------------------------------------------------------------------------------------

    def status(self, name: str, revision: int = 0) -> ReleaseStatus:
        return self._loop.run(self._client.status(name, revision))

    def get(self, name: str, revision: int = 0) -> Release:
        return self._loop.run(self._client.get(name, revision))

    def get_values(self, name: str, revision: int = 0, *, all_values: bool = False) -> dict[str, Any]:
        return self._loop.run(self._client.get_values(name, revision, all_values=all_values))

    def get_manifest(self, name: str, revision: int = 0) -> str:
        return self._loop.run(self._client.get_manifest(name, revision))

    def get_notes(self, name: str, revision: int = 0) -> str:
        return self._loop.run(self._client.get_notes(name, revision))

    def history(self, name: str, *, maximum: int = 256) -> list[Release]:
        return self._loop.run(self._client.history(name, maximum=maximum))

    def hooks(self, name: str, revision: int = 0) -> list[HookInfo]:
        return self._loop.run(self._client.hooks(name, revision))

    def list(
        self, *, all_namespaces: bool = False, selector: str = "", statuses: frozenset[Status] = frozenset()
    ) -> list[Release]:
        return self._loop.run(self._client.list(all_namespaces=all_namespaces, selector=selector, statuses=statuses))

    def _act(self, beginning: Awaitable[Operation], on_event: OnEvent | None) -> ReleaseFinished:
        return self._loop.run(_followed(beginning, on_event))


async def _followed(beginning: Awaitable[Operation], on_event: OnEvent | None) -> ReleaseFinished:
    operation = await beginning
    async for event in operation:
        if on_event is not None:
            on_event(event)
    return require_success(await operation.finished())


def _made(make: Callable[[], T]) -> Coroutine[Any, Any, T]:
    """A connection belongs to the event loop that it is made in."""

    async def made() -> T:
        return make()

    return made()
