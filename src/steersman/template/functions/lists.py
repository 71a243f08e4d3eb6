"""Lists: picking, joining, filtering. A function never changes the list it is given.

The plain form and the `must` form of a function are the same here: what fails in Go's plain form is a panic, and the template
shows that as it shows an error.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.bounds import MAX_ITEMS, bounded, nil_pointer
from steersman.template.functions.conversion import to_int
from steersman.template.functions.defaults import empty
from steersman.template.functions.equality import deep_equal
from steersman.template.functions.nil import NilSlice
from steersman.template.functions.registry import FunctionError, function
from steersman.template.values import IntSlice, SliceOfSlices, Uint8, kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Items = Sequence[Any]


def items_of(value: object, complaint: str) -> Items:
    """The elements of a slice. Raises FunctionError: `complaint` followed by the kind of what is none."""
    if isinstance(value, list):
        return value
    if value is None:
        raise nil_pointer()
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    raise FunctionError(f"{complaint} {kind(value)}")


@function("list", "...any", "[]any", "tuple")
def new_list(*items: object) -> list[Any]:
    return list(items)


# --- one element, or all but one -----------------------------------------------------------------------------------


@function("first", "any", "any", "mustFirst")
def first(values: object) -> Any:
    items = items_of(values, "Cannot find first on type")
    return items[0] if items else None


@function("last", "any", "any", "mustLast")
def last(values: object) -> Any:
    items = items_of(values, "Cannot find last on type")
    return items[-1] if items else None


@function("rest", "any", "[]any", "mustRest")
def rest(values: object) -> list[Any]:
    items = items_of(values, "Cannot find rest on type")
    return list(items[1:]) if items else NilSlice()


@function("initial", "any", "[]any", "mustInitial")
def initial(values: object) -> list[Any]:
    items = items_of(values, "Cannot find initial on type")
    return list(items[:-1]) if items else NilSlice()


@function("slice", "any, ...any", "any", "mustSlice")
def slice_(values: object, *bounds: object) -> Any:
    items = items_of(values, "list should be type of slice or array but")
    if not items:
        return None
    start = to_int(bounds[0]) if bounds else 0
    end = to_int(bounds[1]) if len(bounds) > 1 else len(items)
    if not 0 <= start <= end <= len(items):
        raise FunctionError("reflect.Value.Slice: slice index out of bounds")
    if isinstance(values, bytes):
        return values[start:end]
    part = items[start:end]
    return part if type(values) is list else type(values)(part)  # type: ignore[call-arg]


# --- joining and reordering ----------------------------------------------------------------------------------------


@function("append", "any, any", "[]any", "push", "mustAppend", "mustPush")
def append(values: object, item: object) -> list[Any]:
    return [*items_of(values, "Cannot push on type"), item]


@function("prepend", "any, any", "[]any", "mustPrepend")
def prepend(values: object, item: object) -> list[Any]:
    return [item, *items_of(values, "Cannot prepend on type")]


@function("concat", "...any", "any")
def concat(*lists: object) -> Any:
    result: list[Any] = []
    for each in lists:
        if each is None:
            raise nil_pointer()
        if not isinstance(each, (list, bytes)):
            raise FunctionError(f"Cannot concat type {kind(each)} as list")
        result.extend(items_of(each, ""))
    return result or NilSlice()


@function("reverse", "any", "[]any", "mustReverse")
def reverse(values: object) -> list[Any]:
    return list(reversed(items_of(values, "Cannot find reverse on type")))


@function("chunk", "int, any", "[][]any", "mustChunk")
def chunk(size: int, values: object) -> list[list[Any]]:
    items = items_of(values, "Cannot chunk type")
    if size <= 0:
        return _chunk_by_nothing(size, items)
    return SliceOfSlices(list(items[at : at + size]) for at in range(0, len(items), size))


def _chunk_by_nothing(size: int, items: Items) -> list[list[Any]]:
    """What sprig's arithmetic makes of a size that is not positive."""
    count = (len(items) - 1) // size + 1 if size else -1
    if count < 0 or (count and len(items) % size == 0):
        raise FunctionError("runtime error: makeslice: len out of range")
    return SliceOfSlices([list(items)] if count else [])


# --- filtering and searching ---------------------------------------------------------------------------------------


@function("compact", "any", "[]any", "mustCompact")
def compact(values: object) -> list[Any]:
    return [item for item in items_of(values, "Cannot compact on type") if not empty(item)]


@function("uniq", "any", "[]any", "mustUniq")
def uniq(values: object) -> list[Any]:
    seen = _Seen()
    return [item for item in items_of(values, "Cannot find uniq on type") if seen.add(item)]


@function("without", "any, ...any", "[]any", "mustWithout")
def without(values: object, *unwanted: object) -> list[Any]:
    items = items_of(values, "Cannot find without on type")
    return [item for item in items if not any(deep_equal(item, each) for each in unwanted)]


@function("has", "any, any", "bool", "mustHas")
def has(needle: object, haystack: object) -> bool:
    if haystack is None:
        return False
    if type(needle) is str and isinstance(haystack, list):
        return needle in haystack
    return any(deep_equal(needle, item) for item in items_of(haystack, "Cannot find has on type"))


class _Seen:
    """Remembers values by reflect.DeepEqual; the common scalars in a set, so that long lists stay cheap."""

    def __init__(self) -> None:
        self._scalars: set[tuple[type, object]] = set()
        self._others: list[object] = []

    def add(self, item: object) -> bool:
        """Remember `item`; False if it was there before."""
        if type(item) in (str, int, bool):
            key = (type(item), item)
            if key in self._scalars:
                return False
            self._scalars.add(key)
            return True
        if any(deep_equal(item, each) for each in self._others):
            return False
        self._others.append(item)
        return True


# --- sequences of numbers ------------------------------------------------------------------------------------------


@function("until", "int", "[]int")
def until(count: int) -> list[int]:
    return until_step(0, count, -1 if count < 0 else 1)


@function("untilStep", "int, int, int", "[]int")
def until_step(start: int, stop: int, step: int) -> list[int]:
    # a step away from `stop` gives nothing
    if step == 0 or (stop < start) != (step < 0):
        return IntSlice()
    numbers = range(start, stop, step)
    bounded("items", len(numbers), MAX_ITEMS)
    return IntSlice(numbers)


@function("seq", "...int", "string")
def seq(*numbers: int) -> str:
    """Numbers as the shell's `seq` prints them: END, START END, or START STEP END; both ends included."""
    if not 1 <= len(numbers) <= 3:
        return ""
    start = numbers[0] if len(numbers) > 1 else 1
    end = numbers[-1]
    direction = -1 if end < start else 1
    step = numbers[1] if len(numbers) == 3 else direction
    if len(numbers) == 3 and end < start and step > 0:
        return ""
    return " ".join(map(str, until_step(start, end + direction, step)))
