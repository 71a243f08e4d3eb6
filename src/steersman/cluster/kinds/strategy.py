"""What a kind may say about its own life; the defaults are those of most kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from steersman.cluster.kinds import names
from steersman.cluster.status import Cause

Json = dict[str, Any]
Propagation = Literal["Background", "Foreground", "Orphan"]


def _nothing(obj: Json) -> None:
    pass


def _nothing_changed(obj: Json, old: Json) -> None:
    pass


def _valid(obj: Json) -> list[Cause]:
    return []


def _valid_update(obj: Json, old: Json) -> list[Cause]:
    return []


def _ungraceful(obj: Json, requested: int | None) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Strategy:
    """The hooks of one kind, in the order in which a write passes them. All change `obj` in place."""

    default: Callable[[Json], None] = _nothing
    prepare_create: Callable[[Json], None] = _nothing
    prepare_update: Callable[[Json, Json], None] = _nothing_changed
    validate: Callable[[Json], list[Cause]] = _valid
    validate_create: Callable[[Json], list[Cause]] = _valid
    validate_update: Callable[[Json, Json], list[Cause]] = _valid_update
    check_name: Callable[[str], str] = names.subdomain
    generation: bool = False  # metadata.generation counts changes of the spec
    annotated_generation: bool = False  # … and of the annotations
    needs_revision: bool = False  # an update has to name the resourceVersion it is based on
    grace: Callable[[Json, int | None], int] = _ungraceful  # seconds between a deletion's mark and its end
    propagation: Propagation = "Background"  # where a deletion does not say
