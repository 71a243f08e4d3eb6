"""One watch per kind and namespace, shared by all who wait: each names the objects it cares for and is called on every change.

A wait for a thousand objects of three kinds costs three connections, and waits of parallel hooks share theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing

from steersman.errors import KubernetesError, SteersmanError
from steersman.kube.interface import Kubernetes, Object
from steersman.record import field, record


@record(frozen=True, slots=True)
class Scope:
    """What one watch covers. `namespace` None: a cluster-scoped kind, or all namespaces."""

    api_version: str
    kind: str
    namespace: str | None


@record(frozen=True, slots=True)
class Seen:
    """What a subscriber is told. `object` is its last state; `gone`: it was deleted, or is not there when first looked for.

    `certain` is False where a running watch does not know the object: it may be too new for it.
    """

    scope: Scope
    name: str
    object: Object | None
    gone: bool = False
    certain: bool = True


Callback = Callable[[Seen | SteersmanError], None]


@record(slots=True)
class _Subscription:
    callback: Callback
    names: frozenset[str] | None  # None: all
    from_the_start: bool  # subscribed before the watch asked for its first list

    def wants(self, name: str) -> bool:
        return self.names is None or name in self.names


@record(slots=True)
class _Stream:
    scope: Scope
    objects: dict[str, Object] = field(default_factory=dict)
    listed: bool = False  # the first list is complete: what is not there does not exist
    error: SteersmanError | None = None
    subscriptions: list[_Subscription] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Watches:
    """The shared watches of one client. Use as `async with Watches(kube) as watches`; leaving ends them all."""

    def __init__(self, kube: Kubernetes) -> None:
        self.kube = kube
        self._streams: dict[Scope, _Stream] = {}

    async def __aenter__(self) -> Watches:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [stream.task for stream in self._streams.values() if stream.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._streams.clear()

    def subscribe(self, scope: Scope, callback: Callback, names: Iterable[str] | None = None) -> Callable[[], None]:
        """Call `callback` with the present state of the named objects (None: all of the scope) and then on each change.

        It is called on the event loop and must not block; an error ends the subscription's use: the watch cannot go on.
        Returns what ends the subscription. A watch without subscriptions ends.
        """
        stream = self._streams.get(scope)
        is_new = stream is None or stream.error is not None
        if stream is None or is_new:
            stream = self._streams[scope] = _Stream(scope)
            stream.task = asyncio.create_task(self._run(stream), name=f"watch {scope.kind} in {scope.namespace}")
        subscription = _Subscription(callback, None if names is None else frozenset(names), is_new)
        stream.subscriptions.append(subscription)
        for name, obj in stream.objects.items():
            if subscription.wants(name):
                callback(Seen(scope, name, obj))
        if stream.listed:
            _tell_missing(stream, subscription)

        def unsubscribe() -> None:
            if subscription in stream.subscriptions:
                stream.subscriptions.remove(subscription)
            if not stream.subscriptions and stream.task is not None:
                stream.task.cancel()
                if self._streams.get(scope) is stream:
                    del self._streams[scope]

        return unsubscribe

    async def _run(self, stream: _Stream) -> None:
        scope = stream.scope
        try:
            async with aclosing(self.kube.watch(scope.api_version, scope.kind, namespace=scope.namespace)) as events:
                async for event in events:
                    if event.type == "BOOKMARK":
                        _note_listed(stream)
                        continue
                    name, gone = str(event.object["metadata"]["name"]), event.type == "DELETED"
                    if gone:
                        last = stream.objects.pop(name, None)
                        # A deletion that was found out later brings no more than metadata.
                        obj = event.object if "status" in event.object or last is None else last
                    else:
                        obj = stream.objects[name] = event.object
                    _tell(stream, Seen(scope, name, obj, gone))
            stream.error = KubernetesError(f"the watch of {scope.kind} ended by itself")
        except SteersmanError as error:
            stream.error = error
        except Exception as error:  # whatever it is, those who wait must not wait for ever
            stream.error = KubernetesError(f"the watch of {scope.kind} broke: {error!r}")
        for subscription in list(stream.subscriptions):
            subscription.callback(stream.error)


def _note_listed(stream: _Stream) -> None:
    if not stream.listed:
        stream.listed = True
        for subscription in list(stream.subscriptions):
            _tell_missing(stream, subscription)


def _tell(stream: _Stream, seen: Seen) -> None:
    for subscription in list(stream.subscriptions):
        if subscription.wants(seen.name):
            subscription.callback(seen)


def _tell_missing(stream: _Stream, subscription: _Subscription) -> None:
    for name in subscription.names or ():
        if name not in stream.objects:
            subscription.callback(Seen(stream.scope, name, None, gone=True, certain=subscription.from_the_start))
