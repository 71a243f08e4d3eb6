"""Regular expressions that are compiled when they are first used, for modules that every start imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile as pattern
else:

    class _Pattern:
        """Stands for re.compile(text, flags); the compiled pattern's methods take the place of this object's own."""

        def __init__(self, text, flags):
            self._text, self._flags = text, flags

        def __getattr__(self, name):
            import re

            value = getattr(re.compile(self._text, self._flags), name)
            setattr(self, name, value)
            return value

    def pattern(text, flags=0):
        return _Pattern(text, flags)


__all__ = ["pattern"]
