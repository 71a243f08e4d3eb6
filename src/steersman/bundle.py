"""The modules of a start, out of one file.

For each module that is imported Python looks through folders, opens a file and checks it, which takes longer than running most
of ours does, and an action imports two hundred. So a command leaves the code of what it has imported in one file below the
user's cache folder, and the next one takes it from there: an action starts with 12 ms of 70 less, a question with 4 of 40.

The modules are ours and the standard library's. Each counts only while its source has the size and the time of change that it
had (which is how Python itself knows compiled code to be old); whatever is not there, or is not as it was, is imported as
ever. Nothing is written where Python is told to write no compiled code, and no program but the command does any of this.
"""

from __future__ import annotations

import _frozen_importlib as machinery
import _frozen_importlib_external as external
import marshal
import os
import sys

import steersman
from steersman.cache_files import cache_folder, can_write, open_own, write_own
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    # source, its time of change in ns and its size, the compiled file, whether it is a package; place and length of the code
    Entry = tuple[str, int, int, str, bool, int, int]

# Beyond this the file is begun anew, with what the last command imported.
_MOST_BYTES = 8 << 20
_PYC_HEAD = 16
_LENGTH = 4


def use() -> Bundle:
    """Let imports find what an earlier command left. Called by the command alone, as early as can be."""
    bundle = Bundle(cache_folder(), (os.path.dirname(os.__file__), os.path.dirname(__file__)))
    sys.meta_path.insert(0, bundle)
    return bundle


class Bundle:
    """A finder (see `importlib.abc.MetaPathFinder`) for modules below `roots`, packages that were installed there left out.

    The file: the length of a table, the table, and the pieces of code.
    """

    def __init__(self, folder: str, roots: tuple[str, ...]) -> None:
        self._roots = roots
        name = f"{sys.implementation.cache_tag}{sys.prefix.replace(os.sep, '%')[-150:]}"
        self._path = f"{folder}/modules/{name}"
        # The first entry is the folder of the script, or the one that Python was started in.
        self._stamp = [steersman.__version__, sys.version, sys.flags.optimize, sys.prefix, *sys.path[1:]]
        self._before = set(sys.modules)
        self._used: set[str] = set()
        self._entries: dict[str, Entry] = {}
        self._file = open_own(self._path)
        self._begin = 0
        if self._file is not None:
            self._read(self._file)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        entry = self._entries.get(name)
        if entry is None:
            return None
        source, changed, size, compiled, is_package, *_ = entry
        try:
            status = os.stat(source)
        except OSError:
            return None
        if status.st_mtime_ns != changed or status.st_size != size:
            return None
        self._used.add(name)
        spec = machinery.ModuleSpec(name, _Loader(name, source, self), origin=source, is_package=is_package)
        spec.has_location = True
        spec.cached = compiled
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(source)]
        return spec

    def piece(self, name: str) -> bytes:
        """The marshalled code of a module. Raises OSError."""
        *_, place, length = self._entries[name]
        assert self._file is not None
        return os.pread(self._file, length, self._begin + place)

    def save(self) -> None:
        """Leave what was imported for the next command, where that is news."""
        if sys.dont_write_bytecode or not can_write(self._path):
            return
        new = [module for name, module in list(sys.modules.items()) if name not in self._before | self._used]
        fresh = {module.__name__: found for module in new if (found := self._compiled(module)) is not None}
        if not fresh:
            return
        names = self._entries if sum(entry[-1] for entry in self._entries.values()) < _MOST_BYTES else self._used
        try:
            pieces = {name: (self._entries[name][:-2], self.piece(name)) for name in names} | fresh
        except OSError:
            return
        entries: dict[str, Entry] = {}
        place = 0
        for name, (known, code) in pieces.items():
            entries[name] = (*known, place, len(code))
            place += len(code)
        table = marshal.dumps((self._stamp, entries))
        codes = (code for _, code in pieces.values())
        write_own(self._path, b"".join([len(table).to_bytes(_LENGTH, "little"), table, *codes]), lasting=True)

    def _read(self, file: int) -> None:
        length = int.from_bytes(os.read(file, _LENGTH), "little")
        try:
            stamp, entries = marshal.loads(os.read(file, length))
        except (EOFError, ValueError, TypeError):
            return
        if stamp == self._stamp:
            self._entries, self._begin = entries, _LENGTH + length

    def _compiled(self, module: ModuleType) -> tuple[tuple[str, int, int, str, bool], bytes] | None:
        """The entry of a module below the roots that has a compiled file of its source as it is; and its code.

        (Only what is there is looked at: to ask a deferred module for an attribute would fill it.)
        """
        known = vars(module) if isinstance(module, type(sys)) else {}
        source, compiled = known.get("__file__"), known.get("__cached__")
        if type(known.get("__loader__")) is not external.SourceFileLoader or not source or not compiled:
            return None
        below = [source.removeprefix(f"{root}/") for root in self._roots if source.startswith(f"{root}/")]
        if not below or below[0].startswith("site-packages/"):
            return None
        try:
            status = os.stat(source)
            with open(compiled, "rb") as file:
                content = file.read()
        except OSError:
            return None
        # PEP 552: no flags, and the source's time and size
        numbers = (0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
        if content[4:_PYC_HEAD] != b"".join(number.to_bytes(4, "little") for number in numbers):
            return None
        entry = (source, status.st_mtime_ns, status.st_size, compiled, "__path__" in known)
        return entry, content[_PYC_HEAD:]


class _Loader(external.SourceFileLoader):
    """Python's own, but for where the code comes from."""

    def __init__(self, name: str, source: str, bundle: Bundle) -> None:
        super().__init__(name, source)
        self._bundle = bundle

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            code: CodeType = marshal.loads(self._bundle.piece(fullname))
            return code
        except (OSError, EOFError, ValueError, TypeError):  # a damaged file
            return super().get_code(fullname)
