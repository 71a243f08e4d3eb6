"""The event stream as a live view on a terminal: what was done scrolls by as plain lines, what is being done stands below.

Below stands one line for each hook that runs (weight, time, last log line) and one for each resource that is waited for.
"""

from __future__ import annotations

import time

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from steersman.cli.plain import PlainView, short
from steersman.lifecycle import events
from steersman.record import field, record

REFRESHES_PER_SECOND = 8
LOG_COLUMNS = 100


@record(slots=True)
class RunningHook:
    """A hook that runs now; only its last line is kept."""

    title: str
    weight: int
    spinner: Spinner = field(default_factory=lambda: Spinner("dots"))
    since: float = field(default_factory=time.monotonic)
    last_line: str = ""


class _Lines(PlainView):
    """The plain lines, written above the live part."""

    def __init__(self, console: Console, *, hook_logs: str, debug: bool) -> None:
        super().__init__(hook_logs=hook_logs, debug=debug)
        self.console = console

    def say(self, line: str) -> None:
        style = "red" if "FAILED" in line else "yellow" if line.startswith("WARNING") else None
        dim = " | " in line and line.startswith("    ")
        self.console.print(Text(line, style=style or ("dim" if dim else "")), soft_wrap=True)


class LiveView:
    """For a terminal. `console` writes to stderr unless given."""

    def __init__(self, console: Console | None = None, *, hook_logs: str = "all", debug: bool = False) -> None:
        self.console = console or Console(stderr=True)
        self.lines = _Lines(self.console, hook_logs=hook_logs, debug=debug)
        self.hooks: dict[str, RunningHook] = {}
        self.waiting: dict[str, str] = {}
        self.progress = (0, 0)
        self.live = Live(
            get_renderable=self.below, console=self.console, refresh_per_second=REFRESHES_PER_SECOND, transient=True
        )
        self.live.start()

    def show(self, event: events.Event) -> None:
        match event:
            case events.HookStarted():
                title = f"{event.event} {event.kind}/{event.hook}"
                self.hooks[event.step] = RunningHook(title, event.weight)
            case events.HookLog() if event.step in self.hooks:
                self.hooks[event.step].last_line = event.line[:LOG_COLUMNS]
            case events.HookFinished():
                self.hooks.pop(event.step, None)
            case events.ResourceWaiting():
                self.waiting[str(event.ref)] = f"{short(event.ref)}: {event.message or event.status}"
                self.progress = (event.ready, event.total)
                return  # it stands below for as long as it lasts
            case events.ResourceReady():
                self.waiting.pop(str(event.ref), None)
                self.progress = (event.ready, event.total)
            case events.ReleaseFinished():
                self.hooks.clear()
                self.waiting.clear()
            case _:
                pass
        self.lines.show(event)

    def below(self) -> Group:
        """What is under way."""
        now = time.monotonic()
        table = Table.grid(padding=(0, 1))
        for hook in self.hooks.values():
            about = Text.assemble((hook.title, "bold"), (f" weight {hook.weight}", "dim"))
            table.add_row(
                hook.spinner, about, f"{now - hook.since:.0f}s", Text(hook.last_line, style="dim", no_wrap=True)
            )
        ready, total = self.progress
        for number, words in enumerate(self.waiting.values()):
            table.add_row(Text("…", style="cyan"), Text(words), f"{ready}/{total}" if number == 0 else "", "")
        return Group(table)

    def close(self) -> None:
        """Leave the terminal as it was, with the lines in its history."""
        self.live.stop()
