"""What helm prints while an action runs and before its result, for those who chose policy `helm`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steersman.cli.output import echo
from steersman.lifecycle import events
from steersman.lifecycle.policy import Action
from steersman.record import replace

if TYPE_CHECKING:
    from steersman.kube.interface import ObjectRef
    from steersman.lifecycle.events import Event, ReleaseFinished


class HelmSpeech:
    """Reads the events of one action. `upgrading` is the command's name, which may come to install."""

    def __init__(self, *, upgrading: bool) -> None:
        self._upgrading = upgrading
        self._kept: list[ObjectRef] = []

    def note(self, event: Event) -> None:
        if isinstance(event, events.ReleaseStarted) and self._upgrading and event.action is Action.INSTALL:
            echo(f'Release "{event.release}" does not exist. Installing it now.')
        elif isinstance(event, events.ResourceDeleted) and event.kept:
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
