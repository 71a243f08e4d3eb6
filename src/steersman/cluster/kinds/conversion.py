"""Kinds that are served in another version than they are stored in."""

from __future__ import annotations

from steersman.cluster.resources import Resource


def converts(resource: Resource) -> bool:
    """Whether objects of this resource have to be rewritten on their way in and out."""
    return False
