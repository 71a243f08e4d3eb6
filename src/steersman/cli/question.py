"""Commands that only ask: on plain sockets, without what actions need, since they are over before that would be imported."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

from steersman.cli.connect import connect
from steersman.cli.helm_words import helm_words
from steersman.cli.policy import chosen_policy
from steersman.cli.settings import Settings
from steersman.client.questions import Questions
from steersman.kube.network import Network
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


def answer(settings: Settings, question: Callable[[Questions], Awaitable[T]]) -> T:
    """Answer one question about releases with a connection that is closed again."""

    if os.environ.get("HELM_DRIVER", "").lower() == "sql":  # whose client needs an event loop
        import asyncio

        return asyncio.run(_answer(settings, question, None))
    from steersman.kube.blocking_network import BlockingNetwork, run

    return run(_answer(settings, question, BlockingNetwork()))


async def _answer(settings: Settings, question: Callable[[Questions], Awaitable[T]], network: Network | None) -> T:
    kube, policy = connect(settings, network), chosen_policy(None)
    try:
        with helm_words(policy):
            return await question(Questions(kube, namespace=settings.namespace, policy=policy))
    finally:
        await kube.aclose()
