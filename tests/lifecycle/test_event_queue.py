"""A reader of events may be slow: no event is lost, and no more log lines wait than fit."""

from __future__ import annotations

from collections.abc import AsyncIterator

from steersman.lifecycle.event_queue import FIRST_LINES, LAST_LINES, MOST_BYTES, EventQueue
from steersman.lifecycle.events import Event, HookLog, ReleaseWarning


def line(text: str, hook: str = "migrate") -> HookLog:
    return HookLog(step=f"pre/{hook}", hook=hook, pod=f"{hook}-x", container="main", line=text)


async def rest(queue: EventQueue) -> AsyncIterator[Event]:
    queue.put(None)
    while (event := await queue.get()) is not None:
        yield event


async def test_what_is_read_in_time_comes_whole_and_in_order() -> None:
    queue = EventQueue()
    for number in range(3 * FIRST_LINES):
        queue.put(line(str(number)))
        event = await queue.get()
        assert isinstance(event, HookLog)
        assert event.line == str(number)


async def test_of_lines_that_nobody_reads_the_first_and_the_last_are_kept() -> None:
    queue = EventQueue()
    many = 10 * (FIRST_LINES + LAST_LINES)
    for number in range(many):
        queue.put(line(str(number)))
        assert len(queue) <= FIRST_LINES + LAST_LINES
    told = [event async for event in rest(queue) if isinstance(event, HookLog)]
    left_out = many - FIRST_LINES - LAST_LINES
    assert [event.line for event in told[:FIRST_LINES]] == [str(n) for n in range(FIRST_LINES)]
    assert (told[FIRST_LINES].line, told[FIRST_LINES].left_out) == (f"… {left_out:,} lines left out …", left_out)
    assert [event.line for event in told[FIRST_LINES + 1 :]] == [str(n) for n in range(many - LAST_LINES, many)]


async def test_long_lines_are_bounded_by_their_bytes() -> None:
    queue = EventQueue()
    long = "x" * 64 * 1024
    for _ in range(1000):
        queue.put(line(long))
    assert len(queue) * len(long) <= 2 * MOST_BYTES + len(long)


async def test_every_other_event_stays_in_its_place_and_each_hook_has_its_gap() -> None:
    queue = EventQueue()
    queue.put(ReleaseWarning(message="before"))
    for _ in range(FIRST_LINES + LAST_LINES):
        queue.put(line("a", "one"))
    for _ in range(LAST_LINES):
        queue.put(line("b", "two"))
        queue.put(line("a", "one"))
    queue.put(ReleaseWarning(message="after"))
    queue.put(line("last"))
    told = [event async for event in rest(queue)]
    assert [told.index(event) for event in told if isinstance(event, ReleaseWarning)] == [0, len(told) - 2]
    gaps = {event.hook: event.left_out for event in told if isinstance(event, HookLog) and event.left_out}
    assert gaps == {"one": LAST_LINES + LAST_LINES // 2, "two": LAST_LINES // 2}
