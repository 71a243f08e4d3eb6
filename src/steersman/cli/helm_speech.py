"""What helm prints while an action runs and before its result, for those who chose policy `helm`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steersman.cli.output import echo
from steersman.lifecycle import events
from steersman.lifecycle.policy import Action
from steersman.lifecycle.resources import KEPT
from steersman.record import replace

if TYPE_CHECKING:
    from steersman.kube.interface import ObjectRef
    from steersman.lifecycle.events import Event, ReleaseFinished
    from steersman.lifecycle.request import Request


class HelmSpeech:
    """Reads the events of one action. With `upgrading` the command's name is upgrade, which may come to install."""

    def __init__(self, request: Request, *, upgrading: bool) -> None:
        self._kept: list[ObjectRef] = []
        if upgrading and request.action is Action.INSTALL:
            echo(f'Release "{request.release}" does not exist. Installing it now.')

    def note(self, event: Event) -> None:
        if isinstance(event, events.ResourceDeleted) and event.kept == KEPT:
            self._kept.append(event.ref)

    def ended(self, finished: ReleaseFinished) -> ReleaseFinished:
        """The ending without words of ours, once what helm says of it has been printed."""
        if finished.error:
            return finished
        if finished.action is Action.UNINSTALL:
            tell_kept(self._kept)
        return replace(finished, lines=())


def tell_kept(kept: Iterable[ObjectRef]) -> None:
    """Helm's lines about what an uninstall leaves there."""
    lines = [f"[{ref.kind}] {ref.name}" for ref in kept]
    if lines:
        echo("\n".join(["These resources were kept due to the resource policy:", *lines, ""]))
