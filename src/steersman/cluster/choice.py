"""What Pods run in, as its user chooses."""

from __future__ import annotations

from typing import Literal

Choice = Literal["auto", "process", "podman"]
"""`auto` prefers local programs where they stand for an image, `podman` the image itself; `process` uses no podman."""
