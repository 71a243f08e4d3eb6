"""A command's dealings with the client: one event loop, one connection, signals answered, events shown as they come."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from steersman.cli.action_options import How
from steersman.cli.connect import connect, names_a_cluster
from steersman.cli.helm_words import helm_words
from steersman.cli.output import cannot_write, silence, unfailing
from steersman.cli.policy import chosen_policy
from steersman.cli.settings import Settings
from steersman.cli.simulated import tell_simulated
from steersman.lazy import TYPE_CHECKING, Protocol
from steersman.lifecycle.policy import Action, Policy, error_prefix, interruptible
from steersman.record import replace

if TYPE_CHECKING:
    from types import FrameType
    from typing import TypeVar

    from steersman.cli.helm_speech import HelmSpeech
    from steersman.client.async_client import AsyncClient
    from steersman.diagnose.diagnosis import Diagnosis
    from steersman.errors import SteersmanError
    from steersman.lifecycle.events import Event, ReleaseFinished
    from steersman.lifecycle.operation import Operation
    from steersman.lifecycle.plan import Step
    from steersman.release.record import Release

    T = TypeVar("T")

STOPPING = (signal.SIGINT, signal.SIGTERM)
# How long the reason of a failure may be looked for.
DIAGNOSIS_SECONDS = 15.0


class View(Protocol):
    """What shows the events of an action."""

    def show(self, event: Event) -> None: ...

    def close(self) -> None: ...


def ask(settings: Settings, question: Callable[[AsyncClient], Awaitable[T]], *, policy: Policy | None = None) -> T:
    """Answer one question with a client that is closed again."""

    async def run() -> T:
        client = open_client(settings, policy or chosen_policy(None))
        try:
            return await question(client)
        finally:
            await client.kube.aclose()

    return asyncio.run(run())


def act(
    settings: Settings,
    how: How,
    begin: Callable[[AsyncClient], Awaitable[Operation]],
    conclude: Callable[[AsyncClient, ReleaseFinished], Awaitable[None]],
    *,
    unsaid: str = "",
) -> int:
    """As `ended`, and return the exit code."""
    return ended(settings, how, begin, conclude, unsaid=unsaid).exit_code


def ended(
    settings: Settings,
    how: How,
    begin: Callable[[AsyncClient], Awaitable[Operation]],
    conclude: Callable[[AsyncClient, ReleaseFinished], Awaitable[None]],
    *,
    unsaid: str = "",
) -> ReleaseFinished:
    """Run an action to its end, show its events, print its result by `conclude` where it has one, and return how it ended.

    Signals are answered as `answering_signals` says. `unsaid` is left out at the start of an error.
    """

    async def run() -> ReleaseFinished:
        client = open_client(settings, how.policy)
        view = make_view(settings, how)
        try:
            operation = await begin(client)
            failed = Failed(client)
            if tells_cause(how):
                operation.request.examine = failed.examine
            action = operation.request.action
            prefix = error_prefix(how.policy, action) if action is Action.UPGRADE else ""
            speech = helm_speech(how, operation, upgrading=bool(unsaid))
            try:
                with helm_words(how.policy, prefix), answering_signals(operation, view, how):
                    async for event in operation:
                        view.show(event)
                        failed.note(event)
                        if speech is not None:
                            speech.note(event)
                    finished = await operation.finished()
            finally:
                view.close()
            finished = replace(finished, error=finished.error.removeprefix(unsaid))
            if speech is not None:
                finished = speech.ended(finished)
            known.append(finished)
            tell_ending(finished, how)
            await tell_cause(client, failed, finished, how)
            if not finished.error or (speech is not None and action is Action.TEST):
                await conclude(client, finished)
                if how.output == "table" and not names_a_cluster(settings):
                    await tell_simulated(client.kube, client.namespace)
            return finished
        finally:
            await client.kube.aclose()

    known: list[ReleaseFinished] = []  # as soon as the action has ended
    written, sys.stdout = sys.stdout, unfailing(sys.stdout)  # whoever reads may go: the action goes on
    try:
        finished = asyncio.run(run())
        sys.stdout.flush()
        trouble = getattr(sys.stdout, "error", None)
    except KeyboardInterrupt:
        if not known:
            raise
        raise SystemExit(called_off_late(known[0])) from None
    finally:
        sys.stdout = written
    if trouble is not None:
        silence()
        if not isinstance(trouble, BrokenPipeError):
            finished = replace(finished, exit_code=finished.exit_code or cannot_write(trouble))
    return finished


def called_off_late(finished: ReleaseFinished) -> int:
    """A signal came while the result was shown: say that it is only that which is not whole, and return the exit code."""
    silence()  # what is still to be written may be what nobody reads
    if not finished.error:
        print(
            f"Error: interrupted while the result was shown; the {finished.action} of release {finished.release!r} was complete",
            file=sys.stderr,
        )
    return finished.exit_code or 1


def helm_speech(how: How, operation: Operation, *, upgrading: bool) -> HelmSpeech | None:
    """What also prints helm's words, where they were chosen."""
    if how.policy is not Policy.HELM or how.output != "table":
        return None
    from steersman.cli.helm_speech import HelmSpeech

    return HelmSpeech(operation.request, upgrading=upgrading)


