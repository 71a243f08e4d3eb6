"""The event stream as JSON lines on stdout, for machines."""

from __future__ import annotations

import sys

from steersman.lifecycle.events import Event, to_json


class JsonLinesView:
    """One line per event, written as it happens."""

    def show(self, event: Event) -> None:
        print(to_json(event), flush=True)

    def close(self) -> None:
        """Nothing is left open."""
        sys.stdout.flush()
