"""The loop under the synchronous client, alone and inside another one."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable

import pytest

from steersman.client.loop import Loop


async def answer() -> tuple[int, int]:
    await asyncio.sleep(0)
    return 42, threading.get_ident()


async def fail() -> None:
    raise LookupError("not there")


def plainly(work: Callable[[Loop], None]) -> None:
    loop = Loop()
    work(loop)
    loop.close()


def within_another(work: Callable[[Loop], None]) -> None:
    async def cell() -> None:
        plainly(work)

    asyncio.run(cell())


@pytest.mark.parametrize("drive", [plainly, within_another])
def test_answers_and_errors(drive: Callable[[Callable[[Loop], None]], None]) -> None:
    seen: list[object] = []

    def work(loop: Loop) -> None:
        seen.append(loop.run(answer())[0])
        with pytest.raises(LookupError, match="not there"):
            loop.run(fail())
        seen.append(loop.run(answer())[0])

    drive(work)
    assert seen == [42, 42]


def test_a_thread_only_where_a_loop_is_running() -> None:
    here = threading.get_ident()
    threads: list[int] = []
    plainly(lambda loop: threads.append(loop.run(answer())[1]))
    within_another(lambda loop: threads.append(loop.run(answer())[1]))
    assert threads[0] == here
    assert threads[1] != here


def test_ctrl_c_waits_for_what_the_coroutine_does_about_it() -> None:
    steps: list[str] = []

    async def careful() -> None:
        # To the thread, not to the process: only its own signals wake it from waiting.
        signal.pthread_kill(main, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("tidied up")

    def interrupted(loop: Loop) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # as a notebook's kernel does while a cell runs
        with pytest.raises(KeyboardInterrupt):
            loop.run(careful())
        steps.append("raised")

    main = threading.get_ident()
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("Python gives signals to the main thread alone")
    within_another(interrupted)
    assert steps == ["tidied up", "raised"]