def open_client(settings: Settings, policy: Policy) -> AsyncClient:
    from steersman.client.async_client import AsyncClient

    return AsyncClient(connect(settings), namespace=settings.namespace, policy=policy)


def make_view(settings: Settings, how: How) -> View:
    if how.output == "jsonl":
        from steersman.cli.jsonl import JsonLinesView

        return JsonLinesView()
    if sys.stderr.isatty() and not os.environ.get("CI") and settings.color != "never":
        from steersman.cli.live import LiveView

        return LiveView(hook_logs=how.hook_logs, debug=settings.debug)
    from steersman.cli.plain import PlainView

    return PlainView(hook_logs=how.hook_logs, debug=settings.debug)


def tell_ending(finished: ReleaseFinished, how: How) -> None:
    """The last lines of an action: what went wrong on stderr as `Error: …`, all else as Helm's readers expect it."""
    if how.output == "jsonl":
        return
    stream = sys.stderr if finished.error or how.output != "table" else sys.stdout
    if finished.error:
        print(f"Error: {finished.error}", file=sys.stderr)
    for line in finished.lines:
        print(line, file=sys.stderr if line.startswith("WARNING") else stream)
    if finished.hint and how.policy is not Policy.HELM:  # which says what helm says, and no more
        print(finished.hint, file=sys.stderr)
    sys.stdout.flush()


class Failed:
    """What failed first: a hook, as the events tell, or a step with resources, looked into while they are still there."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self.revision, self.name, self.event = 0, "", ""
        self.resources: Diagnosis | None = None
        self.examined = False

    def note(self, event: Event) -> None:
        from steersman.lifecycle.events import HookFinished, ReleaseStarted

        if isinstance(event, ReleaseStarted):
            self.revision = event.revision
        elif isinstance(event, HookFinished) and event.result == "Failed" and not event.will_retry and not self.name:
            self.name, self.event = event.hook, str(event.event)

    async def examine(self, release: Release, step: Step, error: SteersmanError) -> None:
        """What the engine calls before it puts things in order."""
        from steersman.diagnose.resources import diagnose_step

        self.examined = True
        self.resources = await diagnose_step(self._client.kube, release, step, error)


def tells_cause(how: How) -> bool:
    """Helm says no such thing, and programs ask for it themselves."""
    return how.policy is not Policy.HELM and how.output == "table"


async def tell_cause(client: AsyncClient, failed: Failed, finished: ReleaseFinished, how: How) -> None:
    """Why it failed, below the error (on stderr); a diagnosis that fails is no error."""
    if not (failed.name or finished.error) or finished.interrupted or not tells_cause(how):
        return
    from steersman.cli.diagnose import diagnosis_text
    from steersman.diagnose.failure import diagnose_failure
    from steersman.errors import SteersmanError
    from steersman.kube.retry import deadline

    diagnosis = failed.resources
    if diagnosis is None and (failed.name or failed.examined):  # else the server does not answer
        with suppress(SteersmanError), deadline(DIAGNOSIS_SECONDS):
            release = await client.get(finished.release, failed.revision)
            diagnosis = await diagnose_failure(client.kube, release, failed.name, event=failed.event)
    if diagnosis is not None:
        print(f"\n{diagnosis_text(diagnosis)}", file=sys.stderr)


@contextmanager
def answering_signals(operation: Operation, view: View, how: How) -> Iterator[None]:
    """Within this block, Ctrl-C and SIGTERM cancel the operation, which then does as the failure table says; a second one kills.

    Where helm simply dies of them, so do we under its policy. After the block both are a KeyboardInterrupt.
    """
    loop = asyncio.get_running_loop()
    request = operation.request
    stopping = False

    def stop(number: signal.Signals) -> None:
        nonlocal stopping
        if stopping or not interruptible(how.policy, request.action):
            view.close()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stopping = True
        print(f"{number.name}: stopping cleanly; once more to leave at once", file=sys.stderr, flush=True)
        if how.policy is Policy.HELM and how.output != "jsonl":
            print(f"Release {request.release} has been cancelled.", flush=True)
        operation.cancel()

    def receive(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop, signal.Signals(number))

    # As loop.add_signal_handler does it, which would import `inspect` only to see that the handler is no coroutine.
    for number in STOPPING:
        with suppress(ValueError):  # only the main thread takes signals
            _signal.signal(number, receive)
    try:
        yield
    finally:
        for number in STOPPING:
            with suppress(ValueError):
                signal.signal(number, signal.default_int_handler)
