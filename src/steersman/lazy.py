"""What modules that every start imports use instead of modules that start slowly.

`typing` costs a start more than most of what Steersman itself imports (it brings `re`, `functools`, `contextlib` …), and `re`
and `functools` are no light ones either. So:

- what only annotations need stands below `if TYPE_CHECKING:`, with the constant of this module, which type checkers know by
  its name (annotations are never evaluated);
- a class that names `Protocol` as its base is a protocol for type checkers, and a plain class at run time;
- `pattern`, `once` and `remembering` stand for re.compile, functools.cached_property and functools.cache.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import cached_property as once
    from re import Pattern
    from typing import Any, AnyStr, Protocol, TypeVar

    Key = TypeVar("Key")
    Answer = TypeVar("Answer")

    def pattern(text: AnyStr) -> Pattern[AnyStr]: ...

else:

    class Protocol:
        """What has the methods of a class is of that kind."""

    class _Pattern:
        """Stands for re.compile(text); the compiled pattern's methods take the place of this object's own."""

        def __init__(self, text):
            self._text = text

        def __getattr__(self, name):
            import re

            value = getattr(re.compile(self._text), name)
            setattr(self, name, value)
            return value

    def pattern(text):
        return _Pattern(text)

    class once:
        """An attribute that a method works out when it is first asked for."""

        def __init__(self, work_out):
            self._work_out = work_out
            self.__doc__ = work_out.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._work_out(instance)
            return value


# How many answers one function keeps: more than a large chart asks for.
_MOST = 8192


class _Answers(dict):  # type: ignore[type-arg]
    def __init__(self, work_out: Callable[[Any], Any]) -> None:
        self.work_out = work_out

    def __missing__(self, key: Any) -> Any:
        if len(self) >= _MOST:
            self.clear()
        answer = self[key] = self.work_out(key)
        return answer


def remembering(work_out: Callable[[Key], Answer]) -> Callable[[Key], Answer]:
    """A function of one argument that does not work out twice what it has answered lately. An answer costs a look into a dict."""
    return _Answers(work_out).__getitem__


__all__ = ["TYPE_CHECKING", "Protocol", "once", "pattern", "remembering"]
